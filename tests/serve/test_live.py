"""``WS /v1/live``: frames in, pastiches out, the newest only."""

from __future__ import annotations

import json
import threading
import time

import numpy as np
import pytest

from impasto.inference.stylizer import Stylizer
from impasto.options import LookOptions
from impasto.serve.tasks import PaintFrame

connect = pytest.importorskip("websockets.sync.client").connect
exceptions = pytest.importorskip("websockets.exceptions")

UDNIE = {"styles": [["udnie", 1.0]], "strength": 1.0, "color": "style"}


@pytest.fixture(scope="module")
def frame(files, draw):
    return files[0](draw(7, 64, 96), "JPEG")


@pytest.fixture
def before_live():
    """The time; asked for ahead of ``live``, it is before the server's clock of a connection starts."""
    return time.monotonic()


@pytest.fixture
def live(server):
    with connect(server.live_url, max_size=None) as socket:
        yield socket
    while server.studio.sockets.total():  # the server notices a moment later
        time.sleep(0.01)


def pastiche(socket, seconds=60):
    """The next binary message."""
    while isinstance(message := socket.recv(timeout=seconds), str):
        assert "error" not in message
    return message


def test_a_frame_is_painted(live, frame, files):
    live.send(json.dumps(UDNIE))
    live.send(frame)
    painted = files[1](pastiche(live))
    assert painted.shape == (64, 96, 3)
    assert not np.array_equal(painted, files[1](frame))


def test_settings_change_while_it_runs(live, frame, files):
    shown = []
    for settings in (
        UDNIE,
        {"styles": [["great-wave", 2], ["udnie", 1]]},
        UDNIE | {"strength": 0},
        UDNIE | {"size": 48},
    ):
        live.send(json.dumps(settings))
        live.send(frame)
        shown.append(files[1](pastiche(live)).astype(int))
        until = time.monotonic() + 60  # a learnt style is painted once it is ready, and the one before until then
        while len(shown) == 2 and np.abs(shown[0] - shown[1]).mean() <= 3:
            assert time.monotonic() < until
            live.send(frame)
            shown[1] = files[1](pastiche(live)).astype(int)
    assert np.abs(shown[2] - files[1](frame)).mean() < 6
    assert shown[3].shape == (32, 48, 3)


def test_a_learnt_style_is_painted_once_it_is_ready_and_the_one_before_until_then(frame, files, made_up_style):
    stylizer, plain = Stylizer.load(), made_up_style.numbers

    def painted(code, meanwhile):
        return PaintFrame(frame, code, LookOptions(), None, 0.0, 10**6, meanwhile).run(stylizer)

    before = painted(plain, None)
    first = painted(made_up_style, plain)
    assert (before.current, first.current) == (True, False)
    assert first.data == before.data
    until = time.monotonic() + 60
    while not (now := painted(made_up_style, plain)).current:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert np.abs(files[1](now.data).astype(int) - files[1](before.data)).mean() > 4


def test_only_the_newest_frame_is_painted(live, frame, files, draw):
    live.send(json.dumps(UDNIE | {"strength": 0}))
    live.send(frame)
    pastiche(live)  # painters are warm
    dark, light = (files[0](np.full((64, 96, 3), level, np.uint8), "JPEG") for level in (20, 230))
    large = files[0](draw(8, 1000, 1400), "JPEG")
    live.send(large)  # keeps the painter busy while the others come
    for _ in range(20):
        live.send(dark)
    live.send(light)
    assert files[1](pastiche(live)).shape[0] == 1000
    painted = [files[1](pastiche(live)).mean()]
    while painted[-1] < 128:
        painted.append(files[1](pastiche(live)).mean())
    assert len(painted) <= 3  # of 21


def test_statistics_come_about_once_a_second(before_live, live, frame):
    live.send(json.dumps(UDNIE))
    told = None
    while told is None and time.monotonic() - before_live < 30:
        live.send(frame)
        message = live.recv(timeout=60)
        if isinstance(message, str):
            told = json.loads(message)
    assert set(told) == {"fps", "latency_ms", "dropped"}
    assert told["fps"] > 0
    assert time.monotonic() - before_live >= 1


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"frame", "the first message sets the styles"),
        ("{", "cannot be understood"),
        ("[1]", "cannot be understood"),
        ('{"styles": "udnie"}', "cannot be understood"),
        ('{"styles": [["udnie", "x"]]}', "cannot be understood"),
        ('{"styles": []}', "0 styles were given"),
        ('{"styles": [["/etc/passwd", 1]]}', "there is no style named '/etc/passwd'"),
        ('{"styles": [["udnie", NaN]]}', "the weights are"),
        ('{"styles": [["udnie", 1]], "strength": 7}', "strength is 7"),
        ('{"styles": [["udnie", 1]], "strength": [1]}', "strength is [1]"),
        ('{"styles": [["udnie", 1]], "model": "/tmp"}', "there is no field 'model'"),
        ("[" * 100_000, "cannot be understood"),
    ],
)
def test_messages_that_mean_nothing_are_answered_with_a_sentence(live, message, words):
    live.send(message)
    assert words in json.loads(live.recv(timeout=30))["error"]
    live.ping().wait(10)


@pytest.mark.parametrize("broken", [b"", b"no picture", b"\xff\xd8\xff\xe0" + bytes(100)])
def test_frames_that_are_none_do_not_end_it(live, frame, files, broken):
    live.send(json.dumps(UDNIE))
    live.send(broken)
    assert "the frame" in json.loads(live.recv(timeout=30))["error"]
    live.send(frame)
    assert files[1](pastiche(live)).shape == (64, 96, 3)


def test_a_frame_of_too_many_pixels(live, files):
    live.send(json.dumps(UDNIE))
    live.send(files[0](np.zeros((1500, 1500, 3), np.uint8), "JPEG"))
    assert "more than the 2,100,000 allowed" in json.loads(live.recv(timeout=30))["error"]


def test_a_client_has_no_more_than_its_sockets(server, live):
    with connect(server.live_url), connect(server.live_url) as third:
        assert "close one" in json.loads(third.recv(timeout=30))["error"]
        with pytest.raises(exceptions.ConnectionClosed) as closed:
            third.recv(timeout=30)
        assert closed.value.rcvd.code == 1013


def test_pages_of_others_cannot_connect(server):
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}):
        with (
            pytest.raises(exceptions.InvalidStatus) as refused,
            connect(server.live_url, additional_headers=headers),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_many_frames_at_once_take_no_more_memory_than_one(live, frame):
    live.send(json.dumps(UDNIE))
    sender = threading.Thread(target=lambda: [live.send(frame) for _ in range(300)])
    sender.start()
    count = 0
    while sender.is_alive() or count == 0:
        count += isinstance(live.recv(timeout=60), bytes)
    sender.join()
    assert 0 < count < 300
