from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from impasto.errors import EngineError, ImageError, ImpastoError, PictureTooLarge, StyleError, UnknownName, UsageError
from impasto.image.color import apply_affine, color_statistics, monge_kantorovich
from impasto.image.io import read_picture
from impasto.inference import stylizer as stylizer_module
from impasto.inference.compose import compose
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions

SHAPES = [(1, 1), (1, 500), (300, 2), (63, 65), (64, 64), (7, 200), (129, 71)]


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def stylizer(request, toy_model):
    pytest.importorskip(request.param)
    return Stylizer.load(toy_model, engine=request.param, precision="fp32", threads=2)


@pytest.fixture
def artwork():
    return np.random.default_rng(7).integers(60, 200, (90, 120, 3), dtype=np.uint8)


def toy_pastiche(content, code, color=None):
    """What the toy model paints, in plain numpy."""
    recolor = monge_kantorovich(*(color or color_statistics(content)), code[-12:-9], code[-9:].reshape(3, 3))
    return np.clip(255 * (0.75 * apply_affine(content / 255, recolor) + 0.25 * code[:3]), 0, 255)


class TestEncoding:
    def test_a_code_is_what_was_learnt_then_the_colours(self, stylizer, artwork):
        code = stylizer.encode_style(artwork)
        assert code.dtype == np.float32
        assert code.shape == (18,)
        mean, covariance = color_statistics(artwork)
        assert np.allclose(code[:3], mean, atol=0.02)
        assert np.allclose(code[6:], np.concatenate([mean, covariance.ravel()]), atol=1e-6)

    @pytest.mark.parametrize("shape", [one for one in SHAPES if one != (1, 1)])
    def test_any_size_can_be_encoded(self, stylizer, shape):
        assert np.isfinite(stylizer.encode_style(np.full((*shape, 3), 40, np.uint8))).all()

    @pytest.mark.parametrize(
        ("shape", "size", "seen"),
        [
            ((90, 120), None, (64, 85)),
            ((30, 20), 40, (60, 40)),
            ((2, 5000), None, (32, 512)),
            ((5000, 1), 32, (256, 32)),
        ],
    )
    def test_the_picture_is_looked_at_in_the_size_asked_for(self, stylizer, monkeypatch, shape, size, seen):
        def encode(picture):
            assert picture.shape == (1, *seen, 3)
            return np.zeros((1, 6), np.float32)

        monkeypatch.setattr(stylizer, "_encode", encode)
        stylizer.encode_style(np.zeros((*shape, 3), np.uint8), size=size)

    @pytest.mark.parametrize("size", [0, 31, 4097, "64"])
    def test_a_useless_size_is_refused(self, stylizer, artwork, size):
        with pytest.raises(UsageError, match="from 32 to 4096"):
            stylizer.encode_style(artwork, size=size)


class TestPainting:
    def test_the_pastiche_is_the_models(self, stylizer, photo, artwork):
        code = stylizer.encode_style(artwork)
        pastiche = stylizer.stylize(photo, code)
        assert pastiche.dtype == np.uint8
        assert np.abs(pastiche - toy_pastiche(photo, code)).max() <= 1

    @pytest.mark.parametrize("shape", SHAPES)
    def test_any_content_comes_back_in_its_own_size_and_place(self, stylizer, shape):
        content = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
        pastiche = stylizer.stylize(content, "noon")
        assert pastiche.shape == content.shape
        assert np.abs(pastiche - toy_pastiche(content, stylizer.preset_code("noon"))).max() <= 1

    def test_the_callers_arrays_are_left_alone(self, stylizer, photo):
        code = stylizer.preset_code("dusk")
        before = photo.copy(), code.copy()
        first = stylizer.stylize(photo, code)
        first[:] = 0  # the result is the caller's own
        assert stylizer.stylize(photo, code).any()
        assert np.array_equal(photo, before[0])
        assert np.array_equal(code, before[1])

    def test_a_style_may_be_a_name_a_picture_a_code_or_a_mixture(self, stylizer, photo, artwork):
        code = stylizer.encode_style(artwork)
        assert np.array_equal(stylizer.stylize(photo, artwork), stylizer.stylize(photo, code))
        assert np.array_equal(stylizer.stylize(photo, "dusk"), stylizer.stylize(photo, stylizer.preset_code("dusk")))
        mixed = stylizer.mix([code, stylizer.preset_code("dusk")], [1, 3])
        assert np.array_equal(stylizer.stylize(photo, [(artwork, 0.5), ("dusk", 1.5)]), stylizer.stylize(photo, mixed))

    def test_strength_leads_from_the_photo_to_the_style(self, stylizer, photo):
        assert np.array_equal(stylizer.stylize(photo, "noon", strength=0), photo)
        assert np.array_equal(stylizer.stylize(photo, "noon", strength=1), stylizer.stylize(photo, "noon"))
        distances = [
            np.abs(stylizer.stylize(photo, "noon", strength=strength).astype(int) - photo).mean()
            for strength in (0, 0.25, 0.5, 0.75, 1)
        ]
        assert distances == sorted(distances)
        assert distances[0] == 0 < distances[1]

    def test_a_photo_is_looked_at_once_for_all_its_strengths(self, toy_model, photo, monkeypatch):
        looked_at = []
        encode = Stylizer._code_of
        monkeypatch.setattr(
            Stylizer, "_code_of", lambda one, picture: looked_at.append(picture.shape) or encode(one, picture)
        )
        fresh = Stylizer.load(toy_model)
        for strength in (0.2, 0.4, 1, 0.6):
            fresh.stylize(photo, "noon", strength=strength)
        assert looked_at == [photo.shape]
        expected = fresh.stylize(photo[::-1], "noon", strength=0.4)
        assert len(looked_at) == 2, "another photo of the same shape is another photo"
        assert np.array_equal(Stylizer.load(toy_model).stylize(photo[::-1], "noon", strength=0.4), expected)

    def test_strength_mixes_the_codes_and_lets_the_photo_show_through(self, stylizer, photo):
        halfway = stylizer.mix([stylizer.encode_style(photo), stylizer.preset_code("noon")], [0.5, 0.5])
        expected = 0.75 * stylizer.stylize(photo, halfway) + 0.25 * photo
        assert np.abs(stylizer.stylize(photo, "noon", strength=0.5) - expected).max() <= 0.5

    def test_beyond_full_strength_strokes_go_on_and_colours_stay(self, stylizer, photo, artwork):
        own, code = stylizer.encode_style(photo), stylizer.encode_style(artwork)
        beyond = own + np.float32(1.5) * (code - own)
        expected = stylizer.stylize(photo, np.concatenate([beyond[:-12], code[-12:]]))
        assert np.array_equal(stylizer.stylize(photo, artwork, strength=1.5), expected)
        assert np.array_equal(compose(stylizer, photo, artwork, look=LookOptions(strength=1.5)), expected)

    def test_size_is_the_long_side_of_the_result(self, stylizer, photo):
        assert stylizer.stylize(photo, "noon", size=52).shape == (36, 52, 3)
        assert stylizer.stylize(photo, "noon", size=208).shape == (144, 208, 3)
        assert stylizer.stylize(photo[:1], "noon", size=1).shape == (1, 1, 3)

    def test_colours_can_be_kept(self, stylizer, photo):
        grey = np.repeat(photo[..., :1], 3, axis=-1)
        kept = stylizer.stylize(grey, "noon", preserve_color=True)
        assert (np.ptp(kept, axis=-1) <= 1).all()
        assert (np.ptp(stylizer.stylize(grey, "noon"), axis=-1) > 1).any()

    def test_colour_statistics_can_be_held(self, stylizer, photo):
        """A part painted with the whole's statistics is the whole's part."""
        whole = stylizer.stylize(photo, "noon")
        part = stylizer.stylize(photo[8:40, 16:80], "noon", content_color=color_statistics(photo))
        assert np.abs(part.astype(int) - whole[8:40, 16:80]).max() <= 1

    def test_threads_share_one_stylizer(self, toy_model, stylizer, photo, artwork):
        """A fresh one, so that the threads also race to open its graphs."""
        jobs = [(photo[: 20 + 7 * (n % 6)], artwork if n % 2 else "dusk", 1 - n % 3 / 4) for n in range(24)]
        fresh = Stylizer.load(toy_model, engine=stylizer.engine.name, precision="fp32", threads=2)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda job: fresh.stylize(job[0], job[1], strength=job[2]), jobs))
        alone = [fresh.stylize(photo, style, strength=strength) for photo, style, strength in jobs]
        assert all(np.array_equal(one, other) for one, other in zip(alone, found, strict=True))


class TestWhatIsGiven:
    @pytest.fixture
    def files(self, tmp_path, photo, artwork):
        Image.fromarray(photo).save(tmp_path / "photo.png")
        Image.fromarray(artwork).save(tmp_path / "art.png")
        return tmp_path / "photo.png", tmp_path / "art.png"

    def test_paths_images_and_pictures_are_photos_and_styles(self, stylizer, files, photo, artwork):
        expected = stylizer.stylize(photo, artwork)
        for kind in (str, lambda file: file, Image.open, read_picture):
            content, style = map(kind, files)
            assert np.array_equal(stylizer.stylize(content, style), expected)
            assert np.array_equal(compose(stylizer, content, style), expected)
            assert np.array_equal(stylizer.stylize(content, [(style, 2.0)]), expected)
            assert np.array_equal(stylizer.encode_style(style), stylizer.encode_style(artwork))

    def test_a_path_may_be_a_saved_codes(self, stylizer, photo, artwork, tmp_path):
        stylizer.save_code(tmp_path / "code.npz", stylizer.encode_style(artwork))
        assert np.array_equal(stylizer.stylize(photo, tmp_path / "code.npz"), stylizer.stylize(photo, artwork))

    def test_a_preset_wins_over_a_file_of_its_name(self, stylizer, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "dusk").write_text("no picture")
        assert np.array_equal(stylizer.resolve("dusk"), stylizer.preset_code("dusk"))

    @pytest.mark.parametrize("shape", [(5, 5, 3), (1, 200, 3)])
    def test_a_style_of_a_few_pixels_is_refused(self, stylizer, photo, shape):
        with pytest.raises(ImageError, match=f"the style has {shape[1]}×{shape[0]} pixels, expected at least 16×16"):
            stylizer.stylize(photo, np.zeros(shape, np.uint8))
        tiny = np.zeros(shape, np.uint8)
        assert stylizer.stylize(tiny, "dusk", strength=0.5).shape == shape, "a photo may be so small"

    def test_it_is_a_context_manager_and_paints_afterwards_too(self, toy_model, photo):
        with Stylizer.load(toy_model) as opened:
            first = opened.stylize(photo, "dusk")
        assert np.array_equal(opened.stylize(photo, "dusk"), first)


class TestRefusing:
    @pytest.mark.parametrize(
        ("content", "remedy"),
        [
            (np.zeros((8, 8, 3), np.float32), "astype"),
            (np.zeros((8, 8), np.uint8), "three times"),
            (np.zeros((8, 8, 1), np.uint8), "three times"),
            (np.zeros((8, 8, 4), np.uint8), "alpha"),
            (np.zeros((2, 8, 8, 3), np.uint8), "one picture at a time"),
            (np.zeros((8, 8, 3), np.uint32), "uint8"),
            (np.zeros((0, 8, 3), np.uint8), "no pixels"),
            (np.zeros((3, 8, 8), np.uint8), "height×width×3"),
            ([[1, 2, 3]], "a list"),
            (None, "NoneType"),
        ],
    )
    def test_what_is_no_picture(self, stylizer, content, remedy):
        with pytest.raises(ImageError, match=remedy):
            stylizer.stylize(content, "dusk")
        with pytest.raises(ImageError, match=remedy):
            stylizer.encode_style(content)

    @pytest.mark.parametrize("strength", [-0.01, 1.51, float("nan"), float("inf"), "0.5", None])
    def test_strength_out_of_range(self, stylizer, photo, strength):
        with pytest.raises(UsageError, match="strength"):
            stylizer.stylize(photo, "dusk", strength=strength)

    @pytest.mark.parametrize("size", [0, -1, "512"])
    def test_useless_sizes(self, stylizer, photo, size):
        with pytest.raises(UsageError, match="size"):
            stylizer.stylize(photo, "dusk", size=size)

    def test_too_many_pixels(self, stylizer, photo, monkeypatch):
        monkeypatch.setattr(stylizer_module, "MAX_PIXELS", 5000)
        with pytest.raises(PictureTooLarge, match="give a smaller size"):
            stylizer.stylize(photo, "dusk")
        assert stylizer.stylize(photo, "dusk", size=80).shape == (55, 80, 3)
        with pytest.raises(PictureTooLarge):
            stylizer.stylize(photo[:9, :9], "dusk", size=10**9)

    def test_codes_of_nothing(self, stylizer, photo):
        code = stylizer.preset_code("dusk").copy()
        with pytest.raises(StyleError, match="expected 18"):
            stylizer.stylize(photo, code[:-1])
        code[0] = np.nan
        with pytest.raises(StyleError, match="not finite"):
            stylizer.stylize(photo, code)

    @pytest.mark.parametrize("style", [7, None, {"dusk": 1}, ["dusk"], [("dusk", "much")], object()])
    def test_what_is_no_style(self, stylizer, photo, style):
        with pytest.raises(StyleError, match="expected a style code"):
            stylizer.stylize(photo, style)

    def test_unknown_names(self, stylizer, photo):
        with pytest.raises(UnknownName, match="did you mean 'sea-foam'"):
            stylizer.stylize(photo, "seafoam")
        with pytest.raises(UnknownName, match="no model named 'defualt'; did you mean 'default'"):
            Stylizer.load("defualt")

    def test_an_empty_mixture(self, stylizer, photo):
        with pytest.raises(ImpastoError):
            stylizer.stylize(photo, [])

    def test_an_engine_that_fails(self, stylizer, photo, monkeypatch):
        def fail(**_):
            raise EngineError("out of memory")

        monkeypatch.setattr(stylizer._plain, "_graph", fail)
        with pytest.raises(EngineError):
            stylizer.stylize(photo, "dusk")


def test_codes_are_saved_and_loaded(stylizer, artwork, tmp_path):
    code = stylizer.encode_style(artwork)
    stylizer.save_code(tmp_path / "artwork.npz", code)
    assert np.array_equal(stylizer.load_code(tmp_path / "artwork.npz"), code)


def test_presets_say_what_they_are(stylizer):
    assert [preset.name for preset in stylizer.presets] == ["dusk", "noon", "sea-foam"]
    assert stylizer.presets[0].artist == "Nobody"
    assert stylizer.manifest.name == "toy"
