"""Clients that send slowly, or not at all, over real connections."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import httpx
import pytest

uvicorn = pytest.importorskip("uvicorn")

from impasto.serve import intake, timed_http  # noqa: E402
from impasto.serve.intake import Intake  # noqa: E402
from impasto.serve.timed_http import TimedHttp  # noqa: E402

HEAD = b"POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


async def reading(scope, receive, send):
    """An application that reads all of the body and answers."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@contextlib.contextmanager
def serving(**bounds):
    """The port of a server of that application, as the studio bounds it."""
    app = Intake(reading, **{"limits": {"/big": 10**6}, "requests": 4, "together": 10**6} | bounds)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", http=TimedHttp, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


@contextlib.contextmanager
def connected(port, count, sent):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]
        for one in sockets:
            one.settimeout(10)
            one.sendall(sent)
        yield sockets


def post(port, size=1000):
    return httpx.post(f"http://127.0.0.1:{port}/big", content=b"x" * size, timeout=10).status_code


def test_a_hundred_slow_bodies_do_not_keep_out_a_quick_one():
    with serving() as port, connected(port, 100, HEAD + b"x"):
        begun = time.monotonic()
        assert [post(port) for _ in range(5)] == [200] * 5
        assert time.monotonic() - begun < 5


def test_the_slowest_make_room_when_too_much_is_sent_at_once(monkeypatch):
    monkeypatch.setattr(intake, "SETTLED", 0.1)
    with serving(uploads=8) as port, connected(port, 8, HEAD + b"x") as sockets:
        sockets[0].sendall(b"x" * 900)
        time.sleep(0.2)
        assert post(port) == 200
        sockets[0].sendall(b"x" * 99)
        assert b" 200 " in sockets[0].recv(4096)


def test_the_bytes_of_slow_bodies_make_room_too(monkeypatch):
    monkeypatch.setattr(intake, "SETTLED", 0.1)
    with serving(together=4000) as port, connected(port, 5, HEAD + b"x" * 790):
        time.sleep(0.2)
        assert post(port) == 200


def test_what_comes_in_drops_is_given_up(monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE", 0.2)
    with serving() as port, connected(port, 1, HEAD) as (slow,):
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() < begun + 5:
                slow.sendall(b"x")
                time.sleep(0.02)
        assert time.monotonic() - begun < 4
    with serving() as port, connected(port, 1, HEAD + b"x") as (silent,):
        answer = silent.recv(4096)
        assert b" 408 " in answer
        assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: x\r\n"])
@pytest.mark.parametrize("used", [False, True])
def test_headers_must_come_in_time(monkeypatch, sent, used):
    monkeypatch.setattr(timed_http, "HEADER_SECONDS", 0.2)
    with serving() as port, connected(port, 1, b"") as (slow,):
        if used:
            slow.sendall(b"POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert b" 200 " in slow.recv(4096)
        slow.sendall(sent or b"P" * used)
        begun = time.monotonic()
        while slow.recv(4096):
            pass
        assert time.monotonic() - begun < 3


def test_a_connection_that_is_used_again_is_not_timed_from_its_beginning(monkeypatch):
    monkeypatch.setattr(timed_http, "HEADER_SECONDS", 0.3)
    with serving() as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(4):
            assert client.post("/big", content=b"x").status_code == 200
            time.sleep(0.15)
