"""A model's folder: its graphs, checked against the manifest beside them.

::

    manifest.json
    encode_style.onnx   style uint8 1×h×w×3, h and w >= 32         -> code float32 1×K
    paint.onnx          content uint8 1×h×w×3, code float32 1×K,
                        recolor float32 1×3×4                      -> pastiche uint8 1×h×w×3
    measure.onnx        content uint8 n×h×w×3, code, recolor,
                        margin int64 1 (pixels), origin int64 n×2  -> modulation float32 1×M
    paint_fixed.onnx    content uint8 1×h×w×3, modulation,
                        recolor, origin int64 1×2                  -> pastiche uint8 1×h×w×3
    presets/            optional; see impasto.weights.presets

``manifest.json`` is one object::

    {
      "name": "default",          what people call the model
      "interface": 1,             the version of this description
      "code_size": 256,           K, the learnt numbers of a style code
      "multiple": 8,              a content's height and width are multiples of this ...
      "minimum": 64,              ... and at least this
      "halo": 96,                 optional: from how far a pixel of paint_fixed's pastiche is influenced, in pixels
      "grain": false,             optional: the graphs of parts take an origin
      "style_size": 256,          pixels to which a style picture's side is resized before it is encoded ...
      "style_side": "short",      ... which side: "short" or "long"
      "licence": "Apache-2.0",
      "files": {"paint.onnx": {"sha256": "<64 hex digits>", "bytes": 123}, ...},
      "training": {...},          free-form: configuration and data
      "quality": {...}            free-form: what was measured
    }

``files`` names the graphs, and ``presets/codes.npy`` where there are presets; paths have forward slashes.

The last two graphs are optional; without them pictures are painted only as a whole. ``measure`` takes n parts of one
picture, all of one size, and gives what painting needs to know of the whole; a ``margin`` around each is looked at, but
not counted. ``paint_fixed`` paints any part of the picture with that; what is nearer than ``halo`` pixels to a border
inside the picture is of no use. The origin of a part is its row and column in units of 4 pixels, and an input only if
the model has ``grain``. Their files lack the weights that paint.onnx has as well.

Interface 2 describes the models of other families, which have the first two graphs at most, and these facts besides::

      "family": "adain",          as "impasto train" names it
      "inputs": ["code"],         what paint takes besides the content, of "code" and "recolor"
      "strength": "code",         how less than full strength is painted: "code", from the photo's own code to the
                                  style's; or "blend", by letting the photo show through
      "mixes": true,              whether a mean of codes paints a mixture of their styles
      "largest": 0,               pixels of the largest picture that can be painted; 0 for no limit of its own

There ``style_side`` may also be "square": the style picture is cropped to one, and always of ``style_size``. A model
without encode_style paints only its presets, the styles that it was trained on; their codes are K shares of those.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from impasto.errors import StyleError, WeightsError
from impasto.weights.difference import Shares, check_base
from impasto.weights.merging import merge, merge_int8
from impasto.weights.sharing import with_weights

__all__ = [
    "COLOR_SIZE",
    "ENCODE_STYLE",
    "FAMILY_INTERFACE",
    "INTERFACE",
    "MEASURE",
    "PAINT",
    "PAINT_FIXED",
    "FileEntry",
    "Manifest",
    "read_manifest",
]

INTERFACE = 1
FAMILY_INTERFACE = 2
COLOR_SIZE = 12  # a style code ends in its picture's colour mean (3) and covariance (9)
MANIFEST = "manifest.json"
ENCODE_STYLE = "encode_style.onnx"
PAINT = "paint.onnx"
MEASURE = "measure.onnx"
PAINT_FIXED = "paint_fixed.onnx"
PAINT_INT8 = "paint_int8.onnx"
PARTS = (MEASURE, PAINT_FIXED)
SHARING = (*PARTS, PAINT_INT8)  # graphs that lack the weights that are in PAINT


@dataclass(frozen=True)
class FileEntry:
    """What the manifest says of one file."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """A model's folder and the facts in its ``manifest.json``; sizes are in pixels, ``code_size`` counts numbers."""

    folder: Path
    name: str
    code_size: int
    multiple: int
    minimum: int
    style_size: int
    style_side: str
    licence: str
    files: Mapping[str, FileEntry]
    training: Mapping[str, Any] = field(default_factory=dict, repr=False)
    quality: Mapping[str, Any] = field(default_factory=dict, repr=False)
    halo: int = 0
    grain: bool = False
    family: str = "default"
    inputs: tuple[str, ...] = ("code", "recolor")
    strength: str = "code"
    mixes: bool = True
    largest: int = 0
    differences: Shares = field(default=(), repr=False)
    """Of learnt styles, each with its share: what :meth:`graph` adds to the painter's weights."""

    @property
    def encodes(self) -> bool:
        """Whether the model can see the style of a picture; if not, it paints only its presets."""
        return ENCODE_STYLE in self.files

    @property
    def recolors(self) -> bool:
        """Whether the model takes a style's palette apart from its strokes."""
        return "recolor" in self.inputs

    @property
    def paints_parts(self) -> bool:
        """Whether the model can measure a picture and then paint it part by part."""
        return self.halo > 0 and all(file in self.files for file in PARTS)

    @property
    def code_length(self) -> int:
        """Length of a style code: the learnt numbers and the picture's colour statistics."""
        return self.code_size + COLOR_SIZE

    @property
    def code_space(self) -> str:
        """Names what this model's codes mean: the sha256 of the graph that defines them, the style encoder's if any."""
        return self.files[ENCODE_STYLE if self.encodes else PAINT].sha256

    def sha256(self, file: str) -> str:
        """The sha256 that the manifest gives for ``file``."""
        return self.files[file].sha256

    @property
    def learns(self) -> bool:
        """Whether single styles can be learnt on top of the model."""
        return self.family == "default"

    def with_differences(self, differences: Shares) -> Manifest:
        """The model whose painter has the differences of learnt styles merged into its weights.

        Raises:
            StyleError: they were learnt for another painter.
        """
        if differences and not self.learns:
            raise StyleError(f"the model {self.name!r} ({self.family}) has no learnt styles; use the default model")
        for difference, _ in differences:
            check_base(difference, self.sha256(PAINT), self.name)
        return replace(self, differences=differences)

    def graph(self, file: str) -> bytes:
        """The ONNX model of one of the graphs, with all its weights, :attr:`differences` added.

        Raises:
            WeightsError: as :meth:`read`.
            StyleError: a difference is of another painter.
        """
        data = self.read(file)
        if file != PAINT and file not in SHARING:
            return data
        paint = self.read(PAINT)
        if self.differences and file == PAINT_INT8:
            data = merge_int8(data, paint, self.differences)
        if self.differences:
            paint = merge(paint, self.differences)
        return paint if file == PAINT else with_weights(data, paint)

    def graph_key(self, file: str) -> str:
        """Tells what :meth:`graph` gives from what it gives of any other file or model."""
        if file != PAINT and file not in SHARING:
            return self.sha256(file)
        parts = [self.sha256(file)] if file == PAINT else [self.sha256(file), self.sha256(PAINT)]
        return "+".join([*parts, *(f"{share!r}*{difference.digest}" for difference, share in self.differences)])

    def read(self, file: str) -> bytes:
        """The bytes of one of the model's files.

        Raises:
            WeightsError: the file is absent, cannot be read or is not the file whose sha256 the manifest gives.
        """
        path = self.folder / file
        if file not in self.files:
            raise WeightsError(f"the manifest of the model in {self.folder} does not list {file}")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WeightsError(f"cannot read the weights {path} ({error.strerror}); install the model again") from None
        if hashlib.sha256(data).hexdigest() != self.sha256(file):
            raise WeightsError(f"{path} is damaged: its sha256 is not the manifest's; install the model again")
        return data


def read_manifest(folder: Path) -> Manifest:
    """Read and check a model folder's manifest, and that its files are there with the right number of bytes.

    Raises:
        WeightsError: there is no manifest, it is not understood, or a file is missing or has another size.
    """
    path = folder / MANIFEST
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"{folder} is no model folder: it holds no {MANIFEST}") from None
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot read {path}: {error}") from None
    known = (INTERFACE, FAMILY_INTERFACE)
    if not isinstance(entries, dict) or entries.get("interface") not in known:
        found = entries.get("interface") if isinstance(entries, dict) else None
        raise WeightsError(
            f"{path} describes interface {found!r}, this Impasto understands {INTERFACE} and {FAMILY_INTERFACE}; "
            "export the model again"
        )
    try:
        of_family = _read_family(entries) if entries["interface"] == FAMILY_INTERFACE else {}
        manifest = Manifest(
            folder=folder,
            name=str(entries["name"]),
            code_size=int(entries["code_size"]),
            multiple=int(entries["multiple"]),
            minimum=int(entries["minimum"]),
            style_size=int(entries["style_size"]),
            style_side=str(entries["style_side"]),
            licence=str(entries["licence"]),
            files={name: FileEntry(str(one["sha256"]), int(one["bytes"])) for name, one in entries["files"].items()},
            training=entries.get("training", {}),
            quality=entries.get("quality", {}),
            halo=int(entries.get("halo", 0)),
            grain=bool(entries.get("grain", False)),
            **of_family,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsError(f"{path} lacks or misstates a fact: {error!r}; export the model again") from None
    _check(manifest)
    return manifest


def _read_family(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "family": str(entries["family"]),
        "inputs": tuple(str(one) for one in entries["inputs"]),
        "strength": str(entries["strength"]),
        "mixes": bool(entries["mixes"]),
        "largest": int(entries.get("largest", 0)),
    }


def _check(manifest: Manifest) -> None:
    path = manifest.folder / MANIFEST
    sizes = (manifest.code_size, manifest.multiple, manifest.minimum, manifest.style_size)
    sides = ("short", "long") if manifest.family == "default" else ("short", "long", "square")
    if min(sizes) < 1 or manifest.largest < 0 or manifest.style_side not in sides:
        raise WeightsError(f"{path} holds sizes that make no sense; export the model again")
    if not set(manifest.inputs) <= {"code", "recolor"} or manifest.strength not in ("code", "blend"):
        raise WeightsError(f"{path} describes inputs or a strength that make no sense; export the model again")
    for graph in (ENCODE_STYLE, PAINT) if manifest.family == "default" else (PAINT,):
        if graph not in manifest.files:
            raise WeightsError(f"{path} does not list {graph}; export the model again")
    for name, entry in manifest.files.items():
        # The cheap check, made at every start; read() compares the sha256 of what is really used.
        try:
            size = (manifest.folder / name).stat().st_size
        except OSError:
            raise WeightsError(f"the weights {manifest.folder / name} are missing; install the model again") from None
        if size != entry.bytes:
            raise WeightsError(
                f"{manifest.folder / name} has {size} bytes, expected {entry.bytes}; install the model again"
            )
