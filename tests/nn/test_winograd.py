"""Winograd's 3×3 convolutions compute what torch's do, and so do their gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.nn import winograd
from impasto.nn.winograd import Conv3x3, convolve

SIDES = [(32, 32), (17, 30), (6, 41)]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(found: Tensor, wanted: Tensor) -> None:
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() < 2e-5 * wanted.abs().max()


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize(("height", "width"), SIDES)
def test_results_and_gradients_are_those_of_torch(height: int, width: int, padding: int) -> None:
    x = random(3, 20, height, width).requires_grad_()
    weight = random(12, 20, 3, 3, seed=1).requires_grad_()
    bias = random(12, seed=2).requires_grad_()
    wanted = F.conv2d(x, weight, bias, padding=padding)
    found = convolve(x, weight, bias, padding)
    close(found, wanted)
    of = random(*wanted.shape, seed=3)
    inputs = (x, weight, bias)
    for gradient, known in zip(
        torch.autograd.grad(found, inputs, of), torch.autograd.grad(wanted, inputs, of), strict=True
    ):
        close(gradient, known)


def test_more_tiles_than_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x, weight = random(5, 8, 40, 24), random(8, 8, 3, 3, seed=1)
    whole = convolve(x, weight)
    for few in (1, 7, 70):
        monkeypatch.setattr(winograd, "TILES_AT_ONCE", few)
        close(convolve(x, weight), whole)


def test_frozen_weights_that_are_written_to_are_transformed_anew() -> None:
    x, weight = random(1, 8, 16, 16), random(8, 8, 3, 3, seed=1)
    before = convolve(x, weight)
    weight.mul_(2)
    close(convolve(x, weight), 2 * before)


@pytest.mark.parametrize("mode", ["zeros", "reflect"])
def test_the_layer_is_torchs_layer(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    layer = Conv3x3(128, 64, padding=1, padding_mode=mode)
    plain = nn.Conv2d(128, 64, 3, padding=1, padding_mode=mode)
    plain.load_state_dict(layer.state_dict())
    taken = []
    monkeypatch.setattr(winograd, "convolve", lambda *given: taken.append(given) or convolve(*given))
    x = random(2, 128, 24, 20)
    close(layer(x), plain(x))
    assert len(taken) == 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_go_torchs_way(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd, "convolve", None)
    layer = Conv3x3(128, 128, padding=1).to(dtype)
    assert layer(random(2, 128, 24, 24).to(dtype)).dtype == dtype
    with torch.autocast("cpu", torch.bfloat16):
        assert Conv3x3(128, 128, padding=1)(random(2, 128, 24, 24)).dtype == torch.bfloat16


def test_small_convolutions_go_torchs_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd, "convolve", None)
    Conv3x3(3, 64, padding=1)(random(1, 3, 64, 64))
    Conv3x3(128, 128, padding=1)(random(1, 128, 8, 8))
    Conv3x3(128, 128, padding=1, stride=2)(random(1, 128, 64, 64))
