"""The modules that are exported compute what was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto import losses
from impasto.export.folder import write_manifest
from impasto.export.graphs import EncodeStyle, Measure, Paint, PaintFixed
from impasto.export.model_folder import write_painter
from impasto.export.reach import measure_halo
from impasto.inference.engine import open_engine
from impasto.inference.parts import PartPainter
from impasto.models.painter import Painter, PainterConfig
from impasto.models.style_encoder import MOMENT_LAYERS, MOMENTS, StyleEncoder, moments_vector
from impasto.nn.border import from_border, to_border
from impasto.nn.vgg_weights import channel_means, load_vgg19
from impasto.weights.manifest import read_manifest


@pytest.mark.parametrize("shape", [(64, 64), (56, 90)])
@torch.no_grad()
def test_codes_are_those_of_training(draw, shape):
    """Training looks with the normalised VGG, the exported encoder with the raw one."""
    torch.manual_seed(0)
    encoder = StyleEncoder(8)
    encoder.standardise(torch.rand(9, MOMENTS))
    picture = torch.from_numpy(draw(1, *shape))[None]
    features = load_vgg19()(from_border(picture), MOMENT_LAYERS)
    expected = encoder(moments_vector({layer: losses.statistics(maps) for layer, maps in features.items()}))
    found = EncodeStyle(load_vgg19(normalised=False), channel_means(), encoder)(picture)
    assert (found - expected).abs().mean() < 1e-3 * expected.abs().mean()


def test_the_border_is_crossed_without_loss(draw):
    pixels = torch.from_numpy(draw(1, 16, 24))[None]
    assert torch.equal(to_border(from_border(pixels)), pixels)


def test_what_leaves_the_range_is_clipped():
    pictures = torch.tensor([-0.5, 0.0, 0.4999 / 255, 0.5001 / 255, 1.0, 7.0]).view(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert np.asarray(to_border(pictures))[0, 0, :, 0].tolist() == [0, 0, 0, 1, 255, 255]


class TestParts:
    """What is painted in two steps is what is painted in one, whatever the painter is made of."""

    @pytest.fixture(
        params=[{}, {"deep": 1, "grain": 3, "quarter_blocks": 1}, {"grain": 1, "low_frequency": 32}], ids=str
    )
    def painter(self, request):
        torch.manual_seed(0)
        painter = Painter(PainterConfig(code_size=8, width=8, bottleneck=16, blocks=2, **request.param)).eval()
        for name, one in painter.named_parameters():
            if "affine" in name or name == "stem_grain":
                torch.nn.init.normal_(one, std=0.2)
        return painter

    @pytest.fixture
    def inputs(self, draw):
        return torch.from_numpy(draw(1, 128, 192))[None], torch.randn(1, 8), torch.eye(3, 4)[None]

    @torch.no_grad()
    def test_in_torch(self, painter, inputs):
        content, code, recolor = inputs
        nothing, origin = torch.zeros(1, dtype=torch.int64), torch.zeros(1, 2, dtype=torch.int64)
        modulation = Measure(painter).eval()(content, code, recolor, nothing, origin)
        fixed = PaintFixed(painter).eval()
        assert modulation.shape == (1, fixed.modulation_size)
        found = fixed(content, modulation, recolor, origin).int()
        assert (found - Paint(painter)(content, code, recolor).int()).abs().max() <= 1

    @torch.no_grad()
    def test_parts_count_together_and_their_margin_does_not(self, painter, inputs):
        content, code, recolor = inputs
        measure = Measure(painter).eval()
        origins = torch.zeros(2, 2, dtype=torch.int64)
        one, two = (
            measure(torch.cat([content] * count), code, recolor, torch.zeros(1, dtype=torch.int64), origins[:count])
            for count in (1, 2)
        )
        torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-3)
        assert not torch.allclose(one, measure(content, code, recolor, torch.tensor([32]), origins[:1]), rtol=1e-2)

    @pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
    def test_in_engines_from_shared_weights(self, painter, inputs, engine, tmp_path):
        pytest.importorskip(engine)
        content, code, recolor = inputs
        write_painter(Paint(painter), tmp_path)
        facts = {"name": "a", "interface": 1, "code_size": 8, "multiple": painter.multiple, "minimum": 64}
        facts |= {"style_size": 64, "style_side": "short", "licence": "none", "halo": 64}
        facts["grain"] = painter.config.grain > 0
        (tmp_path / "encode_style.onnx").touch()
        write_manifest(tmp_path, facts)
        manifest = read_manifest(tmp_path)
        parts = PartPainter(manifest, open_engine(engine, precision="fp32", threads=2))
        modulation = parts.measure(content.numpy(), code[0].numpy(), recolor[0].numpy())
        with torch.no_grad():
            whole = Paint(painter)(content, code, recolor)[0].numpy()
        assert np.abs(parts.paint(content[0].numpy(), modulation).astype(int) - whole).mean() < 0.1
        # A right half that knows where it is, beyond what sees its cut.
        half = parts.paint(content[0, :, 32:].numpy(), modulation, (0, 32))
        assert np.abs(half[:, 128:].astype(int) - whole[:, 160:]).mean() < 0.1
        two = parts.measure(np.repeat(content.numpy(), 2, 0), code[0].numpy(), recolor[0].numpy(), places=[(0, 0)] * 2)
        np.testing.assert_allclose(two.norms, modulation.norms, rtol=2e-3, atol=2e-3)

    def test_how_far_it_sees_is_a_multiple(self, painter, draw):
        content = torch.from_numpy(draw(1, 64, 1024))[None]
        halo = measure_halo(painter, content, torch.randn(1, 8))
        assert 32 <= halo < 512
        assert halo % 32 == 0
