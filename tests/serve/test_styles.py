"""``/v1/styles``: presets, and pictures that clients add."""

from __future__ import annotations

import re

import numpy as np

from impasto.inference.stylizer import Stylizer
from impasto.serve.own_styles import OwnStyles
from impasto.serve.tasks import Encoded


def test_presets_are_listed_with_thumbnails_and_codes(server):
    styles = server.client.get("/v1/styles").json()["styles"]
    presets = [one for one in styles if one["kind"] == "preset"]
    first = presets[0]
    assert [one["name"] for one in presets] == [one.name for one in Stylizer.load().presets]
    assert set(first) == {"name", "title", "artist", "year", "kind", "thumbnail"}
    thumbnail = server.client.get(first["thumbnail"])
    assert thumbnail.headers["content-type"] == "image/webp"
    answer = server.client.get(f"/v1/styles/{first['name']}/code").json()
    assert np.allclose(answer["code"], Stylizer.load().preset_code(first["name"]))
    assert answer["model"] == "default"


def test_an_own_style_is_added_painted_with_and_forgotten(server, photo_file, artwork_file, files):
    answer = server.client.post("/v1/styles", files={"picture": artwork_file}, data={"name": " My \n picture "})
    assert answer.status_code == 201
    style = answer.json()
    assert re.fullmatch(r"own-[\w-]{22}", style["name"])
    assert (style["title"], style["kind"]) == ("My picture", "own")
    assert style in server.client.get("/v1/styles").json()["styles"]
    assert files[1](server.client.get(style["thumbnail"]).content).shape == (224, 240, 3)
    by_name = server.client.post(
        "/v1/stylize", data={"style": style["name"], "format": "png"}, files={"content": photo_file}
    )
    by_picture = server.client.post(
        "/v1/stylize", data={"format": "png"}, files={"content": photo_file, "style_picture": artwork_file}
    )
    assert by_name.content == by_picture.content
    assert server.client.delete(f"/v1/styles/{style['name']}").status_code == 204
    assert server.client.delete(f"/v1/styles/{style['name']}").status_code == 404
    assert style not in server.client.get("/v1/styles").json()["styles"]


def test_presets_and_paths_cannot_be_deleted(server):
    assert server.client.delete("/v1/styles/udnie").status_code == 403
    assert server.client.delete("/v1/styles/nobody").status_code == 404
    for path in ("own-..%2F..%2F..%2F..%2F..%2Faa", "%2e%2e", "own-" + "." * 22):
        assert server.client.get(f"/v1/styles/{path}/code").status_code == 404


def encoded(color):
    return Encoded(np.full(140, color, np.float32), b"picture", b"thumbnail")


def test_the_oldest_make_room(tmp_path):
    store = OwnStyles(tmp_path, most=2, seconds=1000)
    names = [store.add(encoded(number), title="", client="me").name for number in range(3)]
    listed = [style.name for style in store.of_client("me")]
    assert len(set(names)) == 3
    assert len(listed) == 2
    assert names[2] in listed
    assert store.of_client("you") == []
    assert store.code(names[2])[0] == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_styles_expire(tmp_path):
    store = OwnStyles(tmp_path, most=9, seconds=-1)
    assert store.of_client("me") == []
    store.add(encoded(0), title="", client="me")
    assert store.of_client("me") == []
    assert list(tmp_path.iterdir()) == []
