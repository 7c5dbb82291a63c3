"""A pastiche refined by optimisation keeps its size and detail, and changes only where it may."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.optimize import OptimizeOptions
from impasto.optimize.refining import Refining, lay_over

TINY = {
    "size": 48,
    "content_layer": ("relu2_1",),
    "style_layer": ("relu1_1", "relu2_1"),
    "tv_weight": 0.0,
    "precision": "fp32",
}


@pytest.fixture
def refine(network, pictures):
    """Refines a picture of 120×160 as a pastiche of the photo, 48 pixels long at most."""
    photo, style, _ = pictures
    before = np.kron(photo, np.ones((2, 2, 1), np.uint8))

    def made(share=None, **options):
        wanted = OptimizeOptions(**{**TINY, "steps": 4, "first_size": 48, **options})
        return before, Refining(photo, [(style, 1.0)], before, wanted, share=share, network=network)

    return made


def test_it_goes_on_from_the_pastiche_through_its_sizes(refine):
    before, refining = refine(steps=4, first_size=30)
    assert np.array_equal(refining.picture, before)
    told = [(refining.steps, refining.size, progress) for progress in refining.progress()]
    assert [size for _, size, _ in told] == [(26, 34)] * 3 + [(36, 48)] * 3
    assert [steps for steps, _, _ in told] == [0, 1, 2, 2, 3, 4]
    assert [progress for *_, progress in told] == pytest.approx([0, 0.25, 0.5, 0.5, 0.75, 1])
    assert refining.picture.shape == before.shape
    assert np.abs(refining.picture.astype(int) - before).mean() > 2


def test_only_its_share_changes(refine):
    share = np.zeros((120, 160), np.float32)
    share[60:] = 1
    before, refining = refine(share)
    list(refining.progress())
    assert np.array_equal(refining.picture[:60], before[:60])
    assert not np.array_equal(refining.picture[60:], before[60:])


def test_what_has_not_changed_keeps_every_detail(draw):
    large, small = draw(1, 90, 130), draw(2, 9, 13)
    assert np.array_equal(lay_over(large, small, small), large)
    brighter = lay_over(np.full_like(large, 100), np.full_like(small, 20), np.full_like(small, 30))
    assert set(brighter.ravel()) == {110}
