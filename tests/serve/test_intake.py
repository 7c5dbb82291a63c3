"""Bodies that are too long, too slow or too many."""

from __future__ import annotations

import asyncio

import pytest

from impasto.serve import intake
from impasto.serve.intake import Intake


async def reading(scope, receive, send):
    """An application that reads all of the body and answers with its length."""
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def forgiving(scope, receive, send):
    """An application that answers every failure with a page of its own, as FastAPI does while it reads a form."""
    try:
        await reading(scope, receive, send)
    except Exception:  # noqa: BLE001 - FastAPI does
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"failed"})


def call(app, chunks, *, path="/big", declared=None):
    """The status and body of the answer, and how many chunks were read."""
    chunks = list(chunks)
    left = list(chunks)
    sent = []

    async def receive():
        if not left:
            await asyncio.sleep(3600)
        chunk = left.pop(0)
        if chunk is None:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message):
        sent.append(message)

    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body, len(chunks) - len(left)


def intake_of(app, **changed):
    return Intake(app, **{"limits": {"/big": 100}, "otherwise": 10, "requests": 2, "together": 1000} | changed)


@pytest.mark.parametrize("app", [reading, forgiving])
def test_what_is_within_passes_and_what_is_beyond_does_not(app):
    assert call(intake_of(app), [b"x" * 50, b"x" * 50]) == (200, b"100", 2)
    status, body, read = call(intake_of(app), [b"x" * 50, b"x" * 51])
    assert (status, read) == (413, 2)
    assert b"more than the 100 bytes" in body
    assert call(intake_of(app), [b"x" * 11], path="/other")[0] == 413


def test_a_length_that_is_declared_is_refused_but_read_so_that_the_answer_is_seen():
    assert call(intake_of(reading), [b"x" * 60, b"x" * 60], declared=120)[::2] == (413, 2)


@pytest.mark.parametrize("app", [reading, forgiving])
def test_all_together_hold_no_more_than_so_many_bytes(app):
    status, body, _ = call(intake_of(app, together=40), [b"x" * 30, b"x" * 30])
    assert status == 503
    assert b"try again" in body


def test_what_was_held_is_given_back():
    app = intake_of(reading, together=60)
    for _ in range(5):
        assert call(app, [b"x" * 50])[0] == 200


@pytest.mark.parametrize("app", [reading, forgiving])
def test_silence_ends_a_request(app, monkeypatch):
    monkeypatch.setattr(intake, "SILENCE", 0.01)
    assert call(intake_of(app), [b"x", None])[0] == 408


def test_no_more_than_so_many_requests_at_a_time():
    app = intake_of(reading, requests=0)
    status, body, read = call(app, [b"x", b"x"])
    assert (status, read) == (503, 2)
    assert b"too many requests" in body


def test_an_application_whose_server_sends_no_lifespan_refuses(ask, photo_file):
    answer = ask("POST", "/v1/stylize", data={"style": "dusk"}, files={"content": photo_file})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_what_phones_write_is_a_picture_and_no_film():
    from impasto.serve.uploads import film_suffix, is_picture

    heic = b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heicmiaf"
    assert is_picture(heic)
    assert film_suffix(heic) is None
    film = b"\x00\x00\x00\x1cftypisom\x00\x00\x02\x00isomiso2mp41"
    assert not is_picture(film)
    assert film_suffix(film) == ".mp4"
