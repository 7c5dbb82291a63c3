"""Every family's run becomes a model that paints; what one of them cannot do, it says."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnx
import pytest
from PIL import Image

from impasto.errors import PictureTooLarge, StyleError, TrainingError, UsageError
from impasto.export import family_folder, parity
from impasto.export.family_models import exported
from impasto.export.model_folder import export_run
from impasto.export.openvino_ir import write_ir
from impasto.inference.compose import compose
from impasto.inference.engine import installed_engines
from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions
from impasto.training import checkpoint
from impasto.weights.catalog import find_model

NAMES = ("johnson", "cin", "adain", "ghiasi", "stytr2")
LEARNT = {"johnson": ["1"], "cin": ["0", "1", "2"]}


@pytest.fixture(scope="module")
def stylizers(family_models):
    class Loaded(dict):
        def __missing__(self, name):
            self[name] = Stylizer.load(family_models[name], precision="fp32")
            return self[name]

    return Loaded()


@pytest.fixture(autouse=True)
def untimed(monkeypatch):
    """How long a photo takes is measured in the test of the command line."""
    monkeypatch.setattr(family_folder, "paint_milliseconds", lambda _: {})


def style_for(name, draw):
    return LEARNT[name][-1] if name in LEARNT else draw(2, 90, 80)


@pytest.mark.parametrize("name", NAMES)
class TestEveryFamily:
    def test_its_manifest_tells_it_apart_and_holds_its_parity(self, name, family_models):
        manifest = find_model(family_models[name])
        assert (manifest.name, manifest.family) == (f"my-{name}", name)
        assert manifest.encodes == (name not in LEARNT)
        assert not manifest.paints_parts
        found = manifest.quality["parity"]
        assert {one["engine"] for one in found} == set(installed_engines())
        assert all(one["pastiche"] <= 1e-3 for one in found if one["precision"] == "fp32")
        assert manifest.quality["speed"]["milliseconds_512"] == 41.5
        assert "/" not in json.dumps(dict(manifest.training))

    def test_it_paints_photos_of_any_size(self, name, stylizers, draw):
        photo = draw(1, 70, 101)
        pastiche = stylizers[name].stylize(photo, style_for(name, draw))
        assert (pastiche.shape, pastiche.dtype) == (photo.shape, np.uint8)
        assert np.abs(pastiche.astype(int) - photo).mean() > 3

    def test_less_strength_leaves_more_of_the_photo(self, name, stylizers, draw):
        photo, style = draw(1, 70, 101), style_for(name, draw)
        off = [
            np.abs(stylizers[name].stylize(photo, style, strength=strength).astype(int) - photo).mean()
            for strength in (0.0, 0.5, 1.0)
        ]
        assert off[0] == 0
        assert off[1] < off[2]

    def test_16_bits_are_painted_as_8_are(self, name, stylizers, draw):
        photo, style = draw(1, 64, 72), style_for(name, draw)
        deep = stylizers[name].stylize(photo.astype(np.uint16) * 257, style)
        assert deep.dtype == np.uint16
        assert np.abs(deep / 257 - stylizers[name].stylize(photo, style)).mean() < 1

    def test_a_palette_of_its_own_is_refused(self, name, stylizers, draw):
        style = style_for(name, draw)
        with pytest.raises(StyleError, match="does not take colours apart from strokes; leave out --palette"):
            compose(stylizers[name], draw(1, 64, 64), style, palette=style)


@pytest.mark.parametrize("name", LEARNT)
class TestStylesLearntByHeart:
    def test_they_are_its_presets(self, name, stylizers):
        presets = stylizers[name].presets
        assert [one.name for one in presets] == LEARNT[name]
        with Image.open(presets[0].thumbnail) as thumbnail:
            assert thumbnail.size == (192, 192)

    def test_a_picture_is_no_style_and_the_names_are_told(self, name, stylizers, draw):
        with pytest.raises(StyleError, match=rf"no code for a picture's style.* \({', '.join(LEARNT[name])}\)"):
            stylizers[name].encode_style(draw(2, 64, 64))

    def test_their_colours_are_the_artworks(self, name, stylizers, picture_folders):
        with Image.open(picture_folders[1] / f"{LEARNT[name][-1]}.png") as artwork:
            mean = np.asarray(artwork).mean((0, 1)) / 255
        np.testing.assert_allclose(stylizers[name].preset_code(LEARNT[name][-1])[-12:-9], mean, atol=1e-3)

    def test_local_strength_lets_the_photo_show_through(self, name, stylizers, draw):
        photo = draw(1, 64, 64)
        painted = compose(stylizers[name], photo, LEARNT[name][-1], look=LookOptions(strength=0.25))
        full = stylizers[name].stylize(photo, LEARNT[name][-1])
        np.testing.assert_allclose(painted, 0.75 * photo + 0.25 * full, atol=1)


def test_a_network_of_one_style_takes_nothing_but_the_photo(family_models):
    graph = onnx.load(family_models["johnson"] / "paint.onnx").graph
    assert [one.name for one in graph.input] == ["content"]
    assert "Johnson" not in find_model(family_models["johnson"]).licence


def test_cins_codes_are_shares_that_mix(stylizers, draw):
    stylizer, photo = stylizers["cin"], draw(1, 64, 64)
    first, second = (stylizer.preset_code(name) for name in ("0", "1"))
    assert first[:3].tolist() == [1, 0, 0]
    half = stylizer.mix([first, second])
    assert half[:3].tolist() == [0.5, 0.5, 0]
    assert np.abs(stylizer.stylize(photo, half).astype(int) - stylizer.stylize(photo, first)).mean() > 0.1


def test_titles_of_styles_come_from_a_table(family_runs, tmp_path, draw):
    (tmp_path / "art").mkdir()
    Image.fromarray(draw(3, 80, 90)).save(tmp_path / "art" / "1.jpg")
    (tmp_path / "art" / "presets.tsv").write_text("slug\ttitle\tartist\tyear of work\n1\tRed Hills\tA. Painter\t1900\n")
    export_run(family_runs["cin"], tmp_path / "model", name="bank", presets=tmp_path / "art")
    titles = [(one.title, one.artist) for one in Stylizer.load(tmp_path / "model").presets]
    assert titles == [("0", ""), ("Red Hills", "A. Painter"), ("2", "")]


class TestAdaIN:
    def test_its_graphs_hold_vgg_in_bytes(self, family_models):
        assert (family_models["adain"] / "encode_style.onnx").stat().st_size < 4_000_000
        assert "CC BY 4.0" in find_model(family_models["adain"]).licence

    def test_styles_mix(self, stylizers, draw):
        stylizer = stylizers["adain"]
        codes = [stylizer.encode_style(draw(seed, 80, 90)) for seed in (2, 3)]
        mixed = stylizer.resolve([(codes[0], 1), (codes[1], 3)])
        np.testing.assert_allclose(mixed, 0.25 * codes[0] + 0.75 * codes[1], rtol=1e-5, atol=1e-6)

    @pytest.mark.thorough
    def test_an_encoder_with_batch_normalisation_is_folded_in(self, start_family, tmp_path, draw):
        session = start_family("adain", tmp_path / "run", encoder_norm="batch", steps=1)
        list(session.train())
        model = exported(checkpoint.load(tmp_path / "run"))
        export_run(tmp_path / "run", tmp_path / "model")  # which checks the parity
        code = Stylizer.load(tmp_path / "model", precision="fp32").encode_style(draw(2, 384, 384))
        assert model.code_size == 1024 == len(code) - 12


class TestStyTr2:
    def test_styles_do_not_mix(self, stylizers, draw):
        code = stylizers["stytr2"].encode_style(draw(2, 80, 90))
        with pytest.raises(StyleError, match="cannot mix styles, as a mean of its codes means nothing"):
            stylizers["stytr2"].stylize(draw(1, 64, 64), [(code, 1), (code, 1)])

    def test_styles_are_seen_at_one_size(self, stylizers, draw):
        with pytest.raises(UsageError, match="sees styles at 64 pixels only"):
            stylizers["stytr2"].encode_style(draw(2, 80, 90), size=96)

    def test_a_picture_of_too_many_patches_is_refused(self, stylizers):
        with pytest.raises(PictureTooLarge, match=r"more than the 524,288 that the model .* can paint"):
            stylizers["stytr2"].stylize(
                np.zeros((800, 800, 3), np.uint8), stylizers["stytr2"].encode_style(np.zeros((64, 64, 3), np.uint8))
            )

    def test_a_code_survives_being_saved(self, stylizers, tmp_path, draw):
        code = stylizers["stytr2"].encode_style(draw(2, 80, 90))
        stylizers["stytr2"].save_code(tmp_path / "code.npz", code)
        np.testing.assert_array_equal(stylizers["stytr2"].load_code(tmp_path / "code.npz"), code)


def test_ghiasis_predictor_on_efficientnet_is_exported_too(start_family, tmp_path):
    list(start_family("ghiasi", tmp_path / "run", predictor="efficientnet", steps=1).train())
    export_run(tmp_path / "run", tmp_path / "model")
    manifest = find_model(tmp_path / "model")
    assert (manifest.style_side, manifest.style_size) == ("square", 256)
    assert "EfficientNet" in manifest.licence


def test_openvinos_own_format_paints_the_same(family_models, tmp_path, draw):
    import openvino

    folder = shutil.copytree(family_models["ghiasi"], tmp_path / "model")
    assert [path.name for path in write_ir(folder)] == ["encode_style.xml", "paint.xml"]
    write_ir(folder)  # again, in its place
    assert not list(folder.glob("*.part"))
    stylizer, photo = Stylizer.load(folder, precision="fp32"), draw(1, 64, 72)
    code = stylizer.encode_style(draw(2, 64, 64))
    core = openvino.Core()
    paint = core.compile_model(
        core.read_model(folder / "openvino" / "paint.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    (painted,) = paint({"content": photo[None], "code": code[None, :8]}).values()
    assert np.abs(painted[0].astype(int) - stylizer.stylize(photo, code)).mean() < 0.5


class TestReplacing:
    def test_a_model_that_does_not_reproduce_torch_is_not_exported(
        self, family_runs, family_models, tmp_path, monkeypatch
    ):
        shutil.copytree(family_models["johnson"], tmp_path / "model")
        before = (tmp_path / "model" / "manifest.json").read_bytes()
        monkeypatch.setattr(parity, "FAMILY_LIMITS", {"fp32": (1.0, -1.0), "auto": (1.0, -1.0)})
        with pytest.raises(TrainingError, match=r"\(fp32\) does not reproduce torch: its pastiche differs"):
            export_run(family_runs["johnson"], tmp_path / "model")
        assert (tmp_path / "model" / "manifest.json").read_bytes() == before

    def test_another_familys_model_may_take_its_place(self, family_runs, family_models, tmp_path):
        shutil.copytree(family_models["cin"], tmp_path / "model")
        (tmp_path / "model" / "openvino").mkdir()  # the old one's
        export_run(family_runs["johnson"], tmp_path / "model", name="one")
        assert find_model(tmp_path / "model").family == "johnson"
        assert not (tmp_path / "model" / "openvino").exists()
        assert [one.name for one in Stylizer.load(tmp_path / "model").presets] == ["1"]
