from __future__ import annotations

import numpy as np
import pytest

from impasto.inference.stylizer import Stylizer
from impasto.weights.catalog import MODELS

torch = pytest.importorskip("torch")


@pytest.fixture
def node(load, toy_model, monkeypatch):
    monkeypatch.setitem(MODELS, "default", toy_model)
    return load("comfyui/impasto_nodes/__init__.py").NODE_CLASS_MAPPINGS["ImpastoStylize"]


@pytest.fixture
def images(draw):
    return torch.from_numpy(np.stack([draw(seed, 64, 80) for seed in (1, 2)]) / np.float32(255))


def defaults(node):
    """As ComfyUI fills in what is not connected: a list's first entry, a number's default."""
    asked = {name: one for name, one in node.INPUT_TYPES()["required"].items() if name != "image"}
    return {name: one[0][0] if isinstance(one[0], list) else one[1]["default"] for name, one in asked.items()}


def test_a_batch_is_painted_as_python_paints(node, images, toy_model, draw):
    (painted,) = getattr(node(), node.FUNCTION)(image=images, **defaults(node))
    assert (painted.shape, painted.dtype) == (images.shape, images.dtype)
    expected = Stylizer.load(toy_model).stylize(draw(2, 64, 80), "dusk")
    assert np.array_equal((painted[1] * 255).round().to(torch.uint8).numpy(), expected)


def test_a_style_image_wins_and_transparency_is_handed_on(node, images):
    alpha = torch.rand(2, 64, 80, 1)
    (painted,) = node().paint(torch.cat([images, alpha], dim=-1), **defaults(node), style_image=images[1:])
    assert torch.equal(painted[..., 3:], alpha)
    assert not torch.equal(painted[..., :3], node().paint(images, **defaults(node))[0])


def test_what_cannot_be_done_is_one_sentence(node, images):
    with pytest.raises(ValueError, match="there is no style named 'nosuch'"):
        node().paint(images, **{**defaults(node), "style": "nosuch"})
