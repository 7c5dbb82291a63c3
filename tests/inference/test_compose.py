"""Regions, local strength, colours, palettes and strokes, on the toy model and in part on the shipped one."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from impasto.errors import ImageError, StyleError, UnknownName, UsageError
from impasto.image.color import color_statistics
from impasto.image.recolor import adjust, greyed, match_histogram, match_linear, with_chroma
from impasto.image.resize import resize
from impasto.inference import codes, strokes
from impasto.inference.compose import compose
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions


@pytest.fixture(scope="module")
def stylizer(toy_model):
    return Stylizer.load(toy_model, precision="fp32", threads=2)


@pytest.fixture(scope="module")
def shipped():
    return Stylizer.load(threads=2)


@pytest.fixture
def artwork():
    return np.random.default_rng(7).integers(60, 200, (90, 120, 3), dtype=np.uint8)


@pytest.fixture
def left():
    mask = np.zeros((72, 104), np.float32)
    mask[:, :50] = 1
    return mask


class TestOneStyle:
    @pytest.mark.parametrize("look", [{}, {"strength": 0.5}, {"strength": 0}, {"size": 60}, {"preserve_color": True}])
    def test_it_is_what_the_stylizer_paints(self, stylizer, photo, look):
        assert np.array_equal(
            compose(stylizer, photo, "noon", look=LookOptions(**look)), stylizer.stylize(photo, "noon", **look)
        )

    def test_styles_are_what_the_stylizer_takes(self, stylizer, photo, artwork):
        code = stylizer.encode_style(artwork)
        plain = stylizer.stylize(photo, code)
        assert np.array_equal(compose(stylizer, photo, code), plain)
        assert np.array_equal(compose(stylizer, photo, artwork), plain)
        mixture = [(artwork, 1), ("dusk", 2.0)]
        assert np.array_equal(compose(stylizer, photo, mixture), stylizer.stylize(photo, mixture))
        smaller = LookOptions(style_size=40)
        expected = stylizer.stylize(photo, stylizer.encode_style(artwork, size=40))
        assert np.array_equal(compose(stylizer, photo, artwork, look=smaller), expected)

    def test_nothing_asked_is_the_photo(self, stylizer, photo):
        assert np.array_equal(compose(stylizer, photo), photo)

    def test_strength_nought_is_the_photo_whatever_else_is_asked(self, stylizer, photo):
        look = LookOptions(strength=0, stroke=2, color="photo-histogram", saturation=2, brightness=0.5)
        assert np.array_equal(compose(stylizer, photo, "noon", look=look), photo)

    @pytest.mark.parametrize("style", [7, ["dusk"], [("dusk", "much")], object()])
    def test_what_is_no_style(self, stylizer, photo, style):
        with pytest.raises(StyleError, match="expected a style code"):
            compose(stylizer, photo, style)

    def test_unknown_names_wherever_they_stand(self, stylizer, photo, left):
        for given in ({"style": "seafoam"}, {"regions": [(left, "seafoam")]}, {"style": "dusk", "palette": "seafoam"}):
            with pytest.raises(UnknownName, match="sea-foam"):
                compose(stylizer, photo, **given)


class TestRegions:
    def test_inside_its_feather_a_region_is_its_styles_own_painting(self, stylizer, photo, left):
        look = LookOptions(color="photo-histogram", stroke=1.5, strength=0.8)
        result = compose(stylizer, photo, "noon", regions=[(left, "dusk")], feather=6, look=look)
        base, own = (compose(stylizer, photo, style, look=look) for style in ("noon", "dusk"))
        assert np.array_equal(result[:, :44], own[:, :44])
        assert np.array_equal(result[:, 56:], base[:, 56:])
        assert not np.array_equal(result[:, 44:56], own[:, 44:56])

    def test_with_the_shipped_model_too(self, shipped):
        photo = resize(data.astronaut(), 128, 128)
        mask = np.zeros((64, 64), bool)
        mask[32:] = True
        result = compose(shipped, photo, regions=[(mask, "udnie")], feather=4)
        assert np.array_equal(result[:58], photo[:58])
        assert np.array_equal(result[70:], shipped.stylize(photo, "udnie")[70:])

    def test_without_a_base_the_rest_is_the_photo(self, stylizer, photo, left):
        result = compose(stylizer, photo, regions=[(left, "dusk")])
        assert np.array_equal(result[:, 50:], photo[:, 50:])
        assert np.array_equal(result[:, :50], stylizer.stylize(photo, "dusk")[:, :50])

    def test_overlapping_regions_share_and_their_order_makes_no_difference(self, stylizer, photo, left):
        everywhere = np.ones_like(left)
        regions = [(everywhere, "dusk"), (left, "noon")]
        result = compose(stylizer, photo, "sea-foam", regions=regions)
        dusk, noon = (stylizer.stylize(photo, style).astype(float) for style in ("dusk", "noon"))
        assert np.abs(result[:, :50] - ((dusk + noon) / 2)[:, :50]).max() <= 0.5
        assert np.array_equal(result[:, 50:], dusk[:, 50:])
        assert np.array_equal(result, compose(stylizer, photo, "sea-foam", regions=regions[::-1]))

    def test_masks_are_stretched_over_the_result(self, stylizer, photo, left):
        look = LookOptions(size=208)
        result = compose(stylizer, photo, "noon", regions=[(left[::2, ::2], "dusk")], look=look)
        base, own = (compose(stylizer, photo, style, look=look) for style in ("noon", "dusk"))
        assert np.array_equal(result[:, :96], own[:, :96])
        assert np.array_equal(result[:, 104:], base[:, 104:])

    def test_hostile_masks(self, stylizer, photo):
        for mask in (np.zeros((4, 4, 3)), np.full((4, 4), np.nan), np.full((4, 4), 2.0), None, "mask"):
            with pytest.raises(ImageError, match="the mask"):
                compose(stylizer, photo, regions=[(mask, "dusk")])
            with pytest.raises(ImageError, match="the mask"):
                compose(stylizer, photo, "dusk", strength_map=np.zeros((4, 4, 3)))


class TestLocalStrength:
    def test_black_is_the_photo_and_white_the_painting(self, stylizer, photo, left):
        result = compose(stylizer, photo, "dusk", strength_map=left)
        assert np.array_equal(result[:, 50:], photo[:, 50:])
        assert np.array_equal(result[:, :50], stylizer.stylize(photo, "dusk")[:, :50])

    @pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
    def test_an_even_map_is_that_strength(self, stylizer, photo, left, share):
        even = np.full_like(left, share)
        look = LookOptions(strength=0.8)
        expected = stylizer.stylize(photo, "dusk", strength=0.8 * share)
        assert np.array_equal(compose(stylizer, photo, "dusk", strength_map=even, look=look), expected)

    def test_between_it_grows(self, stylizer, photo, left):
        distances = [
            np.abs(compose(stylizer, photo, "dusk", strength_map=np.full_like(left, share)).astype(int) - photo).mean()
            for share in np.linspace(0, 1, 11)
        ]
        assert distances == sorted(distances)

    def test_regions_obey_it_as_well(self, stylizer, photo, left):
        result = compose(stylizer, photo, "noon", regions=[(left, "dusk")], strength_map=np.zeros_like(left))
        assert np.array_equal(result, photo)


class TestColors:
    def test_after_painting_the_pastiche_is_recoloured(self, stylizer, photo):
        plain = stylizer.stylize(photo, "dusk")
        for color, recolor in (
            ("photo-luminance", with_chroma),
            ("photo-histogram", match_histogram),
            ("photo-linear", match_linear),
        ):
            result = compose(stylizer, photo, "dusk", look=LookOptions(color=color))
            assert np.array_equal(result, recolor(plain, photo))

    def test_before_painting_a_style_picture_is_recoloured(self, stylizer, photo, artwork):
        for color, recolor in (("photo-histogram", match_histogram), ("photo-linear", match_linear)):
            result = compose(stylizer, photo, artwork, look=LookOptions(color=color, color_when="before"))
            assert np.array_equal(result, stylizer.stylize(photo, recolor(artwork, photo)))

    def test_before_painting_a_code_takes_the_photos_colours(self, stylizer, photo):
        look = LookOptions(color="photo-linear", color_when="before")
        code = codes.with_palette(stylizer.preset_code("dusk"), *color_statistics(photo))
        assert np.array_equal(compose(stylizer, photo, "dusk", look=look), stylizer.stylize(photo, code))
        mixture = [("dusk", 1), ("noon", 3)]
        expected = codes.with_palette(stylizer.resolve(mixture), *color_statistics(photo))
        assert np.array_equal(compose(stylizer, photo, mixture, look=look), stylizer.stylize(photo, expected))

    def test_luminance_before_paints_in_grey(self, stylizer, photo, artwork):
        look = LookOptions(color="photo-luminance", color_when="before")
        grey_style = match_linear(greyed(artwork), greyed(photo))
        expected = with_chroma(stylizer.stylize(greyed(photo), grey_style), photo)
        assert np.array_equal(compose(stylizer, photo, artwork, look=look), expected)

    def test_saturation_and_brightness_are_of_what_is_painted(self, stylizer, photo):
        look = LookOptions(saturation=1.5, brightness=0.8)
        expected = adjust(stylizer.stylize(photo, "dusk"), 1.5, 0.8)
        assert np.array_equal(compose(stylizer, photo, "dusk", look=look), expected)

    def test_contradictions(self):
        with pytest.raises(UsageError, match="contradict"):
            LookOptions(preserve_color=True, color="photo-hue")
        with pytest.raises(UsageError, match="photo-hue"):
            LookOptions(color="photo-hue", color_when="before")


class TestPalette:
    def test_strokes_of_one_and_colours_of_another(self, stylizer, photo, artwork):
        dusk, code = stylizer.preset_code("dusk"), stylizer.encode_style(artwork)
        mixed = np.concatenate([dusk[:-12], code[-12:]])
        assert np.array_equal(compose(stylizer, photo, "dusk", palette=artwork), stylizer.stylize(photo, mixed))

    def test_with_the_shipped_model_colours_follow_the_palette(self, shipped):
        photo = resize(data.astronaut(), 128, 128)
        result = compose(shipped, photo, "udnie", palette="starry-night").astype(float).mean((0, 1))
        own, other = (shipped.stylize(photo, name).astype(float).mean((0, 1)) for name in ("udnie", "starry-night"))
        assert np.abs(result - other).sum() < np.abs(result - own).sum()


class TestStrokes:
    @pytest.mark.parametrize("shape", [(1, 1), (1, 200), (63, 65), (72, 104)])
    @pytest.mark.parametrize("scale", [0.25, 0.7, 1, 1.3, 2, 5, 32])
    def test_any_picture_keeps_its_size(self, stylizer, shape, scale):
        content = np.full((*shape, 3), 90, np.uint8)
        assert compose(stylizer, content, "dusk", look=LookOptions(stroke=scale)).shape == content.shape

    def test_it_is_painted_small_then_sharpened_by_octaves(self, stylizer, photo, monkeypatch):
        seen = []
        paint = stylizer.stylize

        def spy(content, style, *, strength=1.0, **options):
            seen.append((content.shape[:2], strength))
            return paint(content, style, strength=strength, **options)

        monkeypatch.setattr(stylizer, "stylize", spy)
        strokes.paint_in_strokes(stylizer, photo, stylizer.preset_code("dusk"), 4)
        assert seen == [((18, 26), 1), ((36, 52), 0.5), ((72, 104), 0.5)]
        seen.clear()
        strokes.paint_in_strokes(stylizer, photo, stylizer.preset_code("dusk"), 0.5)
        assert seen == [((144, 208), 1)]

    def test_a_film_does_without_the_last_pass(self, stylizer, photo, monkeypatch):
        seen = []
        paint = stylizer.stylize
        monkeypatch.setattr(
            stylizer, "stylize", lambda *given, **options: seen.append(given[0].shape[:2]) or paint(*given, **options)
        )
        strokes.paint_in_strokes(stylizer, photo, stylizer.preset_code("dusk"), 4, crisp=False)
        assert seen == [(18, 26), (36, 52)]

    def test_strokes_belong_to_the_picture_unless_to_its_pixels(self):
        assert strokes.stroke_scale(LookOptions(), 512, 300) == 1
        assert strokes.stroke_scale(LookOptions(), 2400, 3200) == 4
        assert strokes.stroke_scale(LookOptions(stroke=0.5), 2400, 3200) == 2
        assert strokes.stroke_scale(LookOptions(strokes="pixels", stroke=1.5), 2400, 3200) == 1.5

    def test_a_scale_near_one_paints_nearly_as_one(self, stylizer, photo):
        code = stylizer.preset_code("dusk")
        near = strokes.paint_in_strokes(stylizer, photo, code, 1.001)
        assert np.abs(near.astype(int) - stylizer.stylize(photo, code)).mean() < 1.5

    def test_with_the_shipped_model_larger_strokes_are_larger_and_not_blurred(self, shipped):
        """Painted large, a picture with larger strokes resembles the small painting more than the plain one does."""
        photo = data.astronaut()
        small = shipped.stylize(resize(photo, 128, 128), "udnie").astype(float)
        scaled = compose(shipped, photo, "udnie", look=LookOptions(stroke=4))
        plain = shipped.stylize(photo, "udnie")
        away = [np.abs(resize(one, 128, 128) - small).mean() for one in (scaled, plain)]
        assert away[0] < 0.8 * away[1]
        enlarged = resize(shipped.stylize(resize(photo, 128, 128), "udnie"), 512, 512)
        detail = [np.abs(np.diff(one.astype(float), axis=0)).mean() for one in (scaled, enlarged)]
        assert detail[0] > 1.2 * detail[1]
