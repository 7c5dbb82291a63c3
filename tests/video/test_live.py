from __future__ import annotations

import threading
import time
import urllib.request

import numpy as np
import pytest

pytest.importorskip("av", reason="needs impasto[video]")
pytest.importorskip("cv2", reason="needs impasto[video]")

from impasto.cli.main import main
from impasto.errors import UsageError, VideoError
from impasto.video import camera as camera_room
from impasto.video.camera import Newest, Shot, open_camera, synthetic_frame
from impasto.video.live import Live, fitted
from impasto.video.options import LiveOptions
from impasto.video.sinks import JpegStream


def shots(count=None, *, pause=0.005):
    index = 0
    while count is None or index < count:
        yield Shot(synthetic_frame(index / 30, 60, 80), time.perf_counter())
        index += 1
        time.sleep(pause)


@pytest.fixture
def live(stylizer):
    styles = [(name, stylizer.preset_code(name)) for name in ("dusk", "sea-foam")]
    options = LiveOptions(style=("dusk", "sea-foam"), size=80, steady=0.0)
    with Live(shots(), stylizer, styles, options) as running:
        yield running


def test_only_the_newest_frame_is_kept():
    newest = Newest(iter_and_close(range(5)))
    time.sleep(0.2)
    assert newest.take() == 4
    assert newest.take() is None
    assert (newest.made, newest.dropped, newest.over) == (5, 4, True)


def iter_and_close(items):
    yield from items


def test_pastiches_come_as_the_camera_sees_and_say_how_quickly(live):
    found = [live.take(5) for _ in range(5)]
    assert all(one.pixels.shape == (60, 80, 3) for one in found)
    assert live.frames_per_second > 0
    assert 0 < live.latency < 5
    assert [one.taken for one in found] == sorted(one.taken for one in found)


def test_style_strength_and_mirror_change_while_it_runs(live):
    first = live.take(5).pixels
    live.change_style(1)
    later = next(shot.pixels for _ in range(50) if (shot := live.take(5)) and shot.pixels.mean() - first.mean() > 10)
    assert later.shape == first.shape
    live.change_strength(-3)
    live.mirror = True
    for _ in range(5):
        assert live.take(5) is not None
    assert live.strength == pytest.approx(0.7)


def test_a_camera_that_is_unplugged_is_an_error_where_frames_are_taken(stylizer):
    def unplugged():
        yield from shots(2)
        raise VideoError("the camera 0 gives no more pictures; was it unplugged?")

    styles = [("dusk", stylizer.preset_code("dusk"))]
    options = LiveOptions(style=("dusk",), size=80)
    with Live(unplugged(), stylizer, styles, options) as live, pytest.raises(VideoError, match="unplugged"):
        list(iter(lambda: live.take(5), None))


def test_no_camera_is_one_sentence():
    with pytest.raises(VideoError, match="there is no camera 97"):
        open_camera("97")


def test_a_real_camera_gives_rgb_and_its_loss_is_noticed(monkeypatch):
    class Capture:
        left = 2

        def read(self):
            self.left -= 1
            return self.left >= 0, np.full((4, 4, 3), (255, 0, 0), np.uint8)

        def release(self):
            self.released = True

    monkeypatch.setattr(camera_room, "PATIENCE", 0.05)
    capture = Capture()
    frames = camera_room._camera(0, capture)
    assert tuple(next(frames).pixels[0, 0]) == (0, 0, 255)
    next(frames)
    with pytest.raises(VideoError, match="unplugged"):
        next(frames)
    assert capture.released


def test_cut_and_mirrored():
    frame = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
    assert np.array_equal(fitted(frame, None, 1.0, mirror=False), frame[:, 1:7])
    assert np.array_equal(fitted(frame, None, None, mirror=True), frame[:, ::-1])
    assert fitted(frame, 18, None, mirror=False).shape == (12, 18, 3)


@pytest.mark.parametrize("crop", ["4", "0:1", "a:b", "1:0", "100:1"])
def test_a_shape_that_is_none_is_named(crop):
    with pytest.raises(UsageError, match="such as 4:3"):
        LiveOptions(style=("dusk",), crop=crop)


def test_headless_to_a_film_and_a_stream(toy_model, clip, look, tmp_path, capsys):
    film = clip("camera.mp4", times=list(range(0, 800, 40)))
    arguments = ["live", str(film), "--style", "noon", "--model", str(toy_model), "--headless", "--size", "96"]
    assert main([*arguments, "--record", str(tmp_path / "out.mp4"), "--json"]) == 0
    times, size = look.times(tmp_path / "out.mp4")
    assert len(times) >= 2
    assert size == (64, 96)
    assert '"latency_ms"' in capsys.readouterr().out


def test_headless_without_anything_to_show_is_refused(toy_model, capsys):
    assert main(["live", "synthetic", "--style", "noon", "--model", str(toy_model), "--headless"]) == 2
    assert "--record" in capsys.readouterr().err


def test_a_browser_sees_jpegs():
    stream = JpegStream(0)
    try:
        stream.add(synthetic_frame(0, 48, 64))
        with urllib.request.urlopen(f"http://127.0.0.1:{stream.port}/", timeout=5) as answer:
            assert answer.headers["Content-Type"].startswith("multipart/x-mixed-replace")
            again = threading.Timer(0.1, stream.add, [synthetic_frame(1, 48, 64)])
            again.start()
            assert b"\xff\xd8\xff" in answer.read(400)
            again.join()
    finally:
        stream.close()
