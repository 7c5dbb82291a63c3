from __future__ import annotations

import numpy as np
import pytest

from impasto import Picture, read_picture, write_picture


def test_a_picture_is_written_with_all_that_it_holds(tmp_path):
    alpha = np.arange(20, dtype=np.uint8).reshape(4, 5)
    picture = Picture(np.full((4, 5, 3), 90, np.uint8), alpha=alpha, dpi=(300.0, 300.0))
    write_picture(tmp_path / "all.png", picture)
    again = read_picture(tmp_path / "all.png")
    assert np.array_equal(again.pixels, picture.pixels)
    assert np.array_equal(again.alpha, alpha)
    assert again.dpi == pytest.approx((300, 300), abs=0.1)
