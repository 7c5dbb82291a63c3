"""The models that ship: whole, small enough, and each paints in every style it names."""

from __future__ import annotations

import numpy as np
import pytest

from impasto import Stylizer
from impasto.weights.catalog import MODELS, find_model

ALL, LARGEST = 27_000_000, 10_000_000  # all, once 36 presets are learnt; the wheel may have 40 MB


def test_all_of_them_fit_in_a_wheel_and_every_file_in_git():
    sizes = [file.stat().st_size for folder in MODELS.values() for file in folder.rglob("*") if file.is_file()]
    assert sum(sizes) <= ALL
    assert max(sizes) <= LARGEST


@pytest.mark.parametrize("name", MODELS)
def test_files_are_those_of_the_manifest_and_nothing_else(name):
    manifest = find_model(name)
    for file in manifest.files:
        manifest.read(file)
    assert manifest.name == name
    present = {file.name for file in manifest.folder.iterdir() if file.is_file()}
    assert present == {file for file in manifest.files if "/" not in file} | {"manifest.json"}


@pytest.mark.parametrize("name", [name for name in MODELS if name != "default"])
def test_every_preset_paints_a_picture_of_its_own(name, draw):
    stylizer = Stylizer.load(name, precision="fp32")
    photo = draw(5, 64, 80)
    painted = [stylizer.stylize(photo, preset.name) for preset in stylizer.presets]
    for number, one in enumerate(painted):
        assert one.shape == photo.shape
        assert np.abs(one.astype(float) - photo).mean() > 5
        assert not any(np.array_equal(one, other) for other in painted[:number])
