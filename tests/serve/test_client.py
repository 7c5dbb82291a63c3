"""The client of the documentation works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def client():
    code = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]
    definitions = code.partition('\npaint("photo.jpg"')[0]
    found = {}
    exec(definitions, found)
    return found["paint"]


def test_it_paints_and_raises(client, server, photo_file, tmp_path, files):
    (tmp_path / "photo.png").write_bytes(photo_file)
    target = tmp_path / "painted.png"
    client(tmp_path / "photo.png", to=target, server=server.url, style=["udnie:2", "trellis"], size=64, format="png")
    assert files[1](target.read_bytes()).shape == (48, 64, 3)
    with pytest.raises(RuntimeError, match="strength is '3'"):
        client(tmp_path / "photo.png", to=target, server=server.url, style="udnie", strength=3)
