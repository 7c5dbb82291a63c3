"""Where a recipe computes, and in which numbers."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import UsageError
from impasto.training import arithmetic
from impasto.training.arithmetic import Arithmetic, fast_type
from impasto.training.families import FAMILIES, FIXED
from impasto.training.family_options import CinOptions
from impasto.training.session import Session

SMALL = {
    "default": {"width": 8, "bottleneck": 16, "temporal_weight": 1.0},
    "johnson": {"width": 4, "blocks": 1, "norm": "batch"},
    "cin": {"width": 4, "blocks": 1},
    "adain": {"width": 8, "encoder_norm": "batch", "identity_weight": 1.0, "identity_feature_weight": 1.0},
    "ghiasi": {"width": 4, "blocks": 1},
    "stytr2": {"width": 8, "heads": 2, "hidden": 8, "decoder_width": 4},
}
CPU = torch.device("cpu")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_is_computed_on_the_device_alone(family, picture_folders, tmp_path, monkeypatch):
    """torch's meta device refuses to be mixed with the processor, as a graphics card does, and needs no card."""
    content, style = picture_folders
    if family == "johnson":
        style = min(style.iterdir())
    monkeypatch.setattr(Arithmetic, "of", lambda _: Arithmetic(torch.device("meta"), torch.float32))
    # What meta tensors hold cannot be measured.
    monkeypatch.setattr("impasto.models.style_encoder.StyleEncoder.standardise", lambda *_: None)
    options = FAMILIES[family].options(batch=2, crop=64, preview_steps=0, **SMALL[family])
    session = Session.start(content, style, tmp_path / "run", options)
    recipe = session.recipe
    terms = recipe.terms(recipe.batch(0, 0.9))
    torch.stack([recipe.weights[name] * term for name, term in terms.items()]).sum().backward()
    assert {term.device.type for term in terms.values()} == {"meta"}
    assert any(one.grad is not None for one in recipe.model.parameters())
    assert all(one.grad is None or one.grad.device.type == "meta" for one in recipe.model.parameters())
    assert (family in FIXED) == ("styles" in recipe.notes)


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UsageError, match="device is 'cuda', but torch finds only cpu here: give one of these, or auto"):
        Arithmetic.of(CinOptions(device="cuda"))
    assert Arithmetic.of(CinOptions(device="auto")).device == CPU


def test_each_process_takes_a_card_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(arithmetic, "fast_type", lambda _: torch.bfloat16)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert Arithmetic.of(CinOptions()) == Arithmetic(torch.device("cuda", 1), torch.bfloat16)
    assert Arithmetic.of(CinOptions(device="cpu")).device == CPU


@pytest.mark.parametrize(
    ("precision", "expected"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("auto", fast_type(CPU))]
)
def test_precision_is_what_networks_multiply(precision, expected):
    found = Arithmetic.of(CinOptions(device="cpu", precision=precision))
    network = torch.nn.Conv2d(3, 4, 1)
    with found.autocast():
        assert found.placed(network)(torch.ones(1, 3, 2, 2)).dtype == expected
    assert network.weight.dtype == torch.float32
    assert found.frozen(network).weight.dtype == expected
