"""A film from file to file: decoded, followed, painted, steadied and encoded side by side, piece by piece."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import VideoError
from impasto.files import check_target
from impasto.image.blend import blend
from impasto.image.io import write_picture
from impasto.inference import codes
from impasto.inference.codes import Code
from impasto.inference.stylizer import Stylizer
from impasto.inference.temporal import Motion, MotionTracker, Steadier
from impasto.video.animation import AnimationReader, is_animation
from impasto.video.encoding import PieceWriter, codec_for
from impasto.video.joining import choose_tracks, join
from impasto.video.options import FilmOptions, MovingOptions
from impasto.video.painting import FramePainter, StyleTimeline
from impasto.video.pieces import FRAMES_PER_PIECE, Piece, Pieces, begun
from impasto.video.reading import FilmReader, Frame
from impasto.video.stages import ahead
from impasto.video.stills import ANIMATIONS, FolderReader, is_numbered, numbered, write_animation, written_frames
from impasto.video.tracks import Original
from impasto.weights.manifest import ENCODE_STYLE, PAINT

__all__ = ["Progress", "paint_film", "pastiches"]

Reader = FilmReader | FolderReader | AnimationReader
# What decides only how quickly frames are painted, not what they become.
PACE = ("threads", "engine", "device")


@dataclass(frozen=True)
class Progress:
    """How far a film is painted.

    Attributes:
        frames: painted so far, those of earlier runs included.
        total: of the whole film, as far as it can be told before.
        width, height: of the film in pixels.
        time: of the last frame, in seconds from the film's begin.
        finished: the film is at its place, if only its beginning, where the painting was stopped.
        complete: nothing is missing.
        notes: once finished, what could not be kept, a sentence each.
    """

    frames: int
    total: int | None
    width: int
    height: int
    time: float = 0.0
    finished: bool = False
    complete: bool = False
    notes: tuple[str, ...] = ()


def paint_film(
    source: Path | str,
    target: Path,
    stylizer: Stylizer,
    marks: Sequence[tuple[float, Code]],
    options: FilmOptions,
    *,
    overwrite: bool = False,
    resume: bool = False,
    inputs: Iterable[Path | str] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Paint a film with everything that is not picture: sound, subtitles, chapters, words.

    Memory does not grow with the film's length. What is painted is kept beside the target piece by piece; should the
    process die, a later call with ``resume`` goes on after the last piece and encodes the very same frames.

    Args:
        source: a file or URL.
        target: the film, whose suffix says the container.
        marks: times in seconds and the style codes from there on.
        overwrite: replace an existing target.
        resume: go on where an earlier call was stopped.
        inputs: files beside the source that must not be written, whatever was asked for.
        stop: asked after every frame; once true, what is painted becomes the target and the pieces are kept.

    Yields:
        Progress after every frame, and when finished.

    Raises:
        VideoError: the film cannot be read or written.
        OutputExists: the target exists.
        UsageError: the target is an input; the container does not hold the codec.
        EngineError: painting failed.
    """
    inputs = [*inputs, source]
    for file in written_frames(target) if is_numbered(target) else [target]:
        # What a run that was stopped has left as its target is replaced by the whole.
        check_target(file, overwrite=overwrite or (resume and (is_numbered(target) or begun(target))), inputs=inputs)
    if is_numbered(target) or target.suffix.lower() in ANIMATIONS:
        yield from _paint_stills(
            source, target, stylizer, marks, options, overwrite=overwrite, resume=resume, stop=stop
        )
        return
    codec = codec_for(target, options.codec)
    with _reader(source, options) as reader, ExitStack() as stack:
        pieces = Pieces(target, _made_of(source, stylizer, marks, options, codec), resume=resume)
        stack.callback(pieces.discard_unless_begun)
        total = _frames_between(reader, options)
        progress = Progress(pieces.frames, total, reader.width, reader.height)
        encoded = partial(
            PieceWriter,
            height=reader.height,
            width=reader.width,
            codec=codec,
            time_base=reader.time_base,
            rate=reader.rate,
            crf=options.crf,
            preset=options.preset,
        )
        original, notes = _rehearsed(target, reader, encoded, pieces.trial_path, options)
        after = pieces.done[-1].last if pieces.done else None
        frames = reader.frames(options.start, options.end, after=after)
        painted = pastiches(frames, stylizer, _timeline(stylizer, marks, options), options, pieces.memory)
        complete, transparent = True, False
        writer: PieceWriter | None = None
        pts: list[int] = []
        with closing(painted):
            for frame in painted:
                if writer is None:
                    writer = encoded(pieces.next_path())
                writer.add(_on_white(frame), frame.pts)
                transparent |= frame.alpha is not None
                pts.append(frame.pts)
                progress = replace(progress, frames=progress.frames + 1, time=frame.time)
                yield progress
                stopping = stop()
                if len(pts) == FRAMES_PER_PIECE or stopping:
                    _finish(writer, pieces, pts, frame)
                    writer, pts = None, []
                if stopping:
                    complete = False
                    break
            if writer is not None:
                _finish(writer, pieces, pts, frame)
        if not pieces.done:
            raise VideoError(f"{source} has no frames in the part that is to be painted; see --start and --end")
        notes += _lost(reader)
        if transparent:
            notes.append("a film has no transparency, and so the pictures are laid on white")
        end = options.end if complete else progress.time + float(1 / reader.rate)
        notes += join(
            target,
            list(zip(pieces.paths, pieces.done, strict=True)),
            original,
            reader.time_base,
            start=options.start,
            end=end,
            overwrite=overwrite or resume,
        )
    if complete:
        pieces.discard()
    yield replace(progress, finished=True, complete=complete, notes=tuple(notes))


def _rehearsed(
    target: Path,
    reader: Reader,
    encoded: Callable[[Path], PieceWriter],
    scratch: Path,
    options: FilmOptions,
) -> tuple[Original | None, list[str]]:
    """All that is written at the end is begun once, in grey, before hours go into painting: what sound there can be.

    Raises:
        VideoError: the encoder or the container does not take what it would be given.
    """
    first = math.ceil(options.start / reader.time_base)
    try:
        writer = encoded(scratch)
        writer.add(np.full((reader.height, reader.width, 3), 128, np.uint8), first)
        writer.close()
        if not isinstance(reader, FilmReader):
            return None, []
        piece = Piece(scratch.name, first, first, 1)
        original = Original(reader.path, reader.clock, reader.picture)
        return choose_tracks(target, (scratch, piece), original, reader.time_base, start=options.start, end=options.end)
    finally:
        scratch.unlink(missing_ok=True)


def _paint_stills(
    source: Path | str,
    target: Path,
    stylizer: Stylizer,
    marks: Sequence[tuple[float, Code]],
    options: FilmOptions,
    *,
    overwrite: bool,
    resume: bool,
    stop: Callable[[], bool],
) -> Iterator[Progress]:
    """:func:`paint_film` for an animation, which has no sound, or for frames that are files of their own."""
    with _reader(source, options) as reader:
        done = 0
        while resume and is_numbered(target) and numbered(target, done + 1).exists():
            done += 1
        # What lies before is painted once more: the frames to come are steadied with it.
        frames = reader.frames(options.start, options.end)
        painted = pastiches(frames, stylizer, _timeline(stylizer, marks, options), options)
        progress = Progress(0, _frames_between(reader, options), reader.width, reader.height)
        kept: list[Any] = []
        times: list[float] = []
        complete = True
        with closing(painted):
            for frame in painted:
                progress = replace(progress, frames=progress.frames + 1, time=frame.time)
                if is_numbered(target):
                    if progress.frames > done:
                        file = numbered(target, progress.frames)
                        write_picture(
                            file, frame.pixels, alpha=frame.alpha, quality=options.quality, overwrite=overwrite
                        )
                else:
                    kept.append(frame.pixels if frame.alpha is None else np.dstack([frame.pixels, frame.alpha]))
                    times.append(frame.time)
                yield progress
                if stop():
                    complete = False
                    break
        if progress.frames == 0:
            raise VideoError(f"{source} has no frames in the part that is to be painted; see --start and --end")
        if kept:
            last = float(frame.duration * reader.time_base or 1 / reader.rate)
            plays = reader.plays if isinstance(reader, AnimationReader) else None
            write_animation(target, kept, times, last=last, plays=plays, quality=options.quality, overwrite=overwrite)
        yield replace(progress, finished=True, complete=complete, notes=tuple(_lost(reader)))


def pastiches(
    frames: Iterator[Frame],
    stylizer: Stylizer,
    timeline: StyleTimeline,
    options: MovingOptions,
    memory: dict[str, Any] | None = None,
) -> Generator[Frame, None, None]:
    """Frames painted, in order; reading, following, painting and steadying run side by side.

    Close it when it is not iterated to its end.
    """
    memory = memory or {}
    steps = ahead(frames)
    if options.steady > 0:
        steps = ahead(_followed(steps, memory))
    steps = ahead(_painted(steps, stylizer, timeline, options, memory))
    if options.steady > 0:
        steps = ahead(_steadied(steps, options.steady, memory))
    return steps


def _followed(frames: Iterator[Frame], memory: dict[str, Any]) -> Iterator[Frame]:
    tracker = MotionTracker(memory.get("gray"))
    for frame in frames:
        frame.motion = tracker.track(frame.pixels)
        frame.memory["gray"] = tracker.previous
        yield frame


def _painted(
    frames: Iterator[Frame],
    stylizer: Stylizer,
    timeline: StyleTimeline,
    options: MovingOptions,
    memory: dict[str, Any],
) -> Iterator[Frame]:
    painter = FramePainter(stylizer, options, options.steady, memory)
    before = float(memory["time"]) if "time" in memory else None
    for frame in frames:
        seconds = 0.0 if before is None else frame.time - before
        cut = frame.motion is not None and frame.motion.cut
        frame.pixels = painter.paint(frame.pixels, timeline.at(frame.time), seconds, cut=cut)
        frame.memory |= painter.memory
        frame.memory["time"] = before = frame.time
        yield frame


def _steadied(frames: Iterator[Frame], steady: float, memory: dict[str, Any]) -> Iterator[Frame]:
    steadier = Steadier(steady, memory.get("history"))
    for frame in frames:
        assert isinstance(frame.motion, Motion)
        frame.pixels = steadier.steady(frame.pixels, frame.motion)
        frame.memory["history"] = steadier.history
        yield frame


def _finish(writer: PieceWriter, pieces: Pieces, pts: list[int], last: Frame) -> None:
    writer.close()
    pieces.add(Piece(pieces.next_path().name, pts[0], pts[-1], len(pts), last.duration), last.memory)


def _on_white(frame: Frame) -> NDArray[np.uint8]:
    """The frame as a film can show it, which has no transparency."""
    if frame.alpha is None:
        return frame.pixels
    white = np.full_like(frame.pixels, 255)
    return blend(white, [(frame.pixels, frame.alpha.astype(np.float32) / np.float32(255))])


def _reader(source: Path | str, options: FilmOptions) -> Reader:
    if isinstance(source, Path) and source.is_dir():
        return FolderReader(source, Fraction(options.fps).limit_denominator(1001), size=options.size)
    if isinstance(source, Path) and is_animation(source):
        return AnimationReader(source, size=options.size)
    return FilmReader(source, size=options.size)


def _frames_between(reader: Reader, options: FilmOptions) -> int | None:
    ends = [one for one in (options.end, reader.duration) if one is not None]
    return round(max(0.0, min(ends) - options.start) * reader.rate) if ends else None


def _lost(reader: Reader) -> list[str]:
    notes = []
    if reader.lost:
        notes.append(f"{reader.lost} damaged parts of {reader.path} could not be decoded and are left out")
    if reader.odd:
        notes.append(
            f"{reader.odd} frames of {reader.path} have another size than the first, to which they are stretched"
        )
    if "hdr" in reader.kind:
        notes.append(f"{reader.path} is of high dynamic range, of which what is brighter than paper is compressed")
    return notes


def _timeline(stylizer: Stylizer, marks: Sequence[tuple[float, Code]], options: FilmOptions) -> StyleTimeline:
    """The styles over time; where codes cannot be mixed, one style is cut to the next."""
    return StyleTimeline(marks, options.fade if stylizer.manifest.mixes else 0.0)


def _made_of(
    source: Path | str, stylizer: Stylizer, marks: Sequence[tuple[float, Code]], options: FilmOptions, codec: str
) -> dict[str, Any]:
    """What decides what each frame becomes."""
    told = {name: value for name, value in asdict(options).items() if name not in PACE}
    styles = [(time, hashlib.sha256(codes.fingerprint(code)).hexdigest()) for time, code in marks]
    found: dict[str, Any] = {"film": str(source), "options": told, "styles": styles, "codec": codec}
    if Path(source).is_file():
        facts = Path(source).stat()
        found |= {"bytes": facts.st_size, "changed": facts.st_mtime_ns}
    return found | {
        "model": [stylizer.manifest.sha256(one) for one in (ENCODE_STYLE, PAINT) if one in stylizer.manifest.files]
    }
