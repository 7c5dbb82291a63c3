from __future__ import annotations

import dataclasses

import pytest

from impasto.errors import UsageError
from impasto.options import EncodeOptions, EngineOptions, SheetOptions, StylizeOptions, describe


@pytest.mark.parametrize("options", [EngineOptions, EncodeOptions, SheetOptions, StylizeOptions])
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
        ("strength", 1.6, "a number from 0 to 1.5"),
        ("strength", float("nan"), "a number from 0 to 1.5"),
        ("strength", "much", "a number from 0 to 1.5"),
        ("strength", True, "a number from 0 to 1.5"),
        ("strength", None, "a number from 0 to 1.5"),
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
        ("stroke", 0.2, "a number from 0.25 to 32"),
        ("color", "photo", "one of style, photo-luminance"),
        ("mask", "a.png=dusk", "a tuple of str"),
        ("feather", 1.5, "a whole number from 0 to 4096"),
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


def test_a_tuple_may_have_to_be_of_one_length():
    assert SheetOptions(corners=("dusk",) * 4).corners == ("dusk",) * 4
    with pytest.raises(UsageError, match="corners holds 3 values, expected 4"):
        SheetOptions(corners=("dusk",) * 3)


def test_masks_are_styles_enough():
    assert StylizeOptions(mask=("a.png=dusk",)).style == ()
