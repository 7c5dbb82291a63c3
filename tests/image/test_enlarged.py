"""A picture seen larger: the same as if it had been enlarged as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.export.probe import probe
from impasto.image.regions import Enlarged
from impasto.image.resize import resize


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "region", [(slice(0, 90), slice(0, 130)), (slice(33, 71), slice(57, 58)), (slice(80, 90), slice(0, 13))]
)
def test_a_region_is_a_part_of_the_whole(dtype, region):
    pixels = probe(60, 80, seed=0).astype(dtype) * (1 if dtype == np.uint8 else 257)
    whole = resize(pixels, 90, 130).astype(float)
    found = Enlarged(pixels, 90, 130)[region]
    assert found.dtype == dtype
    assert found.shape == whole[region].shape
    assert np.abs(found - whole[region]).max() <= (1 if dtype == np.uint8 else 257)


def test_an_empty_region_is_empty():
    assert Enlarged(probe(60, 80, seed=0), 90, 130)[5:5, 3:9].shape == (0, 6, 3)
