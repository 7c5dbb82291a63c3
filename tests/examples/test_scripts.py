"""Every script of examples/ runs as a person would call it, on small pictures."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

from impasto.weights.catalog import MODELS

EXAMPLES = Path(__file__).parents[2] / "examples"
SHEETS = {"control_sheets", "demo", "draw_strokes"}  # what draws this project's own pictures

CALLS = {
    "paint": ("photo.jpg starry-night out.png", "out.png"),
    "mix": ("photo.jpg great-wave painting.jpg mixed", "mixed/50.jpg"),
    "mask": ("photo.jpg great-wave mask.png starry-night out.png", "out.png"),
    "folder": ("photos great-wave painted", "painted/photo.jpg"),
    "own_model": ("model photo.jpg painting.jpg out.png", "out.png"),
    "color": ("photo.jpg great-wave colors", "colors/photo-hue.jpg"),
    "huge": ("photo.jpg great-wave out.png 200", "out.png"),
    "optimise": ("photo.jpg painting.jpg out.png 2", "out.png"),
    "film": ("clip.mp4 great-wave painted.mp4", "painted.mp4"),
}
ELSEWHERE = {"learn", "client"}


@pytest.fixture
def here(tmp_path, monkeypatch, draw, make_toy_model):
    monkeypatch.setitem(MODELS, "default", make_toy_model(presets=("great-wave", "starry-night")))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for seed, name in enumerate(("photo.jpg", "painting.jpg", "mask.png", "photos/photo.jpg")):
        Image.fromarray(draw(seed, 160, 160)).save(name)
    return tmp_path


def run(name, *arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")


def write_film(path):
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for shade in range(3):
            frame = av.VideoFrame.from_image(Image.new("RGB", (96, 64), (shade * 60, 90, 30)))
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


@pytest.mark.parametrize("name", sorted(CALLS))
def test_it_paints(name, here, monkeypatch):
    if name == "optimise":
        from impasto.optimize import painting  # noqa: F401 - torch, which some environments lack
    if name == "film":
        write_film(here / "clip.mp4")
    arguments, made = CALLS[name]
    run(name, *arguments.split(), monkeypatch=monkeypatch)
    assert (here / made).stat().st_size > 100


def test_the_client_sends_a_photo_and_keeps_the_answer(here, monkeypatch):
    httpx = pytest.importorskip("httpx")

    def post(url, *, files, data, timeout):
        assert (url, data) == ("http://server/v1/stylize", {"style": "udnie"})
        assert files["content"].read() == (here / "photo.jpg").read_bytes()
        return httpx.Response(200, content=b"painted")

    monkeypatch.setattr(httpx, "post", post)
    run("client", "http://server", "photo.jpg", "udnie", "out.jpg", monkeypatch=monkeypatch)
    assert (here / "out.jpg").read_bytes() == b"painted"


def test_every_script_is_tested_and_short():
    scripts = {path.stem: path for path in EXAMPLES.glob("*.py") if path.stem not in SHEETS}
    assert set(scripts) == set(CALLS) | ELSEWHERE
    for name, path in scripts.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 30, name
