"""A photo, two styles and a network that is loaded once; layers so early that everything may be small."""

from __future__ import annotations

import pytest

from impasto.optimize import OptimizeOptions, Painting
from impasto.optimize.painting import load_network

TINY = {
    "size": 48,
    "first_size": 48,
    "steps": 4,
    "content_layer": ("relu2_1",),
    "style_layer": ("relu1_1", "relu2_1"),
    "tv_weight": 0.0,
    "precision": "fp32",
}


@pytest.fixture(scope="session")
def network():
    return load_network(OptimizeOptions(precision="fp32"))


@pytest.fixture(scope="session")
def pictures(draw):
    """A photo 60×80 and two styles."""
    return draw(1, 60, 80), draw(2, 64, 48), 255 - draw(3, 48, 56)


@pytest.fixture
def paint(network, pictures):
    """A painting of the photo in the first style (or others), with tiny options."""

    def paint(styles=None, start=None, photo=None, **options):
        return Painting(
            pictures[0] if photo is None else photo,
            [pictures[1]] if styles is None else styles,
            OptimizeOptions(**{**TINY, **options}),
            start=start,
            network=network,
        )

    return paint
