"""Sound and subtitles on their way from film to film: copied, or encoded anew, or left out with a word about it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from impasto.video.clock import Clock, open_film
from impasto.video.reading import reason

__all__ = ["Original", "Track", "add_track", "possible_tracks", "sentence"]

# FFmpeg's own encoder of Opus is experimental.
ENCODERS = {"opus": "libopus", "vorbis": "libopus"}
# By channels: what encoders know. More, or those that are nowhere in particular, are mixed to two.
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
USUAL_RATE = 48_000
JITTER = 0.1  # seconds


@dataclass(frozen=True)
class Track:
    """A stream of the original and what is done with it.

    Attributes:
        index: the stream's.
        kind: audio or subtitle.
        name: of its codec.
        encoder: what encodes it anew; None copies it.
        rate: samples per second, if it is encoded.
        layout: of the channels, if it is encoded.
    """

    index: int
    kind: str
    name: str
    encoder: str | None = None
    rate: int = 0
    layout: str = ""


@dataclass(frozen=True)
class Original:
    """The film that is painted, as far as it is not picture.

    Attributes:
        path: a file or URL.
        clock: of its time stamps.
        picture: the index of the stream that is painted.
        tracks: what is taken over besides.
    """

    path: str | Path
    clock: Clock
    picture: int
    tracks: tuple[Track, ...] = ()


def possible_tracks(stream: Any, output: Any) -> list[Track]:
    """What may be done with a stream of sound or subtitles, the best first; none where nothing can be."""
    context = stream.codec_context
    name = context.name if context else "unknown"
    copy = Track(stream.index, stream.type, name)
    # Without a decoder nobody knows whether the container holds it, short of trying.
    found = [copy] if context is None or context.codec.canonical_name in output.supported_codecs else []
    codec = output.default_audio_codec
    if context is None or stream.type != "audio" or codec in (None, "none"):
        return found
    encoder = ENCODERS.get(codec, codec)
    rate = _rate(encoder, context.sample_rate or USUAL_RATE)
    channels = context.layout.nb_channels if context.layout else 0
    own = context.layout.name if context.layout else ""
    layouts = dict.fromkeys((own, LAYOUTS.get(channels, "stereo"), "stereo", "mono"))
    return found + [
        Track(stream.index, stream.type, name, encoder, rate, layout)
        for layout in layouts
        if layout and "channels" not in layout
    ]


def add_track(
    stack: contextlib.ExitStack,
    output: Any,
    original: Original,
    track: Track,
    *,
    origin: float,
    stop: float | None,
) -> Iterator[tuple[float, Any]]:
    """Give a film one more stream; its packets with their times in seconds.

    Args:
        stack: closes what is opened; each stream is read by a container of its own, as they may be far apart.
        origin, stop: the second of the original at which the film begins, and of the film at which it ends.

    Raises:
        Exception: whatever FFmpeg's libraries and PyAV make of streams that they do not take.
    """
    own = stack.enter_context(open_film(original.path))
    source = own.streams[track.index]
    if track.encoder is None:
        target = output.add_stream_from_template(source)
        target.time_base = source.time_base
        packets = _copied(own, source, target, original.clock, origin=origin, stop=stop)
    else:
        target = output.add_stream(track.encoder, rate=track.rate)
        target.codec_context.layout = track.layout
        target.codec_context.open()
        packets = _encoded(own, source, target, original.clock, origin=origin, stop=stop)
    target.metadata.update(source.metadata)
    target.disposition = source.disposition
    return packets


def _copied(
    container: Any, source: Any, target: Any, clock: Clock, *, origin: float, stop: float | None
) -> Iterator[tuple[float, Any]]:
    unit = source.time_base
    offset = round(Fraction(origin) / unit)
    last = -math.inf
    for packet in clock.packets(container, source, offset):
        begin = packet.dts if packet.dts is not None else packet.pts
        if begin is None:
            continue
        time = float(begin * unit) - origin
        if stop is not None and time >= stop:
            return
        if offset:
            if packet.pts is not None:
                packet.pts -= offset
            if packet.dts is not None:
                packet.dts -= offset
            if time + float((packet.duration or 0) * unit) <= 0:
                continue  # before the part that is wanted
        if begin <= last:
            continue  # muxers take no packet from before the last one
        last = begin
        packet.stream = target
        yield time, packet


def _encoded(
    container: Any, source: Any, target: Any, clock: Clock, *, origin: float, stop: float | None
) -> Iterator[tuple[float, Any]]:
    unit = source.time_base
    context = target.codec_context
    resampler = None
    time = following = 0.0
    for packet in clock.packets(container, source, round(Fraction(origin) / unit)):
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            continue
        for frame in frames:
            # Coarse time stamps, and those that are missing, follow each other without a gap.
            told = following if frame.pts is None else float(frame.pts * unit) - origin
            time = following if told < following + JITTER and following else told
            if time < 0:
                continue
            following = time + frame.samples / frame.sample_rate
            if stop is not None and time >= stop:
                break
            if resampler is None:
                resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or None)
            frame.time_base = Fraction(1, frame.sample_rate)
            frame.pts = round(time * frame.sample_rate)
            for resampled in resampler.resample(_placed(frame)):
                yield time, target.encode(resampled)
    if resampler is not None:
        for resampled in resampler.resample(None):
            yield time, target.encode(resampled)
        yield time, target.encode(None)


def _placed(frame: Any) -> Any:
    """The frame, whose channels are somewhere: resampling asks where, and some formats do not say."""
    if "channels" not in frame.layout.name:
        return frame
    channels = frame.layout.nb_channels
    samples = frame.to_ndarray()
    layout = LAYOUTS.get(channels)
    if layout is None:  # the first two are heard
        planes = samples if frame.format.is_planar else samples.reshape(-1, channels).T
        samples, layout = planes[:2] if frame.format.is_planar else planes[:2].T.reshape(1, -1).copy(), "stereo"
    placed = av.AudioFrame.from_ndarray(samples, format=frame.format.name, layout=layout)
    placed.sample_rate, placed.pts, placed.time_base = frame.sample_rate, frame.pts, frame.time_base
    return placed


def _rate(codec: str, wanted: int) -> int:
    """The encoder's least rate that loses nothing, in samples per second."""
    rates = av.Codec(codec, "w").audio_rates
    return wanted if not rates else min((one for one in rates if one >= wanted), default=max(rates))


def sentence(track: Track, container: str, problem: Exception | None = None) -> str:
    """What became of a track that is not copied."""
    what = "sound" if track.kind == "audio" else "subtitles"
    if problem is not None:
        return f"the {track.name} {what} could not be kept: {reason(problem)}"
    if track.encoder is not None:
        fate = f"is now {track.encoder.removeprefix('lib')}"
    else:
        fate = "is left out" if track.kind == "audio" else "are left out"
    return f"the {container} container does not hold {track.name} {what}, which {fate}"
