"""What each verb can be told: one frozen dataclass per verb, shared by Python, the command line and REST.

An option is written once, here: its name, type, default, bounds and help text. :func:`describe` reads them back, which
is how the command line derives its flags, and every instance checks itself when it is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from inspect import get_annotations
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from impasto.errors import UsageError

__all__ = [
    "BatchOptions",
    "Checked",
    "EncodeOptions",
    "EngineOptions",
    "LookOptions",
    "Option",
    "SheetOptions",
    "StylizeOptions",
    "describe",
    "option",
]

ENGINES = ("auto", "openvino", "onnxruntime")
DEVICES = ("auto", "cpu", "gpu", "cuda", "coreml", "directml")
PRECISIONS = ("auto", "fp32", "int8")
EXECUTORS = ("local", "ray")
COLORS = ("style", "photo-luminance", "photo-histogram", "photo-linear", "photo-hue")
STROKES = ("picture", "pixels")
COLOR_TIMES = ("after", "before")


@dataclass(frozen=True)
class Option:
    """One field of an options class, as the command line and REST need to know it.

    Attributes:
        kind: the type of one value: ``str``, ``int``, ``float`` or ``bool``.
        many: the field holds a tuple of such values.
        default: the value when nothing is given; ``None`` where the field may be absent.
        required: there is no default.
        doc: the help text, one sentence without a full stop.
        at_least, at_most: inclusive bounds of a number.
        count: how many values a tuple holds unless it is empty; any number if ``None``.
    """

    name: str
    kind: type
    many: bool
    optional: bool
    required: bool
    default: Any
    doc: str
    metavar: str | None
    choices: tuple[str, ...]
    at_least: float | None
    at_most: float | None
    count: int | None

    def check(self, value: Any) -> None:
        """Raise :class:`UsageError` unless ``value`` can be used for this option."""
        if value is None and self.optional:
            return
        if self.many and not isinstance(value, tuple):
            raise UsageError(f"{self.name} is {value!r}, expected a tuple of {self.kind.__name__}")
        if self.many and self.required and not value:
            raise UsageError(f"{self.name} is empty, expected at least one")
        if self.many and self.count is not None and len(value) not in (0, self.count):
            raise UsageError(f"{self.name} holds {len(value)} values, expected {self.count}")
        for one in value if self.many else (value,):
            self._check_one(one)

    def _check_one(self, value: Any) -> None:
        accepted: tuple[Any, ...] = (int, float) if self.kind is float else (self.kind,)
        # bool is an int to Python but never a size or a strength.
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise UsageError(f"{self.name} is {value!r}, expected {self._expected()}")
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name} is {value!r}, expected {self._expected()}")
        if self.kind in (int, float):
            low = -math.inf if self.at_least is None else self.at_least
            high = math.inf if self.at_most is None else self.at_most
            if not (math.isfinite(value) and low <= value <= high):
                raise UsageError(f"{self.name} is {value!r}, expected {self._expected()}")

    def _expected(self) -> str:
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        noun = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[self.kind]
        if self.at_least is not None and self.at_most is not None:
            return f"{noun} from {self.at_least:g} to {self.at_most:g}"
        return noun if self.at_least is None else f"{noun} of at least {self.at_least:g}"


def option(
    doc: str,
    default: Any = MISSING,
    *,
    metavar: str | None = None,
    choices: Iterable[str] = (),
    at_least: float | None = None,
    at_most: float | None = None,
    count: int | None = None,
) -> Any:
    """A dataclass field that carries its help text and bounds; see :class:`Option` for their meaning."""
    details = {
        "doc": doc,
        "metavar": metavar,
        "choices": tuple(choices),
        "at_least": at_least,
        "at_most": at_most,
        "count": count,
    }
    return field(default=default, metadata=details)


@cache
def describe(options: type) -> tuple[Option, ...]:
    """The options of an options class in the order in which they are written, its own before its bases'."""
    hints = get_type_hints(options)
    depth = {name: place for place, base in enumerate(options.__mro__) for name in get_annotations(base)}
    ordered = sorted(fields(options), key=lambda one: depth[one.name])
    return tuple(_describe_field(one, hints[one.name]) for one in ordered)


def _describe_field(one: Any, hint: Any) -> Option:
    optional = get_origin(hint) in (Union, UnionType)
    if optional:
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    many = get_origin(hint) is tuple
    required = one.default is MISSING
    return Option(
        name=one.name,
        kind=get_args(hint)[0] if many else hint,
        many=many,
        optional=optional,
        required=required,
        default=None if required else one.default,
        **one.metadata,
    )


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Base of the options classes: every field is checked when an instance is made.

    Raises:
        UsageError: a value has the wrong type or lies outside its bounds; the message names the field.
    """

    def __post_init__(self) -> None:
        for one in describe(type(self)):  # type: ignore[arg-type]  # mypy takes a frozen class for unhashable
            one.check(getattr(self, one.name))


@dataclass(frozen=True, kw_only=True)
class EngineOptions(Checked):
    """Which model paints, and what runs it."""

    model: str = option("Name of a model, or a folder that holds an exported one", "default", metavar="NAME|FOLDER")
    engine: str = option("What runs the model; auto takes the quickest installed", "auto", choices=ENGINES)
    device: str = option("Where the model runs; gpu is OpenVINO's", "auto", choices=DEVICES)
    threads: int | None = option("Processor threads; all physical cores unless given", None, at_least=1, at_most=1024)
    precision: str = option(
        "Arithmetic of the model; auto uses bfloat16 on processors that have it, and on others 8-bit integers if the "
        "engine is OpenVINO and the model offers them",
        "auto",
        choices=PRECISIONS,
    )


@dataclass(frozen=True, kw_only=True)
class LookOptions(Checked):
    """How a pastiche looks, whatever its style."""

    strength: float = option(
        "Amount of style: 0 is the photo, 1 the full style, 1.5 more than that", 1.0, at_least=0, at_most=1.5
    )
    size: int | None = option(
        "Long side of the result in pixels; the photo's own unless given", None, metavar="PX", at_least=1
    )
    stroke: float = option(
        "Size of the strokes: 2 paints them twice as large as is natural, 0.5 half as large",
        1.0,
        metavar="SCALE",
        at_least=0.25,
        at_most=32,
    )
    strokes: str = option(
        "What strokes belong to: the picture, which looks the same at every resolution, or its pixels, so that a "
        "larger picture has finer strokes",
        "picture",
        choices=STROKES,
    )
    style_size: int | None = option(
        "Pixels at which style pictures are looked at: more gives finer strokes; the model's own unless given",
        None,
        metavar="PX",
        at_least=32,
        at_most=4096,
    )
    color: str = option("Whose colours: the style's, or the photo's in one of four senses", "style", choices=COLORS)
    color_when: str = option(
        "Give the photo's colours to the pastiche after painting, or to the style before", "after", choices=COLOR_TIMES
    )
    preserve_color: bool = option("Keep the photo's own colours; the same as --color photo-luminance", False)
    saturation: float = option("Colourfulness of what is painted, from 0, grey", 1.0, at_least=0, at_most=4)
    brightness: float = option(
        "Brightness of what is painted; black and white stay as they are", 1.0, at_least=0.25, at_most=4
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.preserve_color and self.color not in ("style", "photo-luminance"):
            raise UsageError(f"preserve_color and the color {self.color!r} contradict each other; give one of them")
        if self.color_when == "before" and self.color == "photo-hue":
            raise UsageError("color_when is 'before', which photo-hue has no meaning for; expected 'after'")

    @property
    def recoloring(self) -> str:
        """``color``, with ``preserve_color`` taken into account."""
        return "photo-luminance" if self.preserve_color else self.color


@dataclass(frozen=True, kw_only=True)
class StylizeOptions(LookOptions, EngineOptions):
    """How a photo is painted."""

    style: tuple[str, ...] = option(
        "Preset, picture or saved style code, with an optional weight; repeat to mix styles",
        (),
        metavar="STYLE[:WEIGHT]",
    )
    palette: str | None = option(
        "Take the colours from another style, and only the strokes from --style", None, metavar="STYLE"
    )
    mask: tuple[str, ...] = option(
        "Paint only where the grey picture FILE is light, in STYLE; repeat for several regions. The rest is painted "
        "in --style, or without it stays the photo",
        (),
        metavar="FILE=STYLE",
    )
    feather: int = option(
        "Soften the edges of masks over so many pixels to either side", 2, metavar="PX", at_least=0, at_most=4096
    )
    strength_map: str | None = option(
        "Grey picture of the local strength: black keeps the photo, white paints with --strength", None, metavar="FILE"
    )
    quality: int = option("Quality of JPEG and WebP files", 92, at_least=1, at_most=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.style and not self.mask:
            raise UsageError("style is empty, expected at least one --style STYLE or --mask FILE=STYLE")


@dataclass(frozen=True, kw_only=True)
class BatchOptions(Checked):
    """How many photos are painted."""

    recursive: bool = option("Also paint what is in the folders inside a folder", False)
    skip_existing: bool = option("Leave out photos whose pastiche exists, to go on where a run was stopped", False)
    manifest: str | None = option(
        "Record every photo as a line of JSON in this file; later runs add to it", None, metavar="FILE"
    )
    jobs: int | None = option(
        "Photos painted at the same time, on one thread each; one per processor core, at most 8, unless given; "
        "1 paints one after another on all threads",
        None,
        at_least=1,
        at_most=1024,
    )
    executor: str = option("Where photos are painted: here, or on a Ray cluster", "local", choices=EXECUTORS)


@dataclass(frozen=True, kw_only=True)
class SheetOptions(LookOptions, EngineOptions):
    """What is painted on a sheet of many pastiches."""

    style: tuple[str, ...] = option(
        "Preset, picture or saved style code: a column of its own; repeat for more", (), metavar="STYLE"
    )
    strengths: tuple[float, ...] = option(
        "Strengths, a column each, with a row for every photo and style", (), metavar="N,N,...", at_least=0, at_most=1.5
    )
    corners: tuple[str, ...] = option(
        "Four styles for the corners of a square of mixtures: above left and right, below left and right",
        (),
        metavar="STYLE STYLE STYLE STYLE",
        count=4,
    )
    steps: int = option("Pastiches along each side of that square", 5, at_least=2, at_most=20)
    cell: int = option(
        "Long side of each picture on the sheet; it is painted at 512 pixels or more, unless --size says otherwise",
        320,
        metavar="PX",
        at_least=32,
        at_most=2048,
    )
    quality: int = option("Quality of JPEG and WebP files", 92, at_least=1, at_most=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.style and not self.corners:
            raise UsageError("style is empty, expected at least one --style STYLE or four --corners")
        if self.corners and (self.style or self.strengths):
            raise UsageError("corners is a sheet of its own; give it without --style and --strengths")


@dataclass(frozen=True, kw_only=True)
class EncodeOptions(EngineOptions):
    """How a style picture becomes a style code."""

    style_size: int | None = option(
        "Pixels at which the picture is looked at: more gives finer strokes; the model's own unless given",
        None,
        metavar="PX",
        at_least=32,
        at_most=4096,
    )
