from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ImageError
from impasto.image.blend import blend, lerp
from impasto.image.mask import feathered, fit_mask, read_mask


def saved(picture):
    data = BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def pictures(count, height=40, width=30):
    return np.random.default_rng(9).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


class TestReading:
    def test_light_is_inside(self):
        ramp = np.arange(256, dtype=np.uint8)[None]
        for mode in ("L", "RGB"):
            mask = read_mask(saved(Image.fromarray(ramp).convert(mode)))
            assert mask.dtype == np.float32
            assert np.array_equal(mask, ramp.astype(np.float32) / 255)

    def test_transparency_is_the_mask_where_there_is_some(self):
        cut_out = np.zeros((2, 3, 4), np.uint8)
        cut_out[0, :, 3] = 255
        assert np.array_equal(read_mask(saved(Image.fromarray(cut_out))), [[1, 1, 1], [0, 0, 0]])
        opaque = np.full((2, 3, 4), 255, np.uint8)
        opaque[1, :, :3] = 0
        assert np.array_equal(read_mask(saved(Image.fromarray(opaque))), [[1, 1, 1], [0, 0, 0]])

    @pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "LA", "RGBA", "CMYK"])
    def test_any_kind_of_picture_will_do(self, mode):
        data = BytesIO()
        Image.new(mode, (7, 5)).save(data, "TIFF" if mode == "CMYK" else "PNG")
        mask = read_mask(data.getvalue())
        assert mask.shape == (5, 7)
        assert mask.min() >= 0
        assert mask.max() <= 1

    @pytest.mark.parametrize("data", [b"", b"no picture", saved(Image.new("L", (40, 40)))[:50]])
    def test_what_is_no_picture(self, data):
        with pytest.raises(ImageError):
            read_mask(data)


class TestFitting:
    def test_its_own_size_is_left_as_it_is(self):
        mask = np.random.default_rng(1).random((20, 30)).astype(np.float32)
        assert np.array_equal(fit_mask(mask, 20, 30), mask)
        assert np.array_equal(fit_mask((mask * 255).astype(np.uint8), 20, 30), np.floor(mask * 255) / np.float32(255))
        assert np.array_equal(fit_mask(mask > 0.5, 20, 30), mask > 0.5)

    @pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 900), (64, 64), (300, 5)])
    def test_any_size_is_stretched_over_the_photo_and_never_overshoots(self, height, width):
        mask = np.zeros((40, 40), np.float32)
        mask[:, 20:] = 1
        fitted = fit_mask(mask, height, width)
        assert fitted.shape == (height, width)
        assert fitted.min() >= 0
        assert fitted.max() <= 1
        if width >= 64:
            assert (fitted[:, : width // 2 - width // 20] == 0).all()
            assert (fitted[:, width // 2 + width // 20 :] == 1).all()

    @pytest.mark.parametrize(
        "mask",
        [
            np.zeros((4, 4, 3)),
            np.zeros(4),
            np.zeros((0, 4)),
            np.full((4, 4), 1.5),
            np.full((4, 4), -0.1),
            np.full((4, 4), np.nan),
            np.full((4, 4), np.inf),
            np.full((4, 4), 3),
            np.full((4, 4), "x"),
            None,
        ],
    )
    def test_what_is_no_mask(self, mask):
        with pytest.raises(ImageError, match="the mask"):
            fit_mask(mask, 8, 8)


class TestFeathering:
    @pytest.mark.parametrize("radius", [1, 2, 3, 4, 10, 29])
    def test_an_edge_fades_over_so_many_pixels_to_either_side_and_no_further(self, radius):
        mask = np.zeros((100, 90), np.float32)
        mask[:, 45:] = 1
        soft = feathered(mask, radius)
        assert (soft[:, : 45 - radius] == 0).all()
        assert (soft[:, 45 + radius :] == 1).all()
        assert (np.diff(soft[50]) >= 0).all()
        assert soft[50, 45 - radius] > 0
        assert soft[50, 45 + radius - 1] < 1

    def test_the_edge_stays_where_it_was(self):
        mask = np.zeros((60, 60), np.float32)
        mask[20:] = 1
        assert feathered(mask, 9)[19:21].mean() == pytest.approx(0.5, abs=1e-3)

    def test_none_changes_nothing_and_more_than_the_picture_is_taken(self):
        mask = np.eye(6, dtype=np.float32)
        assert feathered(mask, 0) is mask
        soft = feathered(mask, 500)
        assert soft.shape == mask.shape
        assert np.ptp(soft) < 0.2


class TestBlending:
    def test_alone_a_picture_is_itself_and_nothing_is_the_base(self):
        base, one, other = pictures(3)
        weight = np.zeros((40, 30), np.float32)
        weight[10:] = 1
        result = blend(base, [(one, weight), (other, np.zeros_like(weight))])
        assert np.array_equal(result[10:], one[10:])
        assert np.array_equal(result[:10], base[:10])
        assert np.array_equal(blend(base, []), base)

    def test_the_order_makes_no_difference(self):
        base, one, other = pictures(3)
        weights = np.random.default_rng(2).random((2, 40, 30)).astype(np.float32)
        layers = [(one, weights[0]), (other, weights[1])]
        assert np.abs(blend(base, layers).astype(int) - blend(base, layers[::-1])).max() <= 1

    def test_what_overlaps_shares_the_place_and_hides_the_base(self):
        base, one, other = pictures(3)
        full = np.ones((40, 30), np.float32)
        result = blend(base, [(one, full), (other, full)])
        assert np.abs(result - (one.astype(float) + other) / 2).max() <= 0.5
        assert np.array_equal(blend(base, [(one, full), (one, full * 0.5)]), one)

    def test_weights_below_one_let_the_base_through(self):
        base, one = pictures(2)
        result = blend(base, [(one, np.full((40, 30), 0.25, np.float32))])
        assert np.abs(result - (0.75 * base + 0.25 * one)).max() <= 0.5

    def test_rows_are_blended_in_parts(self):
        base, one = pictures(2, 700, 3)
        weight = np.linspace(0, 1, 700, dtype=np.float32)[:, None].repeat(3, 1)
        expected = base + weight[..., None] * (one.astype(float) - base)
        assert np.abs(blend(base, [(one, weight)]) - expected).max() <= 0.51

    def test_halfway_between_two_pictures(self):
        one, other = pictures(2)
        assert np.array_equal(lerp(one, other, 0), one)
        assert np.array_equal(lerp(one, other, 1), other)
        assert np.abs(lerp(one, other, 0.5) - (one.astype(float) + other) / 2).max() <= 0.5
