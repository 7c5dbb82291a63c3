import math

import pytest
import torch

from impasto.losses.temporal import carried, temporal_loss

STILL = torch.eye(2, 3)[None]


def waves(side=48):
    y, x = torch.meshgrid(torch.arange(side) / 6, torch.arange(side) / 6, indexing="ij")
    return torch.stack([x.sin() * y.cos(), (x + y).sin(), y.sin()])[None] / 2 + 0.5


def test_what_does_not_move_stays():
    moved, known = carried(waves(), STILL)
    torch.testing.assert_close(moved, waves(), atol=1e-5, rtol=0)
    assert known.all()


def test_a_shift_by_whole_pixels_shifts_and_uncovers_the_border():
    side, shift = 48, 4
    motion = STILL.clone()
    motion[:, 0, 2] = 2 * shift / side
    moved, known = carried(waves(), motion)
    torch.testing.assert_close(moved[..., : side - shift], waves()[..., shift:], atol=1e-4, rtol=0)
    assert known[..., : side - shift].all()
    assert not known[..., side - shift :].any()


def test_the_loss_is_nought_for_what_moved_along_and_counts_only_what_is_known():
    moved, known = carried(waves(), STILL)
    assert temporal_loss(moved, moved, known).item() == 0
    known[..., 24:] = 0
    other = moved.clone()
    other[..., 24:] += 1
    assert temporal_loss(other, moved, known).item() == 0
    other[..., :24] += 0.5
    assert temporal_loss(other, moved, known).item() == pytest.approx(0.25, abs=1e-5)


def test_its_gradient_reaches_both_pictures():
    torch.manual_seed(0)
    angle = math.radians(5)
    motion = torch.tensor([[[math.cos(angle), -math.sin(angle), 0.1], [math.sin(angle), math.cos(angle), 0.0]]])
    one, other = (torch.rand(1, 3, 6, 6, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def loss(one, other):
        moved, known = carried(other, motion.double())
        return temporal_loss(one, moved, known)

    assert torch.autograd.gradcheck(loss, (one, other))
