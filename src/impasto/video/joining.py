"""Joining the pieces of a film with the sound, subtitles, chapters and words of the original."""

from __future__ import annotations

import contextlib
import heapq
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av

from impasto.errors import OutputExists, VideoError
from impasto.files import move_into_place
from impasto.video.clock import address, open_film
from impasto.video.pieces import Piece
from impasto.video.reading import reason
from impasto.video.tracks import Original, Track, add_track, possible_tracks, sentence

__all__ = ["choose_tracks", "join"]

PACKETS_TO_TRY = 16
KEPT_WORDS = ("language", "title", "handler_name")
# What a container says of itself, not of the film.
OWN_WORDS = {"major_brand", "minor_version", "compatible_brands", "encoder"}


def join(
    target: Path,
    pieces: Sequence[tuple[Path, Piece]],
    original: Original | None,
    time_base: Fraction,
    *,
    start: float = 0.0,
    end: float | None = None,
    overwrite: bool = False,
) -> list[str]:
    """Write a film from its pieces and all but the picture of the original; beside the target, then moved into place.

    Sound and subtitles never cost the picture: what fails on the way is left out from there on, or altogether.

    Args:
        pieces: files and what is in them, in order.
        original: where sound comes from, as :func:`choose_tracks` has found; ``None`` if it has none.
        time_base: of the pieces' time stamps.
        start, end: the part of the original in seconds; its start becomes the film's.
        overwrite: replace an existing target.

    Returns:
        What could not be kept, a sentence each.

    Raises:
        VideoError: the film cannot be written.
        OutputExists: there is one, and ``overwrite`` is false.
    """
    beside = Path(os.path.realpath(target)).with_name(f".impasto-{uuid.uuid4().hex[:12]}.part{target.suffix}")
    notes: list[str] = []
    try:
        try:
            _write(beside, pieces, original, time_base, notes, start=start, end=end)
        except (av.FFmpegError, OSError, ValueError) as error:
            if original is None or not original.tracks:
                raise
            notes.append(f"sound and subtitles could not be kept: {reason(error)}")
            _write(beside, pieces, replace(original, tracks=()), time_base, notes, start=start, end=end)
        move_into_place(beside, target, overwrite=overwrite)
    except FileExistsError:
        raise OutputExists(f"cannot write {target}: it exists already; move it out of the way") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"cannot write {target}: {reason(error)}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    return notes


def choose_tracks(
    target: Path,
    piece: tuple[Path, Piece],
    original: Original,
    time_base: Fraction,
    *,
    start: float = 0.0,
    end: float | None = None,
) -> tuple[Original, list[str]]:
    """Which sound and subtitles the film can have: tried out by beginning to write it, before anything is painted.

    Each stream is copied, or else encoded with a rate and layout that the container takes, or else left out.

    Args:
        target: the film, of which only the suffix counts.
        piece: a short one, encoded as all of them will be, in a folder that may be written.
        original: the film to choose from.
        time_base, start, end: as in :func:`join`.

    Returns:
        The original with its tracks, and what becomes of those that are not copied, a sentence each.

    Raises:
        VideoError: the container does not even take the picture.
    """
    beside = piece[0].with_name(f"trial{target.suffix}")
    notes: list[str] = []

    def problem(*tracks: Track) -> Exception | None:
        try:
            tried = replace(original, tracks=tracks)
            _write(beside, [piece], tried, time_base, [], start=start, end=end, most=PACKETS_TO_TRY)
        except Exception as error:  # noqa: BLE001 - PyAV raises anything about streams that it does not know
            return error
        return None

    try:
        if (error := problem()) is not None:
            raise VideoError(f"cannot write {target}: {reason(error)}; give another --codec or another kind of file")
        with open_film(original.path) as other, av.open(address(beside), "w") as output:
            container = output.format.name
            choices = [possible_tracks(one, output) for one in other.streams if one.type in ("audio", "subtitle")]
            names = [
                Track(one.index, one.type, one.codec_context.name if one.codec_context else "unknown")
                for one in other.streams
                if one.type in ("audio", "subtitle")
            ]
        chosen: list[Track] = []
        for track, choice in zip(names, choices, strict=True):
            error, found = None, None
            for one in choice:
                if (error := problem(one)) is None:
                    found = one
                    break
            if found is not None:
                chosen.append(found)
            if found is None or found.encoder is not None:
                notes.append(sentence(found or track, container, error))
        while chosen and (error := problem(*chosen)) is not None:
            notes.append(sentence(chosen.pop(), container, error))
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    return replace(original, tracks=tuple(chosen)), notes


def _write(
    path: Path,
    pieces: Sequence[tuple[Path, Piece]],
    original: Original | None,
    time_base: Fraction,
    notes: list[str],
    *,
    start: float,
    end: float | None,
    most: int | None = None,
) -> None:
    """Write a film, in which what fails of a track is a note and the end of that track.

    With ``most``, only so many packets of each track are written, and whatever fails is raised.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(av.open(address(path), "w", options=_options(path)))
        first = stack.enter_context(av.open(address(pieces[0][0])))
        picture = output.add_stream_from_template(first.streams.video[0])
        picture.time_base = first.streams.video[0].time_base
        sources: list[Iterator[tuple[float, Any, Track | None]]] = [
            ((time, packet, None) for time, packet in _picture(pieces, picture, time_base, start))
        ]
        if original is not None:
            other = stack.enter_context(open_film(original.path))
            _copy_words(other, output, start, end, notes)
            painted = other.streams[original.picture]
            picture.disposition = painted.disposition
            picture.metadata.update({name: text for name, text in painted.metadata.items() if name in KEPT_WORDS})
            origin = (other.start_time or 0) / av.time_base + start
            stop = None if end is None else end - start
            for track in original.tracks:
                packets = add_track(stack, output, original, track, origin=origin, stop=stop)
                sources.append(_of_track(packets, track, notes, most))
        output.start_encoding()
        over: set[Track] = set()
        for _, packets, of in heapq.merge(*sources, key=lambda one: one[0]):
            if of is None or most is not None:
                output.mux(packets)
            elif of not in over:
                try:
                    output.mux(packets)
                except (av.FFmpegError, ValueError) as error:
                    over.add(of)
                    notes.append(_ends(of, error))


def _of_track(
    packets: Iterator[tuple[float, Any]], track: Track, notes: list[str], most: int | None
) -> Iterator[tuple[float, Any, Track | None]]:
    try:
        for time, packet in islice(packets, most):
            yield time, packet, track
    except Exception as error:  # sound never costs the picture
        if most is not None:
            raise
        notes.append(_ends(track, error))


def _ends(track: Track, error: Exception) -> str:
    kind = "sound" if track.kind == "audio" else "subtitles"
    return f"the {track.name} {kind} could not be kept to the end: {reason(error)}"


def _options(target: Path) -> dict[str, str]:
    # Players may begin before a film is there as a whole.
    return {"movflags": "+faststart"} if target.suffix.lower() in (".mp4", ".m4v", ".mov") else {}


def _picture(
    pieces: Sequence[tuple[Path, Piece]], stream: Any, time_base: Fraction, start: float
) -> Iterator[tuple[float, Any]]:
    """The packets of all pieces, each with its time in seconds."""
    before: int | None = None
    for path, piece in pieces:
        with av.open(address(path)) as container:
            source = container.streams.video[0]
            unit = source.time_base
            assert unit is not None
            offset = round((piece.first * time_base - Fraction(start)) / unit)
            packets: Iterable[Any] = container.demux(source)
            if piece.duration and path == pieces[-1][0]:
                packets = list(packets)
                last = max((one for one in packets if one.pts is not None), key=lambda one: one.pts)
                last.duration = round(piece.duration * time_base / unit)
            for packet in packets:
                if packet.dts is None or packet.pts is None:
                    continue  # the empty packet at the end
                packet.pts += offset
                # Where a piece begins with frames that stay longer, its decoding would begin before the last one's end.
                packet.dts += offset
                packet.dts = packet.dts if before is None else min(max(packet.dts, before + 1), packet.pts)
                before = packet.dts
                packet.stream = stream
                yield float(packet.dts * unit), packet


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
