"""The model in the browser paints what the server paints, and its arithmetic is Python's."""

from __future__ import annotations

import base64
import json
import urllib.request

import numpy as np
import pytest
from PIL import Image

from impasto.image.color import color_statistics, monge_kantorovich
from impasto.image.resize import pad_to_multiple

pytestmark = pytest.mark.slow

# Both take pictures as [base64 of RGBA, width, height].
RECOLORING = """async (pictures) => {
  const { colorStatistics, mongeKantorovich } = await import("/static/color.js");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const statistics = pictures.map(([text, width, height]) => colorStatistics({ data: bytes(text), width, height }));
  return [...mongeKantorovich(...statistics)];
}"""
PADDING = """async ([text, width, height]) => {
  const { padded } = await import("/static/padding.js");
  const data = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const found = padded({ data, width, height }, 16, 64);
  return { ...found, data: [...found.data] };
}"""
MODEL_REQUESTS = ("/v1/stylize", "/v1/jobs", "/v1/live")


def test_it_paints_the_servers_picture_without_the_server(page, painted, saved, pixels_of, tmp_path, draw):
    photo = tmp_path / "photo.png"
    Image.fromarray(draw(3, 150, 214)).save(photo)
    asked = []
    page.set_input_files("#photo-file", photo)

    def both(mode):
        painted(page)
        page.click("#download")
        return pixels_of(saved(page, '[data-save="png"]').rename(tmp_path / f"{mode}.png"))

    def set_strength(value):
        page.locator("#look-strength").fill(str(value))

    theirs = {}
    for strength in (1, 0.6):
        set_strength(strength)
        theirs[strength] = both(f"server-{strength}")
    page.locator("#in-browser").check(force=True)
    page.wait_for_selector("#in-browser:checked:enabled")
    page.on("request", lambda request: asked.append(request.url))
    for strength in (0.6, 1):
        set_strength(strength)
        ours = both(f"browser-{strength}")
        assert ours.shape == (150, 214, 3)
        assert np.abs(ours - theirs[strength]).mean() <= 2
    assert not [url for url in asked if any(path in url for path in MODEL_REQUESTS)]
    assert page.locator("#look-stroke").is_disabled()
    page.set_input_files("#style-file", photo)
    page.get_by_text("is sent to the studio’s server").wait_for()
    assert page.locator('.card.chosen[data-name^="own-"]').count() == 0


@pytest.fixture(scope="module")
def evaluate(studio, browser):
    """Runs JavaScript where the page's modules are, without the page."""
    page = browser.new_page()
    page.goto(f"{studio}/healthz")
    yield page.evaluate
    page.close()


@pytest.mark.parametrize("case", ["drawn", "flat", "grey", "both flat"])
def test_the_recolouring_is_pythons(evaluate, draw, case):
    flat = np.full((9, 9, 3), 200, np.uint8)
    grey = np.repeat(np.arange(81, dtype=np.uint8).reshape(9, 9, 1) * 3, 3, axis=2)
    large = (draw(2, 300, 410) // 3 + 90).astype(np.uint8)  # of which only samples are looked at
    source, target = {
        "drawn": (draw(1, 37, 50), large),
        "flat": (flat, grey),
        "grey": (grey, flat),
        "both flat": (flat, flat),
    }[case]
    found = evaluate(RECOLORING, [_rgba(source), _rgba(target)])
    expected = monge_kantorovich(*color_statistics(source), *color_statistics(target))
    np.testing.assert_allclose(np.reshape(found, (3, 4)), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(37, 50), (64, 80), (1, 9), (5, 3)])
def test_the_padding_is_pythons(evaluate, draw, shape):
    picture = draw(1, *shape)
    found = evaluate(PADDING, _rgba(picture))
    pixels, crop = pad_to_multiple(picture, 16, 64)
    assert (found["height"], found["width"]) == pixels.shape[:2]
    assert (found["top"], found["left"]) == (crop.top, crop.left)
    assert found["data"] == pixels.ravel().tolist()


def test_a_style_code_is_what_the_model_expects(studio):
    with urllib.request.urlopen(f"{studio}/v1/models/default") as answer:
        facts = json.load(answer)
    with urllib.request.urlopen(f"{studio}/v1/styles/udnie/code") as answer:
        code = json.load(answer)["code"]
    assert len(code) == facts["code_size"] + 12


def _rgba(pixels):
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    data = np.concatenate([pixels, opaque], axis=2).tobytes()
    return [base64.b64encode(data).decode(), pixels.shape[1], pixels.shape[0]]
