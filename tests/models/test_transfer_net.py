"""Johnson's network: as many parameters as the paper's, and every choice paints."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from impasto.models.style_bank import StyleBank, with_more_styles
from impasto.models.transfer_net import TransferNet, TransferNetConfig

SMALL = TransferNetConfig(width=4, blocks=1)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def pictures(height=32, width=40, number=1):
    return torch.rand(number, 3, height, width, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
def test_convolutions_have_as_many_parameters_as_the_papers(upsampling):
    net = TransferNet(TransferNetConfig(upsampling=upsampling))
    assert count(net.stem.conv) == 7_808
    assert [count(down.conv) for down in net.down] == [18_496, 73_856]
    assert [[count(block.first.conv), count(block.second.conv)] for block in net.blocks] == [[147_584, 147_584]] * 5
    assert [count(up.conv) for up in net.up] == [73_792, 18_464]
    assert count(net.draw) == 7_779
    assert count(net) == 1_676_035 + net.modulation_size == 1_679_235


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_every_choice_paints_and_learns(norm, upsampling, padding):
    net = TransferNet(replace(SMALL, norm=norm, upsampling=upsampling, padding=padding))
    pastiche = net(pictures())
    assert pastiche.shape == (1, 3, 32, 40)
    pastiche.square().mean().backward()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in net.parameters())


@pytest.mark.parametrize(("output", "low", "high"), [("tanh", -0.1, 1.1), ("sigmoid", 0, 1), ("clamp", -50, 50)])
@torch.no_grad()
def test_outputs_are_bounded_as_they_say(output, low, high):
    net = TransferNet(replace(SMALL, output=output))
    net.draw.bias.fill_(-40.0)
    assert net(pictures()).min() == pytest.approx(low, abs=15 if output == "clamp" else 1e-3)
    net.draw.bias.fill_(40.0)
    assert net(pictures()).max() == pytest.approx(high, abs=15 if output == "clamp" else 1e-3)


@torch.no_grad()
def test_the_neutral_modulation_is_plain_instance_normalisation():
    plain, conditional = TransferNet(SMALL), TransferNet(replace(SMALL, norm="conditional"))
    conditional.load_state_dict({name: one for name, one in plain.state_dict().items() if ".norm." not in name})
    given = conditional(pictures(), conditional.neutral()[None])
    torch.testing.assert_close(given, plain(pictures()), rtol=1e-4, atol=1e-5)


class TestStyleBank:
    @pytest.fixture
    def bank(self):
        torch.manual_seed(1)
        bank = StyleBank(replace(SMALL, norm="conditional"), 2)
        with torch.no_grad():
            bank.table += torch.randn(bank.table.shape) / 4
        return bank

    @torch.no_grad()
    def test_shares_mix_scales_and_shifts(self, bank):
        content = pictures()
        mixed = bank(content, torch.tensor([[0.25, 0.75]]))
        expected = bank.net(content, 0.25 * bank.table[:1] + 0.75 * bank.table[1:])
        torch.testing.assert_close(mixed, expected, rtol=1e-4, atol=1e-5)
        assert (bank(content, torch.eye(2)[:1]) - bank(content, torch.eye(2)[1:])).abs().mean() > 1e-3

    def test_a_style_more_has_3200_numbers_and_changes_nothing_else(self, bank):
        assert StyleBank(TransferNetConfig(norm="conditional"), 1).table.numel() == 3_200
        more = StyleBank(bank.net.config, 1, fixed=2)
        more.load_state_dict(with_more_styles(bank.state_dict(), 1))
        assert [name for name, one in more.named_parameters() if one.requires_grad] == ["table"]
        torch.testing.assert_close(more.table[0], bank.table.mean(0))
        with torch.no_grad():
            old, new = bank(pictures(), torch.eye(2)[1:]), more(pictures(), torch.eye(3)[1:2])
        assert torch.equal(old, new)
