"""What the base install takes on the disk."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

import impasto

MOST_MEGABYTES = 320  # without pip and compiled bytecode


def packages_below(name, found):
    """The distributions that one needs without extras, itself too."""
    if name not in found:
        found[name] = metadata.distribution(name)
        for line in found[name].requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                packages_below(needed.name.lower(), found)
    return found


def test_the_base_install_stays_small():
    others = packages_below("impasto", {})
    del others["impasto"]  # which may be installed as a link to its source
    assert {"numpy", "pillow", "click", "rich"} <= set(others)
    assert not {"torch", "scipy", "opencv-python-headless"} & set(others)
    files = [Path(file.locate()) for one in others.values() for file in one.files or []]
    files += Path(impasto.__file__).parent.rglob("*")
    total = sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc")
    assert total < MOST_MEGABYTES * 1e6, f"{total / 1e6:.0f} MB"
