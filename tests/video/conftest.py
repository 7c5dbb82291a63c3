"""Small films made in the test."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av", reason="needs impasto[video]")
pytest.importorskip("cv2", reason="needs impasto[video]")

CLOCK = Fraction(1, 1000)


def picture(index, height, width):
    """A pattern that moves two pixels a frame."""
    y, x = np.mgrid[:height, :width]
    planes = [(x - 2 * index) * 4 % 256, (y + index) * 3 % 256, (x + y) // 2 % 256]
    return np.stack(planes, axis=-1).astype(np.uint8)


def write_clip(path, *, times=None, height=64, width=96, codec="libx264", audio=None, pix_fmt="yuv420p", title=None):
    """A film of frames at the given milliseconds, with a tone if ``audio`` names a codec."""
    times = list(range(0, 1000, 40)) if times is None else times
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = CLOCK
        sound = container.add_stream(audio, rate=16000, layout="mono") if audio else None
        if title:
            container.metadata["title"] = title
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(index, height, width), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = time, CLOCK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound:
            seconds = (times[-1] + 40) / 1000
            tone = np.sin(np.arange(int(16000 * seconds)) / 6).astype(np.float32)
            size = sound.codec_context.frame_size or 1024
            resampler = av.AudioResampler(sound.format, "mono", 16000)
            for start in range(0, len(tone) - size, size):
                frame = av.AudioFrame.from_ndarray(tone[None, start : start + size], format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 16000, start
                for one in resampler.resample(frame):
                    container.mux(sound.encode(one))
            container.mux(sound.encode(None))
    return path


def times_of(path):
    """The time stamps of a film's frames in milliseconds, and their size."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return [round(float(one.pts * one.time_base) * 1000) for one in frames], (frames[0].height, frames[0].width)


def packets_of(path, kind):
    """What a film's first stream of a kind says, packet by packet."""
    with av.open(str(path)) as container:
        stream = next(one for one in container.streams if one.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


@pytest.fixture
def clip(tmp_path):
    """Writes a film: ``clip("a.mp4", ...)``."""
    return lambda name, **details: write_clip(tmp_path / name, **details)


@pytest.fixture
def video(toy_model, capsys):
    """Runs ``impasto video``; gives its exit code and what it printed."""
    from impasto.cli.main import main

    def run(*arguments):
        code = main(["video", *map(str, arguments), "--model", str(toy_model)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def stylizer(toy_model):
    from impasto.inference.stylizer import Stylizer

    return Stylizer.load(toy_model)


@pytest.fixture
def look():
    """What tests look at films with."""

    class Look:
        times, packets = staticmethod(times_of), staticmethod(packets_of)

    return Look
