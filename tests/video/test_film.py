from __future__ import annotations

import json
import signal
import weakref

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av", reason="needs impasto[video]")
pytest.importorskip("cv2", reason="needs impasto[video]")

import av

from impasto.cli.film_plan import split_time, style_marks
from impasto.errors import UsageError, VideoError
from impasto.video import film as film_room
from impasto.video import reading
from impasto.video.film import paint_film
from impasto.video.options import FilmOptions
from impasto.video.reading import FilmReader

UNEVEN = [0, 40, 100, 120, 260, 300, 301, 420, 500, 760, 800, 840]


def paint(stylizer, source, target, *, stop=lambda: False, resume=False, **options):
    marks = [(0.0, stylizer.preset_code("noon"))]
    told = FilmOptions(style=("noon",), **options)
    return list(paint_film(source, target, stylizer, marks, told, overwrite=True, resume=resume, stop=stop))


def test_sound_is_copied_bit_by_bit_and_frames_keep_their_times(video, clip, look, tmp_path):
    source = clip("a.mp4", times=UNEVEN, audio="aac", title="Tiny")
    code, out, err = video(source, "--style", "noon", "-o", tmp_path / "out.mp4")
    assert (code, err) == (0, "")
    assert "12 frames" in out
    assert look.packets(tmp_path / "out.mp4", "audio") == look.packets(source, "audio")
    assert look.times(tmp_path / "out.mp4") == (UNEVEN, (64, 96))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["title"] == "Tiny"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.mp4", "out.mp4"]


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("a.mkv", {"codec": "ffv1", "audio": "flac"}),
        ("a.avi", {"codec": "mpeg4", "times": None}),
        ("a.mkv", {"codec": "ffv1", "pix_fmt": "yuv420p10le"}),
    ],
)
def test_containers_codecs_and_depths(video, clip, look, tmp_path, name, details):
    source = clip(name, **details)
    assert video(source, "--style", "noon", "-o", tmp_path / "out.mp4")[0] == 0
    times, size = look.times(tmp_path / "out.mp4")
    assert len(times) == 25
    assert size == (64, 96)


def test_odd_sizes_are_made_even_for_h264_and_kept_by_vp9(video, clip, look, tmp_path):
    source = clip("a.mkv", codec="ffv1", height=51, width=75, times=[0, 40, 80], audio="pcm_s16le")
    assert video(source, "--style", "noon", "-o", tmp_path / "even.mp4")[0] == 0
    assert look.times(tmp_path / "even.mp4")[1] == (52, 76)
    code, _, err = video(source, "--style", "noon", "-o", tmp_path / "odd.webm")
    assert code == 0
    assert "pcm_s16le sound, which is now opus" in err
    assert look.times(tmp_path / "odd.webm") == ([0, 40, 80], (51, 75))


def test_a_part_of_a_film_begins_at_nought(video, clip, look, tmp_path):
    source = clip("a.mp4", audio="aac")
    assert video(source, "--style", "noon", "-o", tmp_path / "out.mp4", "--start", "0.2", "--end", "0.6")[0] == 0
    assert look.times(tmp_path / "out.mp4")[0] == list(range(0, 400, 40))
    copied, whole = look.packets(tmp_path / "out.mp4", "audio"), look.packets(source, "audio")
    assert 0 < len(copied) < len(whole)
    assert set(copied) <= set(whole)


def test_rotation_and_pixel_aspect_are_made_true(clip, tmp_path):
    source = clip("a.mp4", times=[0, 40])
    turned = tmp_path / "turned.mp4"
    with av.open(str(source)) as one, av.open(str(turned), "w") as other:
        stream = other.add_stream_from_template(one.streams.video[0])
        stream.set_display_rotation(90)
        for packet in one.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                other.mux(packet)
    with FilmReader(source) as upright, FilmReader(turned) as reader:
        first, other = next(upright.frames()), next(reader.frames())
    assert (reader.height, reader.width) == (96, 64)
    assert np.array_equal(np.rot90(first.pixels), other.pixels) or np.array_equal(
        np.rot90(first.pixels, 3), other.pixels
    )


def test_stopping_leaves_a_film_and_resuming_gives_the_very_same_frames(stylizer, clip, look, tmp_path, monkeypatch):
    monkeypatch.setattr(film_room, "FRAMES_PER_PIECE", 10)
    encoded = []

    class Spy(film_room.PieceWriter):
        def add(self, pixels, pts):
            if "trial" not in self._path.name:
                encoded.append((pts, pixels.tobytes()))
            super().add(pixels, pts)

    monkeypatch.setattr(film_room, "PieceWriter", Spy)
    source = clip("a.mp4", audio="aac")
    paint(stylizer, source, tmp_path / "whole.mp4")
    whole = encoded.copy()
    encoded.clear()
    count = iter(range(100))
    steps = paint(stylizer, source, tmp_path / "out.mp4", stop=lambda: next(count) == 9)
    assert steps[-1].finished
    assert not steps[-1].complete
    assert look.times(tmp_path / "out.mp4")[0] == list(range(0, 400, 40))
    steps = paint(stylizer, source, tmp_path / "out.mp4", resume=True)
    assert (steps[0].frames, steps[-1].frames, steps[-1].complete) == (11, 25, True)
    assert encoded == whole
    assert look.times(tmp_path / "out.mp4") == look.times(tmp_path / "whole.mp4")
    assert look.packets(tmp_path / "out.mp4", "audio") == look.packets(source, "audio")
    assert not list(tmp_path.glob(".*"))


def test_resuming_with_other_options_is_refused(stylizer, clip, tmp_path):
    source = clip("a.mp4")
    paint(stylizer, source, tmp_path / "out.mp4", stop=lambda: True)
    with pytest.raises(VideoError, match="other options"):
        paint(stylizer, source, tmp_path / "out.mp4", resume=True, strength=0.5)


def test_ctrl_c_ends_with_130_and_a_film_that_plays(video, clip, look, tmp_path, monkeypatch):
    source = clip("a.mp4")
    real = film_room.pastiches

    def interrupted(*arguments, **named):
        for index, frame in enumerate(real(*arguments, **named)):
            if index == 5:
                signal.raise_signal(signal.SIGINT)
            yield frame

    monkeypatch.setattr(film_room, "pastiches", interrupted)
    code, _, err = video(source, "--style", "noon", "-o", tmp_path / "out.mp4")
    assert code == 130
    assert "--resume" in err
    assert len(look.times(tmp_path / "out.mp4")[0]) == 6


def test_a_bad_clip_in_a_folder_stops_nothing(video, clip, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("a.mp4", "z.mp4"):
        clip(name, times=[0, 40]).rename(clips / name)
    (clips / "empty.mp4").write_bytes(b"")
    (clips / "text.mkv").write_text("no film")
    code, out, err = video(clips, "--style", "noon", "-o", tmp_path / "painted", "--json")
    assert code == 1
    assert sorted(one.name for one in (tmp_path / "painted").iterdir()) == ["a-noon.mp4", "z-noon.mp4"]
    assert "empty.mp4" in err
    assert "text.mkv" in err
    assert ["error" in one for one in json.loads(out)["films"]] == [False, True, True, False]


def test_truncated_and_damaged_films_are_painted_as_far_as_they_go(video, clip, tmp_path):
    source = clip("a.mkv", codec="libx264", times=list(range(0, 4000, 40)))
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) * 2 // 3])
    code, out, _ = video(source, "--style", "noon", "-o", tmp_path / "out.mp4", "--json")
    assert code == 0
    assert 30 < json.loads(out)["films"][0]["frames"] < 100


def test_what_is_no_film_is_named(video, clip, tmp_path):
    sound = tmp_path / "sound.wav"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    for arguments, words in (
        ([sound], "no moving picture"),
        ([tmp_path / "none.mp4"], "cannot read"),
        ([clip("a.mp4"), "-o", tmp_path / "a.txt"], "its suffix is none of"),
        ([tmp_path / "a.mp4", "-o", tmp_path / "b.webm", "--codec", "h264"], "vp9 or av1"),
        ([tmp_path / "a.mp4", "--start", "9", "-o", tmp_path / "c.mp4"], "no frames in the part"),
        ([tmp_path / "a.mp4", "--start", "3", "--end", "2"], "after the start"),
    ):
        code, _, err = video(*arguments, "--style", "noon")
        assert code == 2
        assert words in err
        assert err.count("\n") == 1
    assert not list(tmp_path.glob("*-noon*"))


def test_a_full_disk_is_one_sentence(video, clip, tmp_path, file_size_limit):
    source = clip("a.mp4", times=list(range(0, 8000, 40)), height=128, width=192)
    with file_size_limit(3000):
        code, _, err = video(source, "--style", "noon", "-o", tmp_path / "out.mp4")
    assert code == 2
    assert "cannot write" in err
    assert not (tmp_path / "out.mp4").exists()


def test_styles_fade_from_one_to_the_next(video, clip, tmp_path):
    source = clip("a.mkv", codec="ffv1")
    arguments = ["--style", "dusk@0s", "--style", "sea-foam@0:00.4", "--fade", "0.2", "--steady", "0"]
    assert video(source, *arguments, "-o", tmp_path / "f%02d.png")[0] == 0
    means = [np.asarray(Image.open(tmp_path / f"f{number:02}.png")).mean() for number in range(1, 26)]
    assert abs(means[9] - means[0]) < 3
    assert means[15] - means[0] > 20
    assert means[9] < means[12] < means[15]


def test_animations_and_folders_of_frames(video, clip, tmp_path):
    assert video(clip("a.mp4", times=[0, 40, 80]), "--style", "noon", "-o", tmp_path / "f%03d.png")[0] == 0
    frames = tmp_path / "frames"
    frames.mkdir()
    for file in tmp_path.glob("f*.png"):
        file.rename(frames / file.name)
    assert len(list(frames.iterdir())) == 3
    (frames / "f002b.png").write_bytes(b"broken")
    code, _, err = video(frames, "--style", "noon", "--fps", "10", "-o", tmp_path / "out.gif")
    assert code == 0
    assert "1 damaged" in err
    with Image.open(tmp_path / "out.gif") as animation:
        assert animation.n_frames == 3
        assert animation.size == (96, 64)
        assert animation.info["duration"] == 100


def test_memory_does_not_grow_with_the_film(stylizer, clip, tmp_path, monkeypatch):
    """No more frames exist at once, however long the film."""
    alive, most = set(), []

    class Counted(reading.Frame):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            alive.add(id(self))
            weakref.finalize(self, alive.discard, id(self))
            most.append(len(alive))

    monkeypatch.setattr(reading, "Frame", Counted)
    paint(stylizer, clip("a.mp4", times=list(range(0, 4000, 40))), tmp_path / "out.mp4")
    assert len(most) == 100
    assert max(most) < 25


def test_times_of_styles_are_read_and_files_named_like_them_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert split_time("udnie") == ("udnie", None)
    assert split_time("udnie:2@10s") == ("udnie:2", 10.0)
    assert split_time("a.jpg@1:30.5") == ("a.jpg", 90.5)
    assert split_time("a.jpg@1:00:01") == ("a.jpg", 3601.0)
    (tmp_path / "a@1").write_bytes(b"")
    assert split_time("a@1") == ("a@1", None)


def test_styles_with_and_without_a_time_do_not_mix(stylizer):
    with pytest.raises(UsageError, match="give each a time"):
        style_marks(stylizer, ["noon", "dusk@3s"], None)
    assert [time for time, _ in style_marks(stylizer, ["dusk@3s", "noon@0", "sea-foam@3"], None)] == [0.0, 3.0]
