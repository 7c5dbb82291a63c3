from __future__ import annotations

import pickle

import pytest

from impasto import errors
from impasto.errors import ImpastoError, MissingExtra, UnknownName, UsageError


def test_every_error_is_exported_has_one_root_and_stands_in_the_tree():
    classes = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
    classes = {name: value for name, value in classes.items() if issubclass(value, Exception)}
    assert sorted(classes) == errors.__all__
    for name, value in classes.items():
        assert issubclass(value, ImpastoError)
        assert value.__doc__
        assert name in errors.__doc__


def test_builtin_parents_let_plain_python_catch_them():
    assert issubclass(UsageError, ValueError)
    assert issubclass(MissingExtra, ImportError)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("stary-night", "did you mean 'starry-night'?"),
        ("STARRY", "did you mean 'starry-night'?"),
        ("wave", "did you mean 'great-wave' or 'small_waves'?"),
        ("qqq", "run 'impasto styles'."),
    ],
)
def test_near_misses_are_suggested(given, expected):
    error = UnknownName(
        "style", given, ["starry-night", "great-wave", "small_waves", "sunflowers"], "run 'impasto styles'"
    )
    assert str(error) == f"there is no style named {given!r}; {expected}"


def test_without_a_remedy_the_known_names_are_listed():
    assert str(UnknownName("engine", "qqq", ["b", "a"])) == "there is no engine named 'qqq'; known: a, b."
    assert str(UnknownName("engine", "qqq", [])) == "there is no engine named 'qqq'; none exist."


def test_a_missing_extra_prints_its_command():
    assert "pip install 'impasto[train]'" in str(MissingExtra("train", "training"))


@pytest.mark.parametrize(
    "error", [UnknownName("style", "stary", ["starry"], "x"), MissingExtra("train", "training"), UsageError("no")]
)
def test_errors_cross_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
