"""Which shapes a batch prepares for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ExifTags, Image

from impasto.batch.job import Job
from impasto.batch.shapes import ENOUGH, MOST, usual_shapes
from impasto.options import LookOptions

LOOK = LookOptions()


@pytest.fixture
def jobs_of(tmp_path):
    """Jobs for photos of these heights and widths, each as often as is said."""

    def made(**counted):
        files = []
        for name, (height, width, count, orientation) in counted.items():
            exif = Image.Exif()
            exif[ExifTags.Base.Orientation] = orientation
            for index in range(count):
                file = tmp_path / f"{index}-{name}.jpg"
                Image.new("RGB", (width, height)).save(file, exif=exif)
                files.append(Job(file, None))
        return files

    return made


def test_only_shapes_of_many_photos_count(jobs_of):
    jobs = jobs_of(wide=(40, 60, ENOUGH, 1), tall=(60, 40, ENOUGH - 1, 1))
    assert usual_shapes(jobs, LOOK) == {(40, 60)}


def test_a_photo_counts_as_it_is_painted(jobs_of):
    jobs = jobs_of(wide=(40, 60, 2, 1), turned=(60, 40, ENOUGH - 2, 6))
    assert usual_shapes(jobs, LOOK) == {(40, 60)}
    assert usual_shapes(jobs, LookOptions(size=30)) == {(20, 30)}
    assert usual_shapes(jobs, LookOptions(stroke=2)) == {(20, 30), (40, 60)}
    assert usual_shapes(jobs_of(large=(1600, 40, ENOUGH, 1)), LOOK) == {(800, 20), (1600, 40)}


def test_the_order_of_the_photos_does_not_matter(jobs_of):
    jobs = jobs_of(**{f"n{side}": (side, 32, ENOUGH, 1) for side in range(32, 32 + 2 * MOST)})
    found = usual_shapes(jobs, LOOK)
    assert len(found) == MOST
    assert usual_shapes(jobs[::-1], LOOK) == found


def test_what_cannot_be_read_counts_for_nothing(jobs_of, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    others = [Job(tmp_path / "text.jpg", None), Job(Path("missing.png"), None), Job(None, None)]
    assert usual_shapes([*others, *jobs_of(wide=(40, 60, ENOUGH, 1))], LOOK) == {(40, 60)}
