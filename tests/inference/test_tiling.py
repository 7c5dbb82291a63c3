"""Parts that are painted apart are parts of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from impasto.errors import PictureTooLarge, WeightsError
from impasto.image.resize import pad_to_multiple, resize
from impasto.inference import stylizer as stylizer_module
from impasto.inference import tiling
from impasto.inference.engine import installed_engines
from impasto.inference.stylizer import Stylizer
from impasto.inference.tiling import Padded, parts_to_measure, spans


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer.load(threads=2, precision="fp32")


@pytest.fixture(scope="module")
def photo():
    """Of sides that are no multiples, so that it is padded at all ends."""
    return resize(np.concatenate([data.astronaut(), data.coffee()[:400, :512]]), 777, 821)


def assembled(parts, like):
    pastiche = np.zeros_like(like)
    times = np.zeros(like.shape[:2], int)
    for part in parts:
        pastiche[part.rows, part.columns] = part.pixels
        times[part.rows, part.columns] += 1
    assert (times == 1).all()
    return pastiche


def difference(one, other):
    return np.abs(one.astype(int) - other)


class TestSpans:
    @pytest.mark.parametrize("multiple", [8, 16, 32])
    @pytest.mark.parametrize("halo", [32, 96])
    def test_what_is_used_is_whole_and_far_from_every_cut(self, multiple, halo):
        for side in range(multiple, 9000, 7 * multiple):
            found = spans(side, 768, halo, multiple)
            assert [one.first for one in found] == [0, *(one.last for one in found[:-1])]
            assert found[-1].last == side
            assert len({one.length for one in found}) == 1
            for one in found:
                assert one.start % multiple == one.length % multiple == 0
                assert 0 <= one.start <= one.start + one.length <= side
                assert one.length <= 768
                assert one.start == 0 or one.first - one.start >= halo
                assert one.start + one.length == side or one.start + one.length - one.last >= halo

    def test_windows_are_as_few_and_short_as_can_be(self):
        assert len(spans(640, 640, 96, 32)) == 1
        lengths = [one.length for one in spans(2048, 1536, 96, 8)]
        assert len(lengths) == 2
        assert lengths[0] < 1536


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (64, 64), (71, 105)])
def test_a_padded_picture_is_the_same_by_regions(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    whole, _ = pad_to_multiple(picture, 16, 64)
    padded = Padded(picture, 16, 64)
    assert padded.shape == whole.shape[:2]
    np.testing.assert_array_equal(padded.read((0, 0), padded.shape), whole)
    if min(padded.shape) > 64:
        np.testing.assert_array_equal(padded.read((16, 16), (64, 64)), whole[16:80, 16:80])


class TestMeasuring:
    def test_a_small_picture_is_measured_whole(self, photo):
        parts, places, margin = parts_to_measure(Padded(photo, 8, 64), 8)
        assert (parts.shape, places, margin) == ((1, 784, 824, 3), [(0, 0)], 0)

    @pytest.mark.parametrize("shape", [(4000, 3000), (100, 50_000), (70_000, 64)])
    def test_a_large_one_by_samples_from_all_of_it(self, shape):
        picture = np.broadcast_to(np.uint8([1, 2, 3]), (*shape, 3))
        parts, places, margin = parts_to_measure(Padded(picture, 16, 64), 16)
        assert len(parts) == len(places) <= 64
        assert parts.shape[1] * parts.shape[2] * len(parts) <= tiling.MEASURED_WHOLE
        assert 2 * margin < min(parts.shape[1:3])
        tops, lefts = (np.array(sorted(set(one))) for one in zip(*places, strict=True))
        for starts, side, length in ((tops, shape[0], parts.shape[1]), (lefts, shape[1], parts.shape[2])):
            assert not (starts % 16).any()
            assert starts[0] + length / 2 <= side / len(starts) + length
            assert side - starts[-1] <= side / len(starts) + length

    def test_samples_tell_nearly_what_the_whole_tells(self, stylizer, monkeypatch):
        photo = np.tile(data.astronaut(), (2, 2, 1))[:768, :768]
        code = stylizer.resolve("starry-night")
        whole = stylizer.measure(photo, code)
        monkeypatch.setattr(tiling, "MEASURED_WHOLE", 4 * tiling.SAMPLE**2)
        sampled = stylizer.measure(photo, code)
        assert not np.array_equal(sampled.norms, whole.norms)
        assert difference(stylizer.paint_fixed(photo, sampled), stylizer.paint_fixed(photo, whole)).mean() < 5


@pytest.mark.parametrize("engine", installed_engines())
def test_parts_are_parts_of_the_whole(engine, photo):
    stylizer = Stylizer.load(engine=engine, threads=2, precision="fp32")
    code = stylizer.resolve("starry-night")
    whole = stylizer.stylize(photo, code)
    modulation = stylizer.measure(photo, code)
    assert difference(stylizer.paint_fixed(photo, modulation), whole).mean() < 0.02
    parts = list(stylizer.paint_parts(photo, modulation, window=448))
    assert [(one.number, one.total) for one in parts] == [(number, 9) for number in range(1, 10)]
    pastiche = assembled(parts, photo)
    found = difference(pastiche, whole)
    assert found.mean() < 0.02
    assert found.max() <= 2
    cut = parts[0].columns.stop
    assert found[:, cut - 4 : cut + 4].mean() < 0.05


def test_a_part_painted_alone_would_look_otherwise(stylizer, photo):
    """What all this is for."""
    code = stylizer.resolve("starry-night")
    assert difference(stylizer.stylize(photo[:400], code), stylizer.stylize(photo, code)[:400]).mean() > 2


def test_large_pictures_are_painted_in_parts_unasked_and_always_alike(stylizer, photo, monkeypatch):
    whole = stylizer.stylize(photo, "starry-night", strength=0.7)
    monkeypatch.setattr(stylizer_module, "WHOLE_PIXELS", 300_000)
    monkeypatch.setattr(stylizer._plain, "_graph", lambda **_: pytest.fail("painted as a whole"))
    pastiche = stylizer.stylize(photo, "starry-night", strength=0.7)
    assert difference(pastiche, whole).mean() < 0.02
    np.testing.assert_array_equal(stylizer.stylize(photo, "starry-night", strength=0.7), pastiche)


def test_sixteen_bits(stylizer, photo):
    content = photo[:300, :500].astype(np.uint16) * 257
    code = stylizer.resolve("starry-night")
    modulation = stylizer.measure(content, code)
    pastiche = assembled(stylizer.paint_parts(content, modulation, window=400), content)
    assert pastiche.dtype == np.uint16
    assert np.abs(pastiche.astype(int) - stylizer.stylize(content, code)).mean() < 5


class TestOlderModels:
    """The toy model is one: it has no graphs of parts."""

    def test_they_paint_as_a_whole(self, toy_model, photo, monkeypatch):
        monkeypatch.setattr(stylizer_module, "WHOLE_PIXELS", 1000)
        assert Stylizer.load(toy_model).stylize(photo, "dusk").shape == photo.shape

    def test_up_to_a_limit(self, toy_model, photo, monkeypatch):
        monkeypatch.setattr(stylizer_module, "MAX_WHOLE_PIXELS", 1000)
        with pytest.raises(PictureTooLarge, match="can paint as a whole; give a smaller size, or export"):
            Stylizer.load(toy_model).stylize(photo, "dusk")

    def test_they_say_why_they_do_not_measure(self, toy_model, photo):
        stylizer = Stylizer.load(toy_model)
        with pytest.raises(WeightsError, match="only as a whole; export it again"):
            stylizer.measure(photo, stylizer.resolve("dusk"))
