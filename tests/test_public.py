from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import impasto
from impasto import errors

PUBLIC = {
    "CheckpointError",
    "EngineError",
    "ImageError",
    "ImpastoError",
    "LookOptions",
    "MissingExtra",
    "OptimizeError",
    "OutputExists",
    "Picture",
    "PictureTooLarge",
    "Preset",
    "StyleError",
    "StylizeOptions",
    "Stylizer",
    "TrainingError",
    "UnknownName",
    "UsageError",
    "VideoError",
    "WeightsError",
    "__version__",
    "compose",
    "paint_files",
    "read_picture",
    "write_picture",
}


def test_the_public_names_do_not_shrink_by_accident():
    assert set(impasto.__all__) >= PUBLIC
    assert set(dir(impasto)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_exists_and_says_what_it_is(name):
    value = getattr(impasto, name)
    assert value
    if name != "__version__":
        assert inspect.getdoc(value)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(impasto.__file__).read_text(encoding="utf-8"))
    (guard,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.name for node in guard.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported == set(impasto.__all__) - {"__version__"}


def test_every_error_is_public():
    assert set(errors.__all__) <= set(impasto.__all__)


def test_other_names_do_not_exist():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = impasto.nonsense
