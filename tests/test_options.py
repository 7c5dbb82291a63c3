from __future__ import annotations

import dataclasses

import pytest

from impasto.errors import UsageError
from impasto.options import EncodeOptions, EngineOptions, StylizeOptions, describe


@pytest.mark.parametrize("options", [EngineOptions, EncodeOptions, StylizeOptions])
def test_every_option_is_described_for_people_and_programs(options):
    described = {one.name: one for one in describe(options)}
    assert set(described) == {field.name for field in dataclasses.fields(options)}
    for one in described.values():
        assert one.doc
        assert not one.doc.endswith(".")
        assert one.kind in {str, int, float, bool}


def test_a_verbs_own_options_come_before_the_engines():
    names = [one.name for one in describe(StylizeOptions)]
    assert names[0] == "style"
    assert names.index("quality") < names.index("model")


def test_defaults_are_valid_and_options_never_change():
    options = StylizeOptions(style=("dusk",))
    assert options.strength == 1
    assert options.size is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.strength = 0.5


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("strength", 1.5, "a number from 0 to 1"),
        ("strength", float("nan"), "a number from 0 to 1"),
        ("strength", "much", "a number from 0 to 1"),
        ("strength", True, "a number from 0 to 1"),
        ("strength", None, "a number from 0 to 1"),
        ("size", 0, "a whole number of at least 1"),
        ("size", 12.5, "a whole number of at least 1"),
        ("style_size", 31, "a whole number from 32 to 4096"),
        ("threads", 0, "a whole number from 1 to 1024"),
        ("quality", 101, "a whole number from 1 to 100"),
        ("engine", "torch", "one of auto, openvino, onnxruntime"),
        ("device", "tpu", "one of auto, cpu"),
        ("preserve_color", "yes", "true or false"),
        ("model", 3, "text"),
        ("style", "dusk", "a tuple of str"),
        ("style", (1,), "text"),
        ("style", (), "at least one"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_was_expected(name, value, expected):
    with pytest.raises(UsageError, match=f"^{name} is .*{expected}"):
        StylizeOptions(**{"style": ("dusk",), name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("strength", 0), ("strength", 1), ("size", 1), ("size", None), ("threads", None)]
)
def test_bounds_are_inclusive_and_absence_is_allowed_where_it_means_something(name, value):
    assert getattr(StylizeOptions(**{"style": ("dusk",), name: value}), name) == value
