"""Options of a run, which must be written down and read again, by later versions too."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from impasto.errors import UsageError
from impasto.options import describe
from impasto.training.config import DefaultTrainOptions


def test_they_survive_being_written_down():
    options = DefaultTrainOptions(steps=7, minutes=2.5, seed=3)
    assert DefaultTrainOptions.from_dict(json.loads(json.dumps(options.as_dict()))) == options


def test_options_of_other_versions_are_ignored_and_absent_ones_are_the_defaults():
    assert DefaultTrainOptions.from_dict({"steps": 7, "content": "photos"}) == DefaultTrainOptions(steps=7)


@pytest.mark.parametrize("name", ["crop", "small_crop"])
def test_crops_are_multiples_of_32(name):
    with pytest.raises(UsageError, match=f"{name} is 100, expected a multiple of 32"):
        DefaultTrainOptions(**{name: 100})


def test_low_frequencies_are_of_a_side_that_fits():
    with pytest.raises(UsageError, match="low_frequency is 12, expected 4, 8, 16 or 32"):
        DefaultTrainOptions(low_frequency=12)


def test_every_option_has_a_help_text():
    assert all(one.doc for one in describe(DefaultTrainOptions))


def test_reading_options_needs_no_torch():
    """The command line builds its flags from them."""
    code = "import sys, impasto.training.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
