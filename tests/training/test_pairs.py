"""Batches and views as the options ask for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impasto.training.augmentation import Augmentation
from impasto.training.data import PictureFolder
from impasto.training.fixed_styles import style_names
from impasto.training.pairs import Pairs


@pytest.fixture(scope="module")
def pairs(picture_folders):
    return Pairs(*(PictureFolder.load(folder) for folder in picture_folders), 3, Augmentation())


def test_a_batch_depends_on_the_seed_and_the_step_alone(pairs):
    first, again, later = pairs.draw(5, 2, 64), pairs.draw(5, 2, 64), pairs.draw(6, 2, 64)
    np.testing.assert_array_equal(first.content, again.content)
    np.testing.assert_array_equal(first.style, again.style)
    assert not np.array_equal(first.content, later.content)
    assert not np.array_equal(first.content, replace(pairs, seed=4).draw(5, 2, 64).content)


def test_views_of_styles_are_drawn_if_asked_for(pairs):
    batch = pairs.draw(0, 3, 96)
    assert batch.content.shape == batch.style.shape == (3, 96, 96, 3)
    assert replace(pairs, with_views=False).draw(0, 3, 96).style is None


class TestAugmentation:
    @pytest.fixture
    def picture(self):
        rows, columns = np.mgrid[:100, :120]
        return np.stack([rows * 2, columns * 2, np.full_like(rows, 80)], axis=-1).astype(np.uint8)

    def views(self, picture, side=32, **options):
        rng = np.random.default_rng(0)
        augmentation = Augmentation(**options)
        return [augmentation.view(picture, side, rng, recolor=True) for _ in range(30)]

    def test_without_chance_of_scale_a_crop_is_a_part_of_the_picture(self, picture):
        for view in self.views(picture, scale=1.0, flip=False):
            top, left = view[0, 0, 0] // 2, view[0, 0, 1] // 2
            np.testing.assert_array_equal(view, picture[top : top + 32, left : left + 32])

    def test_crops_show_up_to_so_many_times_their_side(self, picture):
        spans = [(int(view[:, 0, 0].max()) - int(view[:, 0, 0].min())) / 2 for view in self.views(picture, scale=3.0)]
        assert min(spans) < 40
        assert 60 < max(spans) <= 100

    def test_half_are_mirrored(self, picture):
        mirrored = [bool(view[0, 0, 1] > view[0, -1, 1]) for view in self.views(picture)]
        assert 8 < sum(mirrored) < 22
        assert not any(view[0, 0, 1] > view[0, -1, 1] for view in self.views(picture, flip=False))

    def test_colours_change_if_asked_for(self, picture):
        assert {int(view[0, 0, 2]) for view in self.views(picture, scale=1.0)} == {80}
        assert len({int(view[0, 0, 2]) for view in self.views(picture, scale=1.0, color=0.3)}) > 5

    def test_a_small_picture_is_enlarged(self, picture):
        assert self.views(picture, side=128)[0].shape == (128, 128, 3)


def test_styles_are_named_after_their_files_each_but_once():
    folder = PictureFolder([np.zeros((1, 1, 3), np.uint8)] * 4, [], ["Great Wave", "great_wave", "été", "---"])
    assert style_names(folder) == ["great-wave", "great-wave-2", "t", "style"]
    assert style_names(folder, ["t"])[2] == "t-2"


def test_a_single_picture_is_a_folder_of_one(picture_folders):
    found = PictureFolder.load(picture_folders[1] / "2.png")
    assert (len(found), found.names, found.skipped) == (1, ["2"], [])
