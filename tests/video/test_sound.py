"""Sound never costs the picture: copied, encoded anew, or left out with a word."""

from __future__ import annotations

import json

import numpy as np
import pytest

from impasto.video import film as film_room
from impasto.video import joining, tracks

av = pytest.importorskip("av", reason="needs impasto[video]")


def write_film(path, sounds=(), *, codec="libx264", frames=25, words=(), container=None):
    """A film with tones: ``sounds`` are codecs, layouts and rates."""
    with av.open(str(path), "w", format=container) as film:
        picture = film.add_stream(codec, rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        streams = []
        for name, layout, rate in sounds:
            stream = film.add_stream(name, rate=rate, options={"strict": "experimental"})
            stream.codec_context.layout, stream.codec_context.bit_rate = layout, 64_000
            streams.append(stream)
        for stream, told in zip(film.streams, words, strict=False):
            stream.metadata["language"], stream.disposition = told
        film.start_encoding()
        for number in range(frames):
            pixels = np.full((48, 64, 3), number * 8 % 256, np.uint8)
            film.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(picture.encode(None))
        for stream in streams:
            context = stream.codec_context
            size, rate = context.frame_size or 1024, context.rate
            channels = context.layout.nb_channels
            resampler = av.AudioResampler(context.format, context.layout, rate)
            for begin in range(0, int(frames / 25 * rate), size):
                tone = np.tile(np.sin((begin + np.arange(size)) / 9).astype(np.float32) / 2, (channels, 1))
                frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout=context.layout.name)
                frame.sample_rate, frame.pts = rate, begin
                for one in resampler.resample(frame):
                    film.mux(stream.encode(one))
            film.mux(stream.encode(None))
    return path


def sound_of(path):
    """Codecs, layouts and seconds of a film's sound, and how many frames it has."""
    found = []
    with av.open(str(path)) as film:
        frames = sum(1 for _ in film.decode(video=0))
        count = len(film.streams.audio)
    for index in range(count):
        with av.open(str(path)) as film:
            stream = film.streams.audio[index]
            context = stream.codec_context
            samples = sum(one.samples for one in film.decode(stream))
            found.append((context.codec.canonical_name, context.layout.name, round(samples / context.rate, 1)))
    return found, frames


@pytest.mark.parametrize(
    ("name", "sound", "target", "expected", "words"),
    [
        ("a.mkv", ("ac3", "5.1(side)", 48000), "o.webm", ("opus", "5.1"), "which is now opus"),
        ("a.mkv", ("flac", "2.1", 48000), "o.webm", ("opus", "stereo"), "which is now opus"),
        ("a.mkv", ("flac", "mono", 44100), "o.mov", ("aac", "mono"), "which is now aac"),
        ("a.mkv", ("libopus", "stereo", 48000), "o.mov", ("aac", "stereo"), "which is now aac"),
        ("a.avi", ("pcm_u8", "mono", 8000), "o.mp4", ("aac", "mono"), "which is now aac"),
        ("a.avi", ("pcm_mulaw", "mono", 8000), "o.webm", ("opus", "mono"), "which is now opus"),
        ("a.asf", ("wmav2", "mono", 44100), "o.mp4", ("aac", "mono"), "which is now aac"),
        ("a.mkv", ("aac", "stereo", 48000), "o.mp4", ("aac", "stereo"), None),
    ],
)
def test_copied_or_encoded_as_the_container_takes_it(video, tmp_path, name, sound, target, expected, words):
    source = write_film(tmp_path / name, [sound], codec="mpeg4" if name.endswith("avi") else "libx264")
    code, _, err = video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / target)
    assert code == 0
    assert err == "" if words is None else words in err
    ((codec, layout, seconds),), frames = sound_of(tmp_path / target)
    assert (codec, layout, frames) == (*expected, 25)
    assert 0.9 <= seconds <= 1.2


@pytest.fixture
def undecodable(tmp_path):
    """A film whose second sound no decoder knows, as newer phones write them."""
    path = write_film(tmp_path / "phone.mp4", [("aac", "mono", 16000)] * 2)
    data = bytearray(path.read_bytes())
    for old, new in ((b"esds", b"xsds"), (b"mp4a", b"apac")):
        place = data.rindex(old)
        data[place : place + 4] = new
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("target", ["o.mp4", "o.mkv", "o.webm"])
def test_sound_without_a_decoder_is_left_out_with_a_note(video, undecodable, tmp_path, target):
    code, _, err = video(undecodable, "--style", "noon", "--steady", "0", "-o", tmp_path / target)
    assert code == 0
    assert "could not be kept" in err
    found, frames = sound_of(tmp_path / target)
    assert (len(found), frames) == (1, 25)


def test_languages_and_what_tracks_are_for_are_kept(video, tmp_path):
    flags = av.stream.Disposition
    words = [("und", flags.default), ("deu", flags(0)), ("eng", flags.default)]
    source = write_film(tmp_path / "a.mkv", [("aac", "mono", 16000)] * 2, words=words)
    assert video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / "o.mkv")[0] == 0
    with av.open(str(tmp_path / "o.mkv")) as film:
        assert [(one.language, one.disposition) for one in film.streams.audio] == words[1:]


@pytest.mark.parametrize(
    ("name", "container", "sound", "target"),
    [("a.ts", "mpegts", "mp2", "o.webm"), ("a.ts", "mpegts", "mp2", "o.mp4"), ("a.vob", "vob", "ac3", "o.mp4")],
)
def test_recordings_joined_end_to_end_are_one_film(video, tmp_path, name, container, sound, target):
    source = write_film(tmp_path / name, [(sound, "stereo", 48000)], codec="mpeg2video", container=container)
    source.write_bytes(source.read_bytes() * 3)
    assert video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / target)[0] == 0
    ((_, _, seconds),), frames = sound_of(tmp_path / target)
    assert frames == 75
    assert 2.7 < seconds < 3.3
    with av.open(str(tmp_path / target)) as film:
        times = [one.time for one in film.decode(video=0)]
    steps = np.diff(times)
    assert steps.min() > 0.02
    assert steps.max() < 0.15
    code, _, _ = video(source, "--style", "noon", "--steady", "0", "--start", "1.5", "-o", tmp_path / f"part-{target}")
    assert code == 0
    assert 35 <= sound_of(tmp_path / f"part-{target}")[1] <= 40


def test_sound_that_fails_on_the_way_ends_there(video, tmp_path, monkeypatch):
    source = write_film(tmp_path / "a.mkv", [("aac", "mono", 16000), ("aac", "mono", 16000)], frames=50)
    copied = tracks._copied

    def failing(_container, source, *rest, **more):
        for number, one in enumerate(copied(_container, source, *rest, **more)):
            if source.index == 2 and number == 17:
                raise RuntimeError("no more")
            yield one

    monkeypatch.setattr(tracks, "_copied", failing)
    code, _, err = video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / "o.mp4")
    assert code == 0
    assert "could not be kept to the end: no more" in err
    found, frames = sound_of(tmp_path / "o.mp4")
    assert frames == 50
    assert found[0][2] == 2.0


def test_if_nothing_else_helps_the_film_is_silent(video, tmp_path, monkeypatch):
    source = write_film(tmp_path / "a.mkv", [("aac", "mono", 16000)])
    write = joining._write

    def failing(path, pieces, original, *rest, most=None, **more):
        if most is None and original.tracks:
            raise av.error.InvalidDataError(22, "no", "mux")
        write(path, pieces, original, *rest, most=most, **more)

    monkeypatch.setattr(joining, "_write", failing)
    code, _, err = video(source, "--style", "noon", "--steady", "0", "-o", tmp_path / "o.mp4")
    assert code == 0
    assert "sound and subtitles could not be kept" in err
    assert sound_of(tmp_path / "o.mp4") == ([], 25)


@pytest.mark.parametrize("more", [["--preset", "nonesuch"], ["--codec", "vp9", "-o", "o.mov"]])
def test_what_cannot_be_written_is_known_before_anything_is_painted(video, tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(film_room, "pastiches", lambda *_: pytest.fail("painted"))
    source = write_film(tmp_path / "a.mkv", frames=3)
    code, _, err = video(source, "--style", "noon", *more)
    assert code == 2
    assert "cannot write" in err
    assert [one.name for one in tmp_path.iterdir()] == ["a.mkv"]


def test_a_bug_met_by_one_film_stops_nothing(video, tmp_path, monkeypatch):
    (tmp_path / "clips").mkdir()
    for name in "abc":
        write_film(tmp_path / "clips" / f"{name}.mp4", frames=2)
    pastiches = film_room.pastiches
    count = iter(range(9))

    def failing(*arguments):
        if next(count) == 1:
            raise ZeroDivisionError("oh")
        return pastiches(*arguments)

    monkeypatch.setattr(film_room, "pastiches", failing)
    code, out, err = video(tmp_path / "clips", "--style", "noon", "-o", tmp_path / "out", "--json")
    assert code == 1
    assert err.startswith(f"impasto: {tmp_path}/clips/b.mp4: an unexpected ZeroDivisionError (oh)")
    assert "please report" in err
    assert err.count("\n") == 1
    assert [one.get("error") is None for one in json.loads(out)["films"]] == [True, False, True]
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["a-noon.mp4", "c-noon.mp4"]
