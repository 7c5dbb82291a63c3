"""Joining the pieces of a film with the sound, subtitles, chapters and words of the original, none of them decoded."""

from __future__ import annotations

import contextlib
import heapq
import os
import uuid
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from impasto.errors import OutputExists, VideoError
from impasto.files import move_into_place
from impasto.video.pieces import Piece
from impasto.video.reading import reason

__all__ = ["join"]

# What a container says of itself, not of the film.
OWN_WORDS = {"major_brand", "minor_version", "compatible_brands", "encoder"}


def join(
    target: Path,
    pieces: Sequence[tuple[Path, Piece]],
    original: str | Path | None,
    time_base: Fraction,
    *,
    start: float = 0.0,
    end: float | None = None,
    overwrite: bool = False,
) -> list[str]:
    """Write a film from its pieces and all but the picture of the original; beside the target, then moved into place.

    Audio and subtitles are copied packet by packet. Audio that the target's container does not hold is encoded anew;
    subtitles that it does not hold are left out.

    Args:
        pieces: files and what is in them, in order.
        original: where sound comes from; ``None`` if it has none.
        time_base: of the pieces' time stamps.
        start, end: the part of the original in seconds; its start becomes the film's.
        overwrite: replace an existing target.

    Returns:
        What could not be kept, a sentence each.

    Raises:
        VideoError: the film cannot be written.
    """
    beside = Path(os.path.realpath(target)).with_name(f".impasto-{uuid.uuid4().hex[:12]}.part{target.suffix}")
    notes: list[str] = []
    try:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(av.open(str(beside), "w", options=_options(target)))
            first = stack.enter_context(av.open(str(pieces[0][0])))
            picture = output.add_stream_from_template(first.streams.video[0])
            picture.time_base = first.streams.video[0].time_base
            sources = [_picture(pieces, picture, time_base, start)]
            if original is not None:
                other = stack.enter_context(av.open(str(original), metadata_errors="replace"))
                _copy_words(other, output, start, end, notes)
                sources += _other_streams(stack, other, original, output, notes, start=start, end=end)
            for _, packets in heapq.merge(*sources, key=lambda one: one[0]):
                output.mux(packets)
        move_into_place(beside, target, overwrite=overwrite)
    except FileExistsError:
        raise OutputExists(f"cannot write {target}: it exists already; move it out of the way") from None
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"cannot write {target}: {reason(error)}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    return notes


def _options(target: Path) -> dict[str, str]:
    # Players may begin before a film is there as a whole.
    return {"movflags": "+faststart"} if target.suffix.lower() in (".mp4", ".m4v", ".mov") else {}


def _picture(
    pieces: Sequence[tuple[Path, Piece]], stream: Any, time_base: Fraction, start: float
) -> Iterator[tuple[float, Any]]:
    """The packets of all pieces, each with its time in seconds."""
    before: int | None = None
    for path, piece in pieces:
        with av.open(str(path)) as container:
            source = container.streams.video[0]
            unit = source.time_base
            assert unit is not None
            offset = round((piece.first * time_base - Fraction(start)) / unit)
            for packet in container.demux(source):
                if packet.dts is None or packet.pts is None:
                    continue  # the empty packet at the end
                packet.pts += offset
                # Where a piece begins with frames that stay longer, its decoding would begin before the last one's end.
                packet.dts += offset
                packet.dts = packet.dts if before is None else min(max(packet.dts, before + 1), packet.pts)
                before = packet.dts
                packet.stream = stream
                yield float(packet.dts * unit), packet


def _other_streams(
    stack: contextlib.ExitStack,
    other: Any,
    original: str | Path,
    output: Any,
    notes: list[str],
    *,
    start: float,
    end: float | None,
) -> list[Iterator[tuple[float, Any]]]:
    """One iterator for each stream of sound or subtitles that the output can hold."""
    supported = output.supported_codecs
    origin = (other.start_time or 0) / av.time_base + start
    stop = None if end is None else end - start
    found = []
    for index, stream in enumerate(other.streams):
        if stream.type not in ("audio", "subtitle"):
            continue
        name = stream.codec_context.name if stream.codec_context else "unknown"
        copied = {stream.codec_context.codec.canonical_name} & supported if stream.codec_context else set()
        if not copied and stream.type == "subtitle":
            notes.append(f"the {output.format.name} container does not hold {name} subtitles, which are left out")
            continue
        # Each stream is read by a container of its own: they may be far apart in the file.
        own = stack.enter_context(av.open(str(original), metadata_errors="replace"))
        source = own.streams[index]
        try:
            if copied:
                target = output.add_stream_from_template(source)
                target.time_base = source.time_base
                packets = _copied(own, source, target, origin, stop)
            else:
                codec = output.default_audio_codec
                target = output.add_stream(codec, rate=_rate(codec, source.codec_context.sample_rate))
                target.codec_context.layout = source.codec_context.layout
                target.codec_context.open()
                notes.append(f"the {output.format.name} container does not hold {name} sound, which is now {codec}")
                packets = _encoded(own, source, target, origin, stop)
        except (av.FFmpegError, ValueError) as error:
            notes.append(f"the {name} {stream.type} could not be kept: {reason(error)}")
            continue
        target.metadata.update(source.metadata)
        found.append(packets)
    return found


def _copied(container: Any, source: Any, target: Any, origin: float, stop: float | None) -> Iterator[tuple[float, Any]]:
    unit = source.time_base
    offset = round(origin / unit)
    _seek(container, source, offset)
    for packet in _packets(container, source):
        if packet.dts is None and packet.pts is None:
            continue
        time = float((packet.dts if packet.dts is not None else packet.pts) * unit) - origin
        if stop is not None and time >= stop:
            return
        if offset:
            if packet.pts is not None:
                packet.pts -= offset
            if packet.dts is not None:
                packet.dts -= offset
            if time + float((packet.duration or 0) * unit) <= 0:
                continue  # before the part that is wanted
        packet.stream = target
        yield time, packet


def _encoded(
    container: Any, source: Any, target: Any, origin: float, stop: float | None
) -> Iterator[tuple[float, Any]]:
    unit = source.time_base
    _seek(container, source, round(origin / unit))
    context = target.codec_context
    resampler = None
    time = 0.0
    for packet in _packets(container, source):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            time = float((frame.pts or 0) * unit) - origin
            if time < 0:
                continue
            if stop is not None and time >= stop:
                break
            if resampler is None:
                resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or None)
            frame.pts = round(time / unit)
            for resampled in resampler.resample(frame):
                yield time, target.encode(resampled)
    if resampler is not None:
        for resampled in resampler.resample(None):
            yield time, target.encode(resampled)
        yield time, target.encode(None)


def _rate(codec: str, wanted: int) -> int:
    """The encoder's least rate that loses nothing, in samples per second."""
    rates = av.Codec(codec, "w").audio_rates
    return wanted if not rates else min((one for one in rates if one >= wanted), default=max(rates))


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Its packets, to where the file is damaged or ends."""
    with contextlib.suppress(av.FFmpegError, OSError):
        yield from container.demux(stream)


def _seek(container: Any, stream: Any, place: int) -> None:
    if place > 0:
        with contextlib.suppress(av.FFmpegError):
            container.seek(place, stream=stream)


def _copy_words(other: Any, output: Any, start: float, end: float | None, notes: list[str]) -> None:
    """Title, artist and so on, and the chapters inside the part that is wanted."""
    output.metadata.update({name: text for name, text in other.metadata.items() if name.lower() not in OWN_WORDS})
    chapters = []
    for chapter in other.chapters():
        unit = chapter["time_base"] or Fraction(1, av.time_base)
        begin, stop = (float(chapter[side] * unit) - start for side in ("start", "end"))
        if stop <= 0 or (end is not None and begin >= end - start):
            continue
        begin, stop = max(begin, 0.0), stop if end is None else min(stop, end - start)
        chapters.append({**chapter, "start": round(begin / unit), "end": round(stop / unit)})
    if chapters:
        try:
            output.set_chapters(chapters)
        except (av.FFmpegError, ValueError) as error:
            notes.append(f"the chapters could not be kept: {reason(error)}")
