from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.image.io import read_picture, write_picture
from impasto.image.visible import visible_only


def cut_out(seed, depth=np.uint8, height=24, width=33):
    """A picture and its transparency, which hides all but a disc."""
    rng = np.random.default_rng(seed)
    top = np.iinfo(depth).max
    y, x = np.mgrid[:height, :width]
    disc = (x - 14) ** 2 + (y - 11) ** 2 < 60
    return rng.integers(0, top, (height, width, 3), depth, endpoint=True), (disc * top).astype(depth)


def stored(pixels, alpha, format_name="PNG"):
    buffer = BytesIO()
    write_picture(buffer, pixels, alpha=alpha, format=format_name)
    return buffer.getvalue()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_hidden_colours_decide_nothing(depth):
    pixels, alpha = cut_out(1, depth)
    other = np.where(alpha[..., None] > 0, pixels, cut_out(2, depth)[0])
    shown, again = visible_only(pixels, alpha), visible_only(other, alpha)
    np.testing.assert_array_equal(shown, again)
    np.testing.assert_array_equal(shown[alpha > 0], pixels[alpha > 0])
    seen = {tuple(one) for one in pixels[alpha > 0]}
    assert {tuple(one) for one in shown[alpha == 0]} <= seen


@pytest.mark.parametrize("deep", [False, True])
def test_files_are_read_so(deep):
    pixels, alpha = cut_out(1, np.uint16 if deep else np.uint8)
    if deep:
        pytest.importorskip("pyvips")
    other = np.where(alpha[..., None] > 0, pixels, 0)
    found = [read_picture(stored(one, alpha), deep=deep) for one in (pixels, other)]
    np.testing.assert_array_equal(found[0].visible, found[1].visible)
    if deep:
        np.testing.assert_array_equal(found[0].deep.visible, found[1].deep.visible)


@pytest.mark.parametrize("mode", ["LA", "P"])
def test_grey_and_palettes_too(mode):
    pixels, alpha = cut_out(1)
    images = []
    for hidden in (0, 255):
        if mode == "LA":
            grey = np.where(alpha > 0, pixels[..., 0], hidden).astype(np.uint8)
            image = Image.fromarray(np.dstack([grey, alpha]))
        else:
            image = Image.fromarray(np.where(alpha > 0, pixels[..., 0] // 2, 200).astype(np.uint8)).convert("P")
            palette = [hidden if index == 200 else index for index in range(256) for _ in range(3)]
            image.putpalette(palette)
            image.info["transparency"] = 200
        buffer = BytesIO()
        image.save(buffer, "PNG", **({"transparency": 200} if mode == "P" else {}))
        images.append(read_picture(buffer.getvalue()).visible)
    np.testing.assert_array_equal(*images)


def test_fringes_do_not_bleed():
    pixels, alpha = cut_out(1)
    pixels[...] = (200, 30, 30)
    rim = (alpha == 0) & (np.roll(alpha, 1, axis=1) > 0)
    alpha[rim] = 3
    pixels[rim] = (0, 255, 0)
    shown = visible_only(pixels, alpha)
    assert np.abs(shown[rim].astype(int) - (200, 30, 30)).max() < 30
    assert (shown[alpha == 0] == (200, 30, 30)).all()


def test_what_is_half_transparent_stays():
    pixels, _ = cut_out(1)
    alpha = np.random.default_rng(3).integers(26, 256, pixels.shape[:2], np.uint8)
    assert visible_only(pixels, alpha) is pixels
    assert visible_only(pixels, None) is pixels


def test_the_mean_is_that_of_what_is_seen():
    pixels, alpha = cut_out(1, height=60, width=60)
    seen, shown = pixels[alpha > 0].astype(float), visible_only(pixels, alpha).reshape(-1, 3).astype(float)
    assert np.abs(seen.mean(0) - shown.mean(0)).max() < 12
    assert np.abs(seen.std(0) - shown.std(0)).max() < 8


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    share=st.floats(0, 1),
    depth=st.sampled_from([np.uint8, np.uint16]),
)
def test_whatever_is_hidden(seed, shape, share, depth):
    rng = np.random.default_rng(seed)
    top = np.iinfo(depth).max
    pixels = rng.integers(0, top, (*shape, 3), depth)
    alpha = np.where(rng.random(shape) < share, top, 0).astype(depth)
    shown = visible_only(pixels, alpha)
    assert shown.shape == pixels.shape
    assert shown.dtype == depth
    np.testing.assert_array_equal(shown[alpha > 0], pixels[alpha > 0])
    other = visible_only(np.where(alpha[..., None] > 0, pixels, 0).astype(depth), alpha)
    np.testing.assert_array_equal(shown, other)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_pictures_too_large_for_memory(tmp_path, depth):
    pytest.importorskip("pyvips")
    from impasto.image.large import open_large

    pixels, alpha = cut_out(1, depth, 80, 90)
    found = []
    for number, hidden in enumerate((0, np.iinfo(depth).max)):
        other = np.where(alpha[..., None] > 0, pixels, hidden).astype(depth)
        (tmp_path / f"{number}.png").write_bytes(stored(other, alpha))
        with open_large(tmp_path / f"{number}.png", tmp_path / "beside.png", deep=True) as picture:
            found.append(picture.pixels[slice(None), slice(None)])
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(found[0][alpha > 0], pixels[alpha > 0])
