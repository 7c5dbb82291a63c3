"""Painting: a style is encoded once, any number of photos are painted with its code."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.errors import PictureTooLarge, StyleError, UsageError
from impasto.image.blend import lerp
from impasto.image.color import color_statistics, monge_kantorovich
from impasto.image.given import Given, pixels_of
from impasto.image.levels import Depth, Pixels, to_8_bits
from impasto.image.recolor import with_chroma
from impasto.image.regions import Regions
from impasto.image.resize import crop_back, fit_size, pad_to_multiple, padding, resize
from impasto.inference import codes
from impasto.inference.checks import check_number, check_picture, check_style
from impasto.inference.codes import Code, Numbers
from impasto.inference.engine import Engine, FixedShapes, Graph, open_engine
from impasto.inference.own_codes import OwnCodes
from impasto.inference.painter import ModelPainter
from impasto.inference.parts import Modulation
from impasto.inference.style_view import style_view
from impasto.inference.tiling import WINDOW, Padded, Part, paint_in_parts, parts_to_measure
from impasto.weights.catalog import find_model
from impasto.weights.difference import LearntCode, Shares
from impasto.weights.manifest import ENCODE_STYLE, PAINT, PAINT_INT8, Manifest
from impasto.weights.presets import Preset, Presets, read_presets

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["MAX_PIXELS", "Stylizer", "fit_content", "show_through"]

Style: TypeAlias = "NDArray[Any] | LearntCode | Given | Sequence[tuple[NDArray[Any] | LearntCode | Given, float]]"
ColorStatistics: TypeAlias = tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]

MAX_PIXELS = 500_000_000  # which with their pastiche take 3 GB
WHOLE_PIXELS = 12_500_000  # a larger picture is painted in parts ...
MAX_WHOLE_PIXELS = 50_000_000  # ... and if the model cannot do that, up to here as a whole
LEARNT_PAINTERS = 4  # kept open at a time
FIXED_SHAPES = 4  # of contents: a camera's two orientations, twice


class Stylizer:
    """A model that paints photos in the style of pictures.

    Made by :meth:`load`; it never changes and may be shared between threads.

    >>> stylizer = Stylizer.load()
    >>> code = stylizer.encode_style(artwork)       # once; uint8 h×w×3
    >>> pastiche = stylizer.stylize(photo, code)    # many times; uint8 of the photo's height and width

    Args:
        manifest, engine: of the model, and what runs it.
        fixed_shapes: how many of the first shapes of photos are prepared for, so that more of them are painted
            faster; or which heights and widths. A photo is painted the same to the last bit every time if the number
            is 0 or the shapes are given, whatever came before it.
    """

    def __init__(self, manifest: Manifest, engine: Engine, *, fixed_shapes: FixedShapes = FIXED_SHAPES) -> None:
        self._manifest = manifest
        self._loaded: dict[str, Any] | None = None
        self._engine = engine
        self._repeatable = fixed_shapes == 0 or not isinstance(fixed_shapes, int)
        self._fixed = fixed_shapes if isinstance(fixed_shapes, int) else self._padded_shapes(fixed_shapes)
        if engine.precision == "int8" and PAINT_INT8 not in manifest.files:
            raise UsageError(
                f"the model {manifest.name!r} has no graph of 8-bit integers; export it with --int8 PHOTOS, or leave "
                "the precision to auto"
            )
        self._plain = self._open(())
        self._learnt: dict[str, ModelPainter] = {}  # the latest used last
        self._encoder: Graph | None = None  # opened when a picture is first encoded, which presets never need
        self._own_codes = OwnCodes(self._code_of)
        self._lock = threading.Lock()
        self._preparing: threading.Thread | None = None

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "default",
        *,
        engine: str = "auto",
        device: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
    ) -> Stylizer:
        """Load a model.

        Args:
            model: its name, or the folder of an exported one.
            engine: ``openvino``, ``onnxruntime``, or ``auto``: the quicker of those installed.
            device: ``cpu``, ``gpu`` (OpenVINO), ``cuda``, ``coreml``, ``directml`` (ONNX Runtime), or ``auto``.
            threads: processor threads; all physical cores unless given.
            precision: ``fp32``; ``int8``: 8-bit integers, for models that have such a graph; or ``auto``: bfloat16 on
                processors that have it, and 8-bit integers on others if the engine is OpenVINO.

        Raises:
            UnknownName: there is no such model or engine.
            UsageError: 8-bit integers are asked for, and the model has none.
            WeightsError: the model's files are missing or damaged.
            EngineError: the engine is not installed, or cannot run the model on the device.
        """
        manifest = find_model(model)
        made = cls(manifest, open_engine(engine, device=device, threads=threads, precision=precision))
        made._loaded = {"engine": engine, "device": device, "threads": threads, "precision": precision}
        return made

    def __copy__(self) -> Stylizer:
        """Itself, as it never changes."""
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Stylizer:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """By pickle it is loaded anew, from the same model's folder; one that was not loaded cannot be pickled."""
        if self._loaded is None:
            raise TypeError("only a stylizer made by Stylizer.load can be pickled; send the model's name instead")
        return partial(type(self).load, **self._loaded), (str(self._manifest.folder),)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self, *, learnt: bool = False) -> None:
        """Give back the memory that painting works in; it is taken again when the stylizer is used again.

        Args:
            learnt: forget the graphs of learnt styles and of the encoder too; they are read again when needed.
        """
        with self._lock:
            if learnt:
                self._learnt.clear()
                self._encoder = None
            painters, encoder = [self._plain, *self._learnt.values()], self._encoder
        for painter in painters:
            painter.release()
        if encoder is not None:
            encoder.release()

    @property
    def manifest(self) -> Manifest:
        """What is known of the model: its name, sizes, licence, training and measured quality."""
        return self._manifest

    @property
    def engine(self) -> Engine:
        """What runs the model: its ``name``, ``version`` and ``device``."""
        return self._engine

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The model's named styles."""
        return self._presets.entries

    def preset_code(self, name: str, *, learnt: bool = True) -> Code:
        """The style code of a preset, float32[K + 12], or a learnt one.

        Args:
            learnt: if false, leave out what the painter has learnt of the style.

        Raises:
            UnknownName: there is no preset of that name; near misses are suggested.
        """
        return self._presets.code(name, learnt=learnt)

    def encode_style(self, picture: Pixels | Given, *, size: int | None = None) -> Numbers:
        """What the model sees of a picture's style: one vector, to paint with, mix or save.

        Args:
            picture: uint8 h×w×3, sRGB, from 16×16 pixels (256 in all) up; or a path, a Pillow image or a
                :class:`impasto.Picture`.
            size: pixels to which one side of the picture (short or long, as the model says) is resized before it is
                looked at, 32 to 4096; a larger size gives finer strokes. The model's own unless given.

        Returns:
            float32[K + 12].

        Raises:
            ImageError: the picture has another shape or type, is too small, or its file cannot be read.
            UsageError: the size is out of range, or the model sees styles at one size only.
            StyleError: the model paints only the styles that it was trained on.
        """
        return self._code_of(check_style(picture), size)

    def _code_of(self, pixels: Pixels, size: int | None = None) -> Numbers:
        if not self._manifest.encodes:
            raise StyleError(
                f"the model {self._manifest.name!r} has no code for a picture's style: it paints only what it was "
                f"trained on ({', '.join(one.name for one in self.presets)}); give one of these names"
            )
        learnt = self._encode(style_view(pixels, self._manifest, size)[None])
        return codes.with_color(learnt, *color_statistics(pixels))

    def stylize(
        self,
        content: NDArray[Depth] | Given,
        style: Style,
        *,
        strength: float = 1.0,
        size: int | None = None,
        preserve_color: bool = False,
        content_color: ColorStatistics | None = None,
    ) -> NDArray[Depth]:
        """Paint a photo.

        Args:
            content: uint8 h×w×3, sRGB, of any size and aspect ratio up to 500 megapixels; or uint16, which is
                painted in float32 from end to end, whatever the precision, and takes about four times as long; or a
                path, a Pillow image or a :class:`impasto.Picture`, which are painted as uint8.
            style: a style code, a preset's name, a picture (as ``content``; a path may also be a saved style code's),
                or a mixture: a sequence of ``(style, weight)``.
            strength: from 0, the photo, to 1, the full style. The style code goes from the photo's own to the style's,
                and the photo shows through with the weight (1 - strength)²: a painter cannot return all its detail.
                Up to 1.5 what was learnt of the style goes on beyond it, in the style's own colours.
                With a model for which that has no meaning the photo shows through with the weight 1 - strength,
                and 1 is the most.
            size: long side of the result in pixels; the photo is resized to it before it is painted, so that strokes
                keep their size in pixels. The photo's own unless given.
            preserve_color: take only the pastiche's lightness, and the colours of the photo; for other ways of keeping
                them see :func:`impasto.inference.compose.compose`.
            content_color: the colour mean (3) and covariance (3×3) that stand for the photo's own, as
                :func:`impasto.image.color.color_statistics` gives them; for parts of one picture or frames of one film.

        Returns:
            The pastiche, of the content's type, as high and wide as it or of the long side ``size``.

        Raises:
            ImageError: the content is no uint8 or uint16 h×w×3 array; PictureTooLarge: it has too many pixels.
            StyleError: the style is none of this model's.
            UsageError: strength or size is out of range.
            EngineError: the engine failed.
        """
        check_number("strength", strength, 0, codes.MOST_STRENGTH)
        photo = fit_content(content, size)
        code = self.resolve(style)
        code = self.at_strength(photo, code, strength)
        pastiche = self._paint(photo, code, color_statistics(photo) if content_color is None else content_color)
        if preserve_color:
            pastiche = with_chroma(pastiche, photo)
        return lerp(pastiche, photo, self.photo_share(strength)) if strength < 1 else pastiche

    def at_strength(self, photo: NDArray[Depth], code: Code, strength: float) -> Code:
        """The code that paints a photo with less than full strength: between its own and the style's, if they mix."""
        if strength > 1 and self._manifest.strength == "blend":
            raise UsageError(
                f"strength is {strength:g}, expected at most 1 with the model {self._manifest.name!r}, which "
                "paints no more than a style"
            )
        if strength == 1 or self._manifest.strength == "blend":
            return code
        return codes.at_strength(self._own_codes[to_8_bits(photo)], code, strength)

    def photo_share(self, strength: float) -> float:
        """How much of the photo shows through a pastiche of less than full strength."""
        return show_through(strength) if self._manifest.strength == "code" else 1 - strength

    def resolve(self, style: Style, *, size: int | None = None) -> Code:
        """The style code of anything that :meth:`stylize` takes as a style, float32[K + 12], or a learnt one.

        Args:
            size: at which pictures are looked at; see :meth:`encode_style`.

        Raises:
            UnknownName, StyleError, ImageError, UsageError: it is no style.
        """
        given = self.open_style(style)
        if isinstance(given, LearntCode):
            return codes.check_code(given, self._manifest)
        if isinstance(given, np.ndarray):
            return codes.check_code(given, self._manifest) if given.ndim == 1 else self.encode_style(given, size=size)
        try:
            pairs = [(part, float(weight)) for part, weight in given]
        except (TypeError, ValueError):
            raise StyleError(
                f"the style is a {type(style).__name__}, expected a style code, a preset's name, a picture "
                "or a sequence of (style, weight)"
            ) from None
        return self.mix([self.resolve(part, size=size) for part, _ in pairs], [weight for _, weight in pairs])

    def open_style(self, style: Style) -> Any:
        """A style's code or picture as an array, whatever names or holds it; a mixture as it is."""
        if isinstance(style, str) and (any(one.name == style for one in self.presets) or not Path(style).exists()):
            return self.preset_code(style)
        if isinstance(style, (str, os.PathLike)) and codes.is_code_file(style):
            return self.load_code(style)
        return pixels_of(style)

    def mix(self, styles: Sequence[Code], weights: Sequence[float] | None = None) -> Code:
        """The weighted mean of style codes; see :func:`impasto.inference.codes.mix`.

        Raises:
            StyleError: a mean of this model's codes is no mixture of their styles.
        """
        if len(styles) > 1 and not self._manifest.mixes:
            raise StyleError(
                f"the model {self._manifest.name!r} ({self._manifest.family}) cannot mix styles, as a mean of its "
                "codes means nothing; paint in one style, or each in a region with --mask"
            )
        return codes.mix([codes.check_code(code, self._manifest) for code in styles], weights)

    def save_code(
        self,
        path: str | os.PathLike[str],
        code: ArrayLike | LearntCode,
        *,
        about: Mapping[str, Any] | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write a style code to a file; see :func:`impasto.inference.codes.save_code`."""
        codes.save_code(path, code, self._manifest, about=about, overwrite=overwrite)

    def load_code(self, path: str | os.PathLike[str]) -> Code:
        """Read a saved style code, refusing one of another model; see :func:`impasto.inference.codes.load_code`."""
        return codes.load_code(path, self._manifest)

    def measure(self, content: Regions, code: Code, *, content_color: ColorStatistics | None = None) -> Modulation:
        """All that painting must know of a whole picture, for :meth:`paint_parts` and :meth:`paint_fixed`.

        Args:
            content: uint8 or uint16 h×w×3, sRGB; an array, or a picture of which only regions are read.
            code: float32[K + 12].
            content_color: as in :meth:`stylize`.

        Raises:
            WeightsError: the model cannot paint parts, as it was exported by an older Impasto.
            EngineError: the engine failed.
        """
        color: ColorStatistics = color_statistics(content) if content_color is None else content_color
        recolor = monge_kantorovich(*color, *codes.color_of(code))
        parts, places, margin = parts_to_measure(self._padded(content), self._manifest.multiple)
        seen = codes.numbers_of(code)[: self._manifest.code_size]
        shares = codes.differences_of(code)
        painter = self._painter(shares).parts
        return replace(painter.measure(parts, seen, recolor, places=places, margin=margin), differences=shares)

    def paint_parts(self, content: Regions, modulation: Modulation, *, window: int = WINDOW) -> Iterator[Part]:
        """Paint a picture part by part, in the memory that one part takes.

        Args:
            content: as in :meth:`measure`.
            modulation: its own; or that of another frame of a film, or a mean of some.
            window: the longest side of what is painted at once, in pixels.

        Yields:
            Rows, columns and pixels of one part after another, which do not overlap and together fill the picture.

        Raises:
            WeightsError, EngineError: as :meth:`measure`.
        """
        multiple, halo = self._manifest.multiple, self._manifest.halo
        painter = self._painter(modulation.differences).parts
        window = max(window, 4 * halo) // multiple * multiple
        yield from paint_in_parts(
            self._padded(content), painter, modulation, halo=halo, multiple=multiple, window=window
        )
        painter.release()

    def paint_fixed(self, content: NDArray[Depth], modulation: Modulation) -> NDArray[Depth]:
        """Paint a picture at once with what was measured, if need be on another; see :meth:`paint_parts`."""
        padded, crop = pad_to_multiple(content, self._manifest.multiple, self._manifest.minimum)
        return np.ascontiguousarray(
            crop_back(self._painter(modulation.differences).parts.paint(padded, modulation), crop)
        )

    def _paint(self, photo: NDArray[Depth], code: Code, color: ColorStatistics) -> NDArray[Depth]:
        pixels = photo.shape[0] * photo.shape[1]
        if pixels > WHOLE_PIXELS and self._manifest.paints_parts:
            return self._paint_in_parts(photo, self.measure(photo, code, content_color=color))
        if pixels > MAX_WHOLE_PIXELS:
            raise PictureTooLarge(
                f"the pastiche would have {pixels:,} pixels, more than the {MAX_WHOLE_PIXELS:,} that the model "
                f"{self._manifest.name!r} can paint as a whole; give a smaller size, or export the model again"
            )
        if 0 < self._manifest.largest < pixels:
            raise PictureTooLarge(
                f"the pastiche would have {pixels:,} pixels, more than the {self._manifest.largest:,} that the model "
                f"{self._manifest.name!r} ({self._manifest.family}) can paint; give a smaller size"
            )
        return self._painter(codes.differences_of(code)).paint(photo, codes.numbers_of(code), color)

    def is_ready(self, code: Code) -> bool:
        """Whether painting with this code can begin at once: no learnt style has to be merged and compiled before."""
        differences = codes.differences_of(code)
        return not differences or self._key(differences) in self._learnt

    def ready_soon(self, code: Code) -> bool:
        """:meth:`is_ready`; if it is not, :meth:`prepare` begins in the background, for one code at a time."""
        if self.is_ready(code):
            return True
        with self._lock:
            if self._preparing is None or not self._preparing.is_alive():
                self._preparing = threading.Thread(target=self.prepare, args=(code,), daemon=True)
                self._preparing.start()
        return False

    def prepare(self, code: Code) -> None:
        """Merge and compile what painting with this code needs, which takes about half a second for a learnt style."""
        self._painter(codes.differences_of(code))

    def _key(self, differences: Shares) -> str:
        return self._manifest.with_differences(differences).graph_key(PAINT)

    def _painter(self, differences: Shares) -> ModelPainter:
        """The painter with these differences in its weights; the last few that were asked for are kept open."""
        if not differences:
            return self._plain
        key = self._key(differences)
        with self._lock:
            painter = self._learnt.pop(key, None)
        if painter is None:
            painter = self._open(differences)
        with self._lock:
            painter = self._learnt.pop(key, painter)  # another thread may have been quicker
            self._learnt[key] = painter
            while len(self._learnt) > LEARNT_PAINTERS:
                del self._learnt[next(iter(self._learnt))]
        return painter

    def _open(self, differences: Shares) -> ModelPainter:
        manifest = self._manifest.with_differences(differences)
        return ModelPainter(manifest, self._engine, self._fixed, repeatable=self._repeatable)

    def _paint_in_parts(self, photo: NDArray[Depth], modulation: Modulation) -> NDArray[Depth]:
        pastiche = np.empty_like(photo)
        for part in self.paint_parts(photo, modulation):
            pastiche[part.rows, part.columns] = part.pixels
        return pastiche

    def _padded(self, picture: Regions) -> Padded:
        return Padded(picture, self._manifest.multiple, self._manifest.minimum)

    def _padded_shapes(self, shapes: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        multiple, minimum = self._manifest.multiple, self._manifest.minimum

        def padded(side: int) -> int:
            return side + sum(padding(side, multiple, minimum))

        return frozenset((padded(height), padded(width)) for height, width in shapes)

    def _encode(self, style: Pixels) -> NDArray[np.float32]:
        with self._lock:
            if self._encoder is None:
                self._encoder = self._engine.open(self._manifest, ENCODE_STYLE)
            graph = self._encoder
        return graph(style=style)

    @cached_property
    def _presets(self) -> Presets:
        return read_presets(self._manifest)


def fit_content(content: NDArray[Depth] | Given, size: int | None = None) -> NDArray[Depth]:
    """The photo as it is painted: checked, and resized to the long side ``size`` if one is given.

    Raises:
        ImageError: it is no picture; PictureTooLarge: the result would have too many pixels.
        UsageError: the size is out of range.
    """
    photo: NDArray[Depth] = check_picture(content, "content", (np.uint8, np.uint16))
    height, width = photo.shape[0], photo.shape[1]
    if size is not None:
        check_number("size", size, 1, math.inf)
        height, width = fit_size(height, width, size)
    if height * width > MAX_PIXELS:
        raise PictureTooLarge(
            f"the pastiche would have {width}×{height} pixels, more than the {MAX_PIXELS:,} that can be painted; "
            "give a smaller size"
        )
    return resize(photo, height, width)


def show_through(strength: float) -> float:
    """How much of the photo shows through a pastiche of less than full strength: a painter cannot return all detail."""
    return (1 - strength) ** 2
