"""``POST /v1/stylize``: the picture that Python would paint, and the same bytes for the same request."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image

from impasto.batch.photo import load_stylizer
from impasto.image.io import read_picture
from impasto.inference.compose import compose
from impasto.options import EngineOptions, LookOptions


def paint(server, photo_file, **fields):
    styles = fields.pop("style", "starry-night")
    files = {"content": photo_file, **fields.pop("files", {})}
    return server.client.post("/v1/stylize", data={"style": styles, **fields}, files=files)


@pytest.fixture(scope="module")
def stylizer():
    return load_stylizer(EngineOptions())


def test_paints_what_python_paints(server, photo_file, files, stylizer):
    answer = paint(
        server, photo_file, style=["starry-night:2", "udnie"], strength=0.7, size=96, color="photo-hue", format="png"
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["server-timing"].startswith("paint;dur=")
    look = LookOptions(strength=0.7, size=96, color="photo-hue")
    expected = compose(stylizer, files[1](photo_file), [("starry-night", 2), ("udnie", 1)], look=look)
    assert np.array_equal(files[1](answer.content), expected)


@pytest.mark.parametrize(("format_name", "begin"), [("jpeg", b"\xff\xd8"), ("png", b"\x89PNG"), ("webp", b"RIFF")])
def test_formats(server, photo_file, files, format_name, begin):
    answer = paint(server, photo_file, format=format_name)
    assert answer.headers["content-type"] == f"image/{format_name}"
    assert answer.content.startswith(begin)
    assert files[1](answer.content).shape == (96, 128, 3)


def test_the_same_request_gives_the_same_bytes_and_tag(server, photo_file):
    first, second = (paint(server, photo_file, stroke=2) for _ in range(2))
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]


@pytest.mark.parametrize("change", [{"strength": 0.5}, {"style": "udnie"}, {"quality": 50}, {"format": "png"}])
def test_another_request_has_another_tag(server, photo_file, change):
    assert paint(server, photo_file, **change).headers["etag"] != paint(server, photo_file).headers["etag"]


def test_a_known_tag_is_answered_without_painting(server, photo_file):
    tag = paint(server, photo_file).headers["etag"]
    answer = server.client.post(
        "/v1/stylize",
        data={"style": "starry-night"},
        files={"content": photo_file},
        headers={"If-None-Match": f'"other", {tag}'},
    )
    assert answer.status_code == 304
    assert not answer.content
    assert answer.headers["etag"] == tag


def test_dark_places_of_the_mask_stay_the_photo(server, photo_file, files):
    mask = np.zeros((96, 128), np.uint8)
    mask[:, 64:] = 255
    answer = paint(server, photo_file, files={"mask": files[0](mask)}, feather=0, format="png")
    photo, painted = files[1](photo_file), files[1](answer.content)
    whole = files[1](paint(server, photo_file, format="png").content)
    assert np.array_equal(painted[:, :63], photo[:, :63])
    assert np.array_equal(painted[:, 65:], whole[:, 65:])


def test_a_picture_as_style(server, photo_file, artwork_file, files, stylizer):
    answer = paint(server, photo_file, style=[], files={"style_picture": artwork_file}, format="png")
    code = stylizer.encode_style(files[1](artwork_file))
    assert np.array_equal(files[1](answer.content), stylizer.stylize(files[1](photo_file), code))
    recolored = paint(
        server,
        photo_file,
        style=[],
        files={"style_picture": artwork_file},
        color="photo-linear",
        color_when="before",
        format="png",
    )
    assert not np.array_equal(files[1](recolored.content), files[1](answer.content))


def test_transparency_survives_in_png(server, files, draw):
    alpha = np.full((64, 64), 255, np.uint8)
    alpha[:32] = 0
    photo = files[0](np.dstack([draw(4, 64, 64), alpha]))
    answer = paint(server, photo, format="png")
    assert answer.status_code == 200
    assert answer.content[25] == 6  # the colour type of PNG that has alpha


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"strength": 2}, 422, "strength is '2'"),
        ({"strength": "nan"}, 422, "strength is 'nan'"),
        ({"stroke": 0.1}, 422, "stroke is '0.1'"),
        ({"size": "large"}, 422, "size is 'large'"),
        ({"color": "blue"}, 422, "color is 'blue'"),
        ({"format": "tiff"}, 422, "format is 'tiff'"),
        ({"strenght": 0.5}, 422, "there is no field named 'strenght'; did you mean 'strength'?"),
        ({"strength": ["0.2", "0.9"]}, 422, "strength was given 2 times, expected once"),
        ({"style": ["udnie:1e308", "trellis"]}, 422, "up to 1,000,000"),
        ({"steps": 5}, 422, "there is no field named 'steps'"),
        ({"style": "starry-nigth"}, 422, "did you mean 'starry-night'?"),
        ({"style": "/etc/passwd"}, 422, "there is no style named '/etc/passwd'"),
        ({"style": "../presets/udnie"}, 422, "there is no style"),
        ({"style": "own-" + 22 * "a"}, 422, "there is no style"),
        ({"style": "udnie:much"}, 422, "style is 'udnie:much'"),
        ({"style": "udnie:-1"}, 422, "the weights of the styles are [-1.0]"),
        ({"style": "udnie:0"}, 422, "not all 0"),
        ({"style": []}, 422, "0 styles were given"),
        ({"style": ["udnie"] * 9}, 422, "style is"),
        ({"color": "photo-hue", "color_when": "before"}, 422, "color_when is 'before'"),
        ({"size": 3000}, 413, "more than the 1,000,000 allowed"),
        ({"stroke": 0.25, "size": 400}, 413, "for strokes of 0.25"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(server, photo_file, fields, status, words):
    answer = paint(server, photo_file, **fields)
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_fields_in_the_address_are_not_ignored(server, photo_file):
    for path in ("/v1/stylize?strength=0.5", "/v1/models/default/paint.onnx?stlye=udnie"):
        method = "POST" if "stylize" in path else "GET"
        answer = server.client.request(method, path, data={"style": "udnie"}, files={"content": photo_file})
        assert answer.status_code == 422
        assert "there is no field in addresses named" in answer.json()["error"]


def test_any_tag_is_not_the_tag_of_this_picture(server, photo_file):
    def asked(content):
        headers = {"If-None-Match": "*"}
        return server.client.post("/v1/stylize", data={"style": "udnie"}, files={"content": content}, headers=headers)

    assert asked(b"\x89PNG\r\n\x1a\n" + bytes(50)).status_code == 422
    assert asked(photo_file).status_code == 200


def described(draw):
    """A photo's file with EXIF data and resolution."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada"
    file = BytesIO()
    Image.fromarray(draw(1, 48, 64)).save(file, "JPEG", exif=exif, dpi=(300, 300))
    return file.getvalue()


@pytest.mark.parametrize("format_name", ["jpeg", "png", "webp"])
def test_what_the_file_tells_of_the_photo_is_kept(server, draw, format_name):
    answer = paint(server, described(draw), format=format_name)
    image = Image.open(BytesIO(answer.content))
    assert image.getexif()[ExifTags.Base.Artist] == "Ada"
    assert read_picture(answer.content).dpi == pytest.approx((300, 300), abs=0.1)


def test_of_an_animation_it_is_said_that_one_picture_was_painted(server, photo_file, draw):
    file = BytesIO()
    frames = [Image.fromarray(draw(seed, 48, 64)) for seed in range(3)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert paint(server, file.getvalue()).headers["impasto-frames"] == "1 of 3"
    assert "impasto-frames" not in paint(server, photo_file).headers


def test_a_style_picture_is_not_looked_at_too_large(server, photo_file, artwork_file):
    answer = paint(server, photo_file, style=[], files={"style_picture": artwork_file}, style_size=4096)
    assert answer.status_code == 413
    assert answer.json()["error"].startswith("style_size is 4096")


def test_no_content_and_no_form(server):
    answer = server.client.post("/v1/stylize", data={"style": "udnie"})
    assert (answer.status_code, answer.json()["error"]) == (422, "content is missing, expected in the form")
    answer = server.client.post("/v1/stylize", json={"style": "udnie"})
    assert answer.status_code == 422
