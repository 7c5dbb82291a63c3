"""Files made to do harm: each is answered with a sentence, and the painters live on."""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np
import pytest

FINE = (200, 413, 415, 422)


def png_claiming(width, height):
    """A small file that claims to hold many pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def stylize(server, **files):
    return server.client.post("/v1/stylize", data={"style": "udnie", "size": "32"}, files=files)


@pytest.mark.parametrize("size", [(30_000, 30_000), (2_000_000_000, 2_000_000_000), (1_001, 1_000), (1, 2_000_000)])
@pytest.mark.parametrize("field", ["content", "mask", "style_picture"])
def test_bombs(server, photo_file, size, field):
    answer = stylize(server, **{"content": photo_file, field: png_claiming(*size)})
    assert answer.status_code == 413
    assert field in answer.json()["error"]


def test_a_file_that_is_too_long(server):
    answer = stylize(server, content=b"\xff\xd8\xff" + bytes(3 * 2**20))
    assert answer.status_code == 413
    assert "2,097,152 bytes" in answer.json()["error"]


@pytest.mark.parametrize("field", ["content", "mask", "style_picture"])
@pytest.mark.parametrize("content", [b"", b"MM\0*" + b"\xff" * 40, b"BM" + bytes(60), b"GIF89a" + b"\xff" * 30])
def test_damaged_in_any_place(server, photo_file, field, content):
    answer = stylize(server, **{"content": photo_file, field: content})
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_damaged_bytes_give_a_picture_or_one_sentence(server, files, draw, format_name):
    rng = np.random.default_rng(5)
    whole = files[0](draw(3, 24, 24), format_name)
    before = server.studio.pool.replaced
    for _ in range(12):
        content = bytearray(whole)
        for position in rng.integers(0, len(content), rng.integers(1, 12)):
            content[position] = rng.integers(256)
        assert stylize(server, content=bytes(content)).status_code in FINE
    assert server.studio.pool.replaced == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="../../etc/x"\r\n\r\nx\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nnot a file\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\n\xff\xfe\r\n--x--\r\n',
        b"\r\n".join(b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\nudnie' for _ in range(2000))
        + b"\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\n' + b"a" * 1_500_000 + b"\r\n--x--\r\n",
    ],
)
def test_forms_that_are_none(server, body):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = server.client.post("/v1/stylize", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert set(json.loads(answer.content)) == {"error"}


def test_a_name_for_people_cannot_be_more_than_text(server, artwork_file):
    name = "<script>alert(1)</script>\0\x1b[31m"
    style = server.client.post("/v1/styles", files={"picture": artwork_file}, data={"name": name}).json()
    listed = server.client.get("/v1/styles")
    assert listed.headers["content-type"] == "application/json"
    assert style["title"] in [one["title"] for one in listed.json()["styles"]]
    assert style["title"] == "<script>alert(1)</script> [31m"
    server.client.delete(f"/v1/styles/{style['name']}")
