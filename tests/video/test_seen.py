"""Frames are painted as they are meant to be seen, and everything that a film says of them is kept or told."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

av = pytest.importorskip("av", reason="needs impasto[video]")

from impasto.image.tags import TO_LIGHT  # noqa: E402
from impasto.video.animation import AnimationReader  # noqa: E402
from impasto.video.reading import FilmReader  # noqa: E402
from impasto.video.stills import FolderReader  # noqa: E402

IDENTITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


def corners(height=32, width=48):
    """Four colours, so that every turning can be told."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (250, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 250, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 250)
    return pixels


def written(path, frames, *, pix_fmt="yuv444p", codec="ffv1", rate=25, color=None, times=None):
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], pix_fmt
        if color:
            context = stream.codec_context
            context.color_primaries, context.color_trc, context.colorspace = color
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb48le" if pixels.dtype == np.uint16 else "rgb24")
            frame = frame.reformat(format=pix_fmt, dst_colorspace=9 if color else 5)
            frame.pts = number if times is None else times[number]
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def first(path):
    with FilmReader(path) as reader:
        return next(reader.frames()).pixels


TURNED = [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)]
MIRRORED = [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)]


@pytest.mark.parametrize("matrix", TURNED + MIRRORED)
def test_every_display_matrix(tmp_path, matrix):
    path = written(tmp_path / "a.mp4", [corners()], codec="libx264", pix_fmt="yuv420p")
    a, b, c, d = (value << 16 for value in matrix)
    data = path.read_bytes()
    place = data.index(IDENTITY, data.index(b"tkhd"))
    path.write_bytes(data[:place] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[place + 36 :])
    source, shown = corners(), first(path)
    height, width = source.shape[:2]
    a, b, c, d = matrix
    for y, x in ((4, 4), (4, width - 5), (height - 5, 4), (height - 5, width - 5)):
        # Where the matrix puts a place, counted from the middle.
        across, down = x - (width - 1) / 2, y - (height - 1) / 2
        column = round(a * across + c * down + (shown.shape[1] - 1) / 2)
        row = round(b * across + d * down + (shown.shape[0] - 1) / 2)
        assert np.abs(shown[row, column].astype(int) - source[y, x]).max() < 40, (y, x)


def test_ten_bits_keep_their_levels(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as film:
        stream = film.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        frame = av.VideoFrame(64, 48, "yuv420p10le")
        ramp = 64 + 13 * np.arange(64)
        for plane, (height, width) in zip(frame.planes, ((48, 64), (24, 32), (24, 32)), strict=True):
            values = np.full((height, plane.line_size // 2), 512, "<u2")
            if width == 64:
                values[:, :64] = ramp
            plane.update(values.tobytes())
        film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    exact = np.rint((ramp - 64) / 876 * 255)
    assert np.abs(first(tmp_path / "a.mkv")[20, :, 1] - exact).max() <= 1


@pytest.mark.parametrize("transfer", [16, 18])
def test_high_dynamic_range_is_compressed_and_told(video, tmp_path, transfer):
    ramp = np.broadcast_to(np.linspace(0, 65_535, 64).astype(np.uint16)[None, :, None], (48, 64, 3)).copy()
    path = written(tmp_path / "a.mkv", [ramp] * 2, pix_fmt="yuv420p10le", color=(9, transfer, 9))
    shown = first(path)[24, :, 1].astype(int)
    light = TO_LIGHT[transfer](np.linspace(0, 1, 64))
    expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert np.abs(shown - expected).max() <= 6
    code, _, err = video(path, "--style", "noon", "--steady", "0", "-o", tmp_path / "o.mp4")
    assert code == 0
    assert "high dynamic range" in err


def test_fields_are_woven(tmp_path):
    """A bar that moves between the two fields has no comb when it is shown."""
    with av.open(str(tmp_path / "a.mkv"), "w") as film:
        stream = film.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.options = {"flags": "+ildct+ilme", "field_order": "tt", "top": "1"}
        stream.codec_context.qmin = stream.codec_context.qmax = 1
        for number in range(6):
            pixels = np.zeros((64, 96, 3), np.uint8)
            for field in (0, 1):
                pixels[field::2, 8 + 8 * number + 4 * field : 28 + 8 * number + 4 * field] = 255
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    with FilmReader(tmp_path / "a.mkv") as reader:
        if "interlaced" not in reader.kind:
            pytest.skip("this FFmpeg encodes no fields")
        frames = list(reader.frames())
    assert len(frames) == 6
    grey = frames[3].pixels[16:48, :, 1].astype(int)
    comb = np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()
    assert comb < 3


def test_the_last_frame_stays_as_long_as_it_did(video, tmp_path):
    frames = [Image.fromarray(corners()), Image.fromarray(corners()[::-1].copy())]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[200, 3000])
    for name in ("o.mp4", "o.mkv"):
        assert video(tmp_path / "a.gif", "--style", "noon", "--steady", "0", "-o", tmp_path / name)[0] == 0
        with av.open(str(tmp_path / name)) as film:
            assert abs(film.duration / av.time_base - 3.2) < 0.1
    assert video(tmp_path / "o.mp4", "--style", "noon", "--steady", "0", "-o", tmp_path / "again.mp4")[0] == 0
    with av.open(str(tmp_path / "again.mp4")) as film:
        assert abs(film.duration / av.time_base - 3.2) < 0.1


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
@pytest.mark.parametrize("plays", [1, 3, None])
def test_animations_keep_times_repetitions_and_transparency(video, tmp_path, suffix, plays):
    alpha = np.zeros((32, 48), np.uint8)
    alpha[8:24, 8:40] = 255
    frames = [Image.fromarray(np.dstack([np.roll(corners(), shift, 1), alpha])) for shift in (0, 8)]
    loop = {} if suffix == ".gif" and plays == 1 else {"loop": (plays or 0) - (suffix == ".gif" and plays is not None)}
    more = {"disposal": 2} if suffix == ".gif" else {"lossless": True} if suffix == ".webp" else {}
    source = tmp_path / f"a{suffix}"
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=[100, 700], **loop, **more)
    assert video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / f"o{suffix}")[0] == 0
    reader = AnimationReader(tmp_path / f"o{suffix}")
    found = list(reader.frames())
    assert ([one.duration for one in found], reader.plays) == ([100, 700], plays)
    for one in found:
        np.testing.assert_array_equal(one.alpha, alpha)
    again = f"b{suffix}"
    assert video(tmp_path / f"o{suffix}", "--style", "noon", "--steady", "0", "-o", tmp_path / again)[0] == 0
    code, _, err = video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / "o.mp4", "--overwrite")
    assert code == 0
    assert "laid on white" in err
    assert first(tmp_path / "o.mp4")[2, 2].min() > 250


def test_frames_of_another_size_are_told(video, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, size in enumerate(((48, 32), (48, 32), (32, 32))):
        Image.new("RGB", size).save(folder / f"{number}.png")
    (folder / "._0.png").write_bytes(b"of another system")
    assert len(FolderReader(folder, 25).files) == 3
    code, _, err = video(folder, "--style", "noon", "--steady", "0", "-o", tmp_path / "o.mp4")
    assert code == 0
    assert "1 frames" in err
    assert "another size" in err
    assert "damaged" not in err


def test_frames_beside_a_film_are_not_left_out_in_silence(video, clip, tmp_path, caplog):
    folder = tmp_path / "mixed"
    folder.mkdir()
    clip("a.mp4", times=[0, 40]).rename(folder / "a.mp4")
    for number in range(3):
        Image.new("RGB", (48, 32)).save(folder / f"{number}.png")
    code, _, err = video(folder, "--style", "noon", "-o", tmp_path / "o.mp4")
    assert code == 2
    assert "1 films and 3 pictures" in err
    assert video(folder, "--style", "noon", "--steady", "0", "-o", f"{tmp_path}/out/")[0] == 0
    assert "the pictures are left out" in caplog.text
