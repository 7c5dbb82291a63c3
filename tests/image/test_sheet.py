from __future__ import annotations

import numpy as np
import pytest

from impasto.errors import UsageError
from impasto.image.sheet import contact_sheet


def cell(label, height, width, color):
    return label, np.full((height, width, 3), color, np.uint8)


def test_every_picture_is_on_the_sheet_in_order():
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    sheet = contact_sheet([cell(str(n), 40, 60, color) for n, color in enumerate(colors)], columns=3)
    places = [np.argwhere((sheet == color).all(-1)) for color in colors]
    assert all(len(place) == 40 * 60 for place in places)
    assert [place[:, 1].min() for place in places] == sorted(place[:, 1].min() for place in places)


def test_labels_are_written_below():
    blank = contact_sheet([cell("", 40, 200, (255, 0, 0))])
    labelled = contact_sheet([cell("starry-night", 40, 200, (255, 0, 0))])
    differing = np.argwhere((blank != labelled).any(-1))
    assert len(differing) > 0
    assert differing[:, 0].min() > np.argwhere((blank == (255, 0, 0)).all(-1))[:, 0].max()


def test_large_pictures_are_shrunk_and_shapes_may_differ():
    sheet = contact_sheet([cell("a", 1000, 500, 0), cell("b", 20, 30, 0), cell("c", 100, 400, 0)], side=100)
    assert sheet.dtype == np.uint8
    assert max(sheet.shape) < 350


def test_nothing_cannot_be_laid_out():
    with pytest.raises(UsageError):
        contact_sheet([])
