"""What tests of several verbs need."""

from __future__ import annotations

import pytest
from PIL import Image

from impasto.cli.main import main


@pytest.fixture
def run(capsys):
    """Run a command in this process; gives its exit code and what it printed."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def saved(photo):
    """The photo, also in the current folder as ``photo.png``."""
    Image.fromarray(photo).save("photo.png")
    return photo
