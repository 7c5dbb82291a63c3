"""What jobs do. A work is sent to a process of its own, which reads and writes in the job's folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.batch.job import Job
from impasto.batch.photo import Recipe, load_stylizer, paint_photo
from impasto.errors import ImageError, PictureTooLarge, UnknownName, VideoError
from impasto.image.io import READABLE, Picture, read_picture, write_picture
from impasto.image.mask import fit_mask, read_mask
from impasto.image.recolor import RECOLORINGS, adjust
from impasto.image.resize import fit_size, resize
from impasto.inference.codes import Code, save_code
from impasto.inference.stylizer import Stylizer
from impasto.optimize.options import OptimizeOptions
from impasto.options import EngineOptions, LookOptions, StylizeOptions
from impasto.serve.job_store import PREVIEW
from impasto.serve.own_styles import OwnStyles
from impasto.serve.tasks import Style, check_cost, open_style, read_named
from impasto.training.learn_options import LearnOptions
from impasto.video.options import FilmOptions
from impasto.weights.catalog import find_model

__all__ = ["FilmWork", "LearnWork", "OptimizeWork", "PictureWork", "RefineWork", "Result", "Tell", "Work"]

PREVIEW_SECONDS = 1.0
LEARN_PREVIEW_SECONDS = 8.0  # as painting one takes as long as a step of learning
PRACTICE_SIDE = 512
PREVIEW_QUALITY = 85
MOST_FRAMES_A_SECOND = 60

Tell = Callable[[float, str, bool], None]
"""Told how far it is (0 to 1), what it is at, and whether there is a new preview."""


@dataclass(frozen=True)
class Result:
    """A file in the job's folder, its media type, and what is to be said of it."""

    file: str
    media_type: str
    message: str = ""


class Work(Protocol):
    """One job's work."""

    def run(self, folder: Path, tell: Tell, *, again: bool) -> Result:
        """Do it.

        Args:
            folder: the job's, with ``content`` in it.
            again: a process died of it, or while it did it.

        Raises:
            ImpastoError: it cannot be done.
        """
        ...


@dataclass(frozen=True, eq=False)
class PictureWork:
    """Paint a picture from file to file, in parts if it is large."""

    engine: EngineOptions
    styles: tuple[tuple[Style, float], ...]
    mask: bytes | None
    options: StylizeOptions
    suffix: str
    media_type: str
    max_pixels: int

    def run(self, folder: Path, tell: Tell, *, again: bool) -> Result:
        """See :class:`Work`."""
        content, target = folder / "content", folder / f"result{self.suffix}"
        check_cost(*_size_of(content), self.options, self.max_pixels)
        tell(0.0, "loading the model", False)
        stylizer = load_stylizer(self.engine)
        style: Any = [(open_style(part, self.options, self.max_pixels), weight) for part, weight in self.styles]
        if self.options.color_when == "after":
            style = _code(stylizer, style, self.options)
        mask = None if self.mask is None else read_mask(self.mask, max_pixels=self.max_pixels)
        painting = {
            "style": style if mask is None else None,
            "regions": [] if mask is None else [(mask, style)],
            "feather": self.options.feather,
            "strength_map": None,
            "palette": None,
            "look": self.options,
        }
        tell(0.0, "painting", False)
        recipe = Recipe(self.options, painting, overwrite=again)
        outcome = paint_photo(
            Job(content, target),
            recipe,
            stylizer,
            lambda done, total: tell(done / total, f"painting part {done} of {total}", False),
        )
        return Result(
            target.name, self.media_type, f"{outcome.width}×{outcome.height} pixels{_first_of(outcome.frames)}"
        )


@dataclass(frozen=True, eq=False)
class FilmWork:
    """Paint a film with its sound."""

    engine: EngineOptions
    styles: tuple[tuple[Style, float], ...]
    options: FilmOptions
    source: str
    max_pixels: int
    max_seconds: float

    def run(self, folder: Path, tell: Tell, *, again: bool) -> Result:
        """See :class:`Work`."""
        from impasto.video.film import paint_film

        source, target = folder / self.source, folder / "result.mp4"
        first = self._first_frame(source)
        tell(0.0, "loading the model", False)
        stylizer = load_stylizer(self.engine)
        opened = [(open_style(part, self.options, self.max_pixels), weight) for part, weight in self.styles]
        code = _code(stylizer, opened, self.options)
        _preview(folder, self._painted(stylizer, first, code))
        tell(0.0, "painting", True)
        most = MOST_FRAMES_A_SECOND * self.max_seconds
        notes: tuple[str, ...] = ()
        for step in paint_film(source, target, stylizer, [(0.0, code)], self.options, overwrite=True, resume=again):
            if step.frames > most or step.time > self.max_seconds + self.options.start:
                raise VideoError(f"the film is longer than the {self.max_seconds / 60:g} minutes allowed; give its end")
            if step.finished:
                notes = step.notes
            else:
                total = f" of {step.total}" if step.total else ""
                share = min(1.0, step.frames / step.total) if step.total else 0.0
                tell(share, f"painting frame {step.frames}{total}", False)
        return Result(target.name, "video/mp4", " ".join(notes))

    def _first_frame(self, source: Path) -> NDArray[np.uint8]:
        """The first frame that will be painted, once the film is found to be within the limits."""
        from impasto.video.reading import FilmReader

        with FilmReader(source, size=self.options.size) as reader:
            check_cost(reader.height, reader.width, self.options, self.max_pixels)
            ends = [one for one in (self.options.end, reader.duration) if one is not None]
            if ends and min(ends) - self.options.start > self.max_seconds:
                seconds = min(ends) - self.options.start
                raise VideoError(
                    f"the film lasts {seconds / 60:.1f} minutes, more than the {self.max_seconds / 60:g} allowed; give "
                    "start and end, or a shorter film"
                )
            with closing(reader.frames(self.options.start, self.options.end)) as frames:  # type: ignore[type-var]
                for frame in frames:
                    return frame.pixels
        raise VideoError("the film has no frames in the part that is to be painted; see start and end")

    def _painted(self, stylizer: Stylizer, frame: NDArray[np.uint8], code: Any) -> NDArray[np.uint8]:
        from impasto.video.painting import FramePainter

        return FramePainter(stylizer, self.options, 0.0).paint(frame, code, 0.0)


@dataclass(frozen=True, eq=False)
class _Optimising:
    """What both works need that optimise a picture's pixels."""

    styles: tuple[tuple[bytes, float], ...]
    options: OptimizeOptions
    look: StylizeOptions
    suffix: str
    media_type: str
    max_pixels: int
    max_seconds: float

    def _pictures(self) -> list[tuple[NDArray[np.uint8], float]]:
        return [(read_named(data, "style_picture", self.max_pixels).visible, weight) for data, weight in self.styles]


@dataclass(frozen=True, eq=False)
class OptimizeWork(_Optimising):
    """Paint a picture by optimising its pixels, and show how it emerges."""

    def run(self, folder: Path, tell: Tell, *, again: bool) -> Result:  # noqa: ARG002 - it begins anew
        """See :class:`Work`."""
        from impasto.optimize.painting import Painting

        tell(0.0, "loading the loss network", False)
        photo = read_picture(folder / "content", max_pixels=self.max_pixels)
        painting = Painting(photo.visible, self._pictures(), self.options)
        started = shown = time.monotonic()
        message = ""
        for iterate in painting.iterates():
            now = time.monotonic()
            fresh = now - shown >= PREVIEW_SECONDS or iterate.step == 0
            if fresh:
                _preview(folder, self._finished(iterate.picture, photo))
                shown = now
            height, width = iterate.tensor.shape[2:]
            tell(iterate.progress, f"step {iterate.step} at {width}×{height} pixels", fresh)
            if now - started > self.max_seconds:
                message = f"ended after the {self.max_seconds / 60:g} minutes allowed, at step {iterate.step}"
                break
        pixels = self._finished(painting.picture, photo)
        target = folder / f"result{self.suffix}"
        alpha = None if photo.alpha is None else resize(photo.alpha, *pixels.shape[:2])
        write_picture(
            target, pixels, alpha=alpha, exif=photo.exif, dpi=photo.dpi, quality=self.look.quality, overwrite=True
        )
        return Result(target.name, self.media_type, f"{message or 'done'}{_first_of(photo.frames)}")

    def _finished(self, pixels: NDArray[np.uint8], photo: Picture) -> NDArray[np.uint8]:
        """In the colours that were asked for."""
        if self.look.recoloring in RECOLORINGS:
            pixels = RECOLORINGS[self.look.recoloring](pixels, resize(photo.visible, *pixels.shape[:2]))
        return adjust(pixels, self.look.saturation, self.look.brightness)


@dataclass(frozen=True, eq=False)
class RefineWork(_Optimising):
    """Go on by optimisation from a pastiche that is there already.

    Attributes:
        before: the pastiche's file.
        mask: where it is dark, nothing changes.
        look: of whose colours, feather and strength hold for what changes.
    """

    before: bytes
    mask: bytes | None

    def run(self, folder: Path, tell: Tell, *, again: bool) -> Result:  # noqa: ARG002 - it begins anew
        """See :class:`Work`."""
        from impasto.optimize.refining import Refining

        tell(0.0, "loading the loss network", False)
        photo = read_picture(folder / "content", max_pixels=self.max_pixels)
        before = read_named(self.before, "init", self.max_pixels)
        height, width = before.pixels.shape[:2]
        refining = Refining(
            photo.visible,
            self._pictures(),
            before.visible,
            replace(self.options, size=min(self.options.size, max(height, width))),
            share=self._share(height, width),
        )
        own = resize(photo.visible, height, width)

        def finished() -> NDArray[np.uint8]:
            recolor = RECOLORINGS.get(self.look.recoloring)
            return recolor(refining.picture, own) if recolor else refining.picture

        started = shown = time.monotonic()
        for progress in refining.progress():
            now = time.monotonic()
            if fresh := refining.steps > 0 and now - shown >= PREVIEW_SECONDS:
                _preview(folder, finished(), self.look.quality)
                shown = now
            tell(progress, _steps(refining.steps), fresh)
            if now - started > self.max_seconds:
                break
        target = folder / f"result{self.suffix}"
        write_picture(target, finished(), alpha=before.alpha, quality=self.look.quality, overwrite=True)
        return Result(target.name, self.media_type, _steps(refining.steps))

    def _share(self, height: int, width: int) -> NDArray[np.float32] | None:
        strength = np.float32(min(1.0, self.look.strength))
        if self.mask is None:
            return None if strength == 1 else np.full((height, width), strength)
        mask = read_mask(self.mask, max_pixels=self.max_pixels)
        return strength * fit_mask(mask, height, width, self.look.feather)


@dataclass(frozen=True, eq=False)
class LearnWork:
    """Learn an own style, and let what is learnt take its place.

    Attributes:
        model: its name or folder.
        name: of the style, among ``styles``.
        picture: the style's.
    """

    model: str
    styles: OwnStyles
    name: str
    title: str
    picture: bytes
    options: LearnOptions
    max_pixels: int
    max_seconds: float

    def run(self, folder: Path, tell: Tell, *, again: bool) -> Result:  # noqa: ARG002 - it begins anew
        """See :class:`Work`. The content is practised on besides other photos, and shown in the style so far."""
        from impasto.training.learning import Learning
        from impasto.training.practice import practice_photos

        tell(0.0, "loading the loss network", False)
        photo = read_picture(folder / "content", max_pixels=self.max_pixels).pixels
        height, width = photo.shape[:2]
        if min(height, width) > PRACTICE_SIDE:
            photo = resize(photo, *fit_size(height, width, PRACTICE_SIDE, "short"))
        artwork = read_named(self.picture, "the style's picture", self.max_pixels).pixels
        manifest = find_model(self.model)
        learning = Learning(manifest, [artwork], [photo, *practice_photos()], self.options)
        tell(0.0, "learning", False)
        shown = -LEARN_PREVIEW_SECONDS
        message = ""
        for step in learning.steps():
            now = time.monotonic()
            fresh = now - shown >= LEARN_PREVIEW_SECONDS
            if fresh:
                _preview(folder, learning.preview(photo))
                shown = now
            tell(step.progress, f"step {step.number}", fresh)
            if learning.seconds > self.max_seconds:
                message = f"ended after the {self.max_seconds / 60:g} minutes allowed, at step {step.number}"
                break
        tell(learning.progress, "keeping the style", False)
        target, code = folder / "result.npz", learning.style()
        about = {"title": self.title, "learnt": learning.history()}
        save_code(target, code, manifest, about=about, overwrite=True)
        try:
            self.styles.learn(self.name, code, about)
        except UnknownName:
            message = "the style was forgotten meanwhile; its file is here"
        return Result(target.name, "application/octet-stream", message or f"learnt in {learning.number} steps")


def _code(stylizer: Stylizer, styles: Sequence[tuple[Code | NDArray[np.uint8], float]], look: LookOptions) -> Any:
    return stylizer.mix([stylizer.resolve(part, size=look.style_size) for part, _ in styles], [w for _, w in styles])


def _first_of(frames: int) -> str:
    return f"; the file holds {frames} pictures, of which the first was painted" if frames > 1 else ""


def _size_of(path: Path) -> tuple[int, int]:
    """Height and width that a picture's file says it has."""
    try:
        with Image.open(path, formats=READABLE) as image:
            return image.height, image.width
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(f"cannot read content: it has too many pixels ({error}); make it smaller") from None
    except Exception:  # noqa: BLE001 - Pillow's parsers raise almost anything
        raise ImageError("cannot read content: it is damaged, or no picture") from None


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"


def _preview(folder: Path, pixels: NDArray[np.uint8], quality: int = PREVIEW_QUALITY) -> None:
    height, width = pixels.shape[:2]
    if max(height, width) > 1024:
        pixels = resize(pixels, *fit_size(height, width, 1024))
    write_picture(folder / PREVIEW, pixels, quality=quality, overwrite=True)
