"""``/v1/styles``: presets, and pictures that clients add."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest

from impasto.errors import StyleError, UnknownName
from impasto.inference.codes import numbers_of
from impasto.inference.stylizer import Stylizer
from impasto.serve.graphs import Graphs
from impasto.serve.own_styles import OwnStyles
from impasto.serve.tasks import Encoded
from impasto.weights.catalog import find_model
from impasto.weights.difference import Difference, LearntCode
from impasto.weights.manifest import PAINT


def test_presets_are_listed_with_thumbnails_and_codes(server):
    styles = server.client.get("/v1/styles").json()["styles"]
    presets = [one for one in styles if one["kind"] == "preset"]
    first = presets[0]
    assert [one["name"] for one in presets] == [one.name for one in Stylizer.load().presets]
    assert set(first) == {"name", "title", "artist", "year", "kind", "learnt", "thumbnail"}
    thumbnail = server.client.get(first["thumbnail"])
    assert thumbnail.headers["content-type"] == "image/webp"
    answer = server.client.get(f"/v1/styles/{first['name']}/code").json()
    assert np.allclose(answer["code"], numbers_of(Stylizer.load().preset_code(first["name"])))
    assert answer["model"] == "default"


def test_an_own_style_is_added_painted_with_and_forgotten(server, photo_file, artwork_file, files):
    answer = server.client.post("/v1/styles", files={"picture": artwork_file}, data={"name": " My \n picture "})
    assert answer.status_code == 201
    style = answer.json()
    assert re.fullmatch(r"own-[\w-]{22}", style["name"])
    assert (style["title"], style["kind"], style["learnt"]) == ("My picture", "own", False)
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


@pytest.fixture(scope="module")
def learnt(server, artwork_file, made_up_style):
    """The name of an own style of the server's that is learnt."""
    own = server.studio.styles.own
    encoded = Encoded(made_up_style.numbers, artwork_file, artwork_file)
    name = own.add(encoded, title="Own picture", client="127.0.0.1").name
    own.learn(name, made_up_style, {"title": "Learnt"})
    return name


class TestLearnt:
    def test_it_is_said_so_and_its_code_is_plain_numbers(self, server, learnt, made_up_style):
        (listed,) = [one for one in server.client.get("/v1/styles").json()["styles"] if one["name"] == learnt]
        assert listed["learnt"]
        assert listed["title"] == "Own picture"
        answer = server.client.get(f"/v1/styles/{learnt}/code").json()
        assert np.allclose(answer["code"], made_up_style.numbers)

    def test_it_paints_with_what_was_learnt_however_the_picture_would_be_seen(
        self, server, learnt, made_up_style, photo_file, files
    ):
        def painted(**fields):
            data = {"style": learnt, "format": "png"} | fields
            return server.client.post("/v1/stylize", data=data, files={"content": photo_file})

        answer = painted()
        expected = Stylizer.load().stylize(files[1](photo_file), made_up_style)
        assert np.abs(files[1](answer.content).astype(int) - expected).mean() < 1
        plain = Stylizer.load().stylize(files[1](photo_file), made_up_style.numbers)
        assert np.abs(files[1](answer.content).astype(int) - plain).mean() > 4
        assert painted(style_size="128").content == answer.content

    def test_the_painter_that_goes_with_it_is_given_once(self, server, learnt, made_up_style):
        address = "/v1/models/default/paint.onnx"
        answer = server.client.get(address, params={"style": learnt})
        assert answer.content == find_model("default").with_differences(made_up_style.differences).graph(PAINT)
        tag = answer.headers["etag"]
        again = server.client.get(address, params={"style": learnt}, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        plain = server.client.get(address).headers["etag"]
        assert tag != plain
        half = server.client.get(address, params={"style": [f"{learnt}:0.5", f"{learnt}:0.5"]})
        assert half.headers["etag"] == tag

    @pytest.mark.parametrize(
        ("path", "style", "words"),
        [
            ("paint.onnx", ["nobody"], "there is no style"),
            ("paint.onnx", ["own-" + "a" * 22], "there is no style"),
            ("paint.onnx", ["udnie:x"], "expected NAME or NAME:WEIGHT"),
            ("paint.onnx", ["udnie:-1"], "expected numbers of at least 0"),
            ("paint.onnx", ["udnie:nan"], "expected numbers of at least 0"),
            ("paint.onnx", ["udnie"] * 9, "style"),
            ("encode_style.onnx", ["udnie"], "style has no meaning for encode_style"),
        ],
    )
    def test_what_cannot_be_merged(self, server, path, style, words):
        answer = server.client.get(f"/v1/models/default/{path}", params={"style": style})
        assert answer.status_code == 422
        assert words in answer.json()["error"]


def test_few_graphs_are_kept(tmp_path, made_up_style):
    graphs, manifest = Graphs(tmp_path, most=1), find_model("default")
    ((difference, _),) = made_up_style.differences
    paths = [graphs.path(manifest.with_differences(((difference, share),))) for share in (0.5, 1.0)]
    assert [path.name for path in tmp_path.iterdir()] == [paths[1].name]


@pytest.fixture
def stored(tmp_path, toy_model):
    """Makes a store of the toy model's styles."""
    return lambda **bounds: OwnStyles(find_model(toy_model), tmp_path, **bounds)


def encoded(color):
    return Encoded(np.full(18, color, np.float32), b"picture", b"thumbnail")


def test_the_oldest_make_room(tmp_path, stored):
    store = stored(most=2, seconds=1000)
    names = [store.add(encoded(number), title="", client="me").name for number in range(3)]
    listed = [style.name for style in store.of_client("me")]
    assert len(set(names)) == 3
    assert len(listed) == 2
    assert names[2] in listed
    assert store.of_client("you") == []
    assert store.code(names[2])[0] == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_styles_expire(tmp_path, stored):
    store = stored(most=9, seconds=-1)
    assert store.of_client("me") == []
    store.add(encoded(0), title="", client="me")
    assert store.of_client("me") == []
    assert list(tmp_path.iterdir()) == []


def test_a_copy_in_another_process_stores_in_the_same_place(stored):
    store = stored(most=9, seconds=1000)
    name = store.add(encoded(1), title="", client="me").name
    assert pickle.loads(pickle.dumps(store)).code(name)[0] == 1


@pytest.mark.parametrize("damage", [b"", b"no archive", b"PK\x03\x04" + bytes(40), bytes(2**23)])
def test_a_damaged_style_is_as_one_that_is_not_there(tmp_path, stored, damage):
    store = stored(most=9, seconds=1000)
    name = store.add(encoded(1), title="", client="me").name
    (tmp_path / name / "style.npz").write_bytes(damage)
    with pytest.raises(UnknownName):
        store.code(name)


def test_what_is_no_style_of_the_model_takes_no_styles_place(stored):
    store = stored(most=9, seconds=1000)
    name = store.add(encoded(1), title="", client="me").name
    for wrong in (np.full(18, np.nan, np.float32), LearntCode(np.ones(18), ((Difference("0" * 64, {}, {}), 1.0),))):
        with pytest.raises(StyleError):
            store.learn(name, wrong, {})
    assert store.code(name)[0] == 1
    assert not store.of_client("me")[0].learnt
    store.remove(name)
    with pytest.raises(UnknownName):
        store.learn(name, np.ones(18, np.float32), {})
