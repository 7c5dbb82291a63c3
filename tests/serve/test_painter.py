"""Painters that die, hang or cannot start; the line before them; the end."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from impasto.errors import EngineError, ImageError, WeightsError
from impasto.options import EngineOptions, StylizeOptions
from impasto.serve.errors import Refused
from impasto.serve.painter import Painter, PainterSetup
from impasto.serve.pool import Pool
from impasto.serve.tasks import PaintPicture

MEMORY = 4 * 2**30


@pytest.fixture
def code(toy_model):
    from impasto.weights.catalog import find_model
    from impasto.weights.presets import read_presets

    return read_presets(find_model(toy_model)).code("dusk")


@pytest.fixture
def setup(toy_model):
    return PainterSetup(EngineOptions(model=str(toy_model)), MEMORY)


@pytest.fixture
def painter(setup):
    found = Painter(setup)
    found.start()
    yield found
    found.close()
    found.kill()


def painting(content, code, size=None):
    return PaintPicture(content, ((code, 1.0),), None, StylizeOptions(style=("x",), size=size), "JPEG", 10**8)


def as_png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def kill_when_at_work(painter, since):
    """Kill the process once it has used the processor for a task."""
    while painter.pid is None or painter.pid == since:
        time.sleep(0.001)
    time.sleep(0.05)
    os.kill(painter.pid, signal.SIGKILL)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a process holds")
def test_one_that_holds_much_gives_it_back_after_the_task(setup, draw, code):
    def held():
        pages = Path(f"/proc/{painter.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    painter = Painter(replace(setup, kept=1))
    painter.start()
    try:
        painter.do(painting(as_png(draw(1, 64, 64)), code), 60)
        before = held()
        painter.do(painting(as_png(draw(1, 1500, 1500)), code), 60)
        until = time.monotonic() + 3
        while held() > before + 70 and time.monotonic() < until:
            time.sleep(0.02)
        assert held() < before + 70
    finally:
        painter.close()
        painter.kill()


def test_one_that_died_is_replaced_before_the_next_task(painter, photo_file, code):
    before = painter.pid
    os.kill(before, signal.SIGKILL)
    assert painter.do(painting(photo_file, code), 60).data.startswith(b"\xff\xd8")
    assert painter.pid != before


def test_a_task_whose_painter_dies_is_tried_again(painter, photo_file, code):
    large = painting(photo_file, code, size=3000)
    killer = threading.Thread(target=kill_when_at_work, args=(painter, None))
    killer.start()
    first = painter.pid
    assert painter.do(large, 120).data.startswith(b"\xff\xd8")
    killer.join()
    assert painter.pid != first


def test_a_task_that_takes_too_long_is_given_up(painter, photo_file, code):
    before = painter.pid
    with pytest.raises(EngineError, match="takes longer than the 0 s allowed"):
        painter.do(painting(photo_file, code, size=3000), 0)
    assert painter.pid is None
    assert painter.do(painting(photo_file, code), 60).data
    assert painter.pid != before


def test_errors_come_through(painter, photo_file, code):
    with pytest.raises(ImageError, match="cannot read content"):
        painter.do(painting(b"\x89PNG\r\n\x1a\n", code), 60)
    pid = painter.pid
    with pytest.raises(EngineError, match="an unexpected"):
        painter.do(replace(painting(photo_file, code), styles=5), 60)
    assert painter.pid == pid


def test_too_little_memory_is_a_sentence(toy_model, photo_file, code):
    painter = Painter(PainterSetup(EngineOptions(model=str(toy_model)), 500 * 2**20))
    painter.start()
    try:
        with pytest.raises((EngineError, ImageError)):
            painter.do(painting(photo_file, code, size=9000), 60)
        assert painter.do(painting(photo_file, code), 60).data
    finally:
        painter.kill()


def test_a_model_that_cannot_be_loaded_is_told(make_toy_model):
    folder = make_toy_model()
    (folder / "paint.onnx").unlink()
    painter = Painter(PainterSetup(EngineOptions(model=str(folder)), MEMORY))
    with pytest.raises(WeightsError, match="missing"):
        painter.start()
    assert painter.pid is None


def test_the_line_is_bounded_and_nobody_paints_for_whoever_has_gone(setup, photo_file, code):
    async def gone():
        return False

    async def scenario():
        pool = Pool(setup, count=1, queue=1, seconds=60)
        pool.start()
        try:
            large, small = painting(photo_file, code, size=2000), painting(photo_file, code)
            first = asyncio.create_task(pool.do(large))
            while not pool.busy:
                await asyncio.sleep(0.01)
            second = asyncio.create_task(pool.do(small, wanted=gone))
            await asyncio.sleep(0)
            with pytest.raises(Refused) as refused:
                await pool.do(small)
            assert refused.value.status == 503
            assert (await first).data
            assert await second is None
            assert (await pool.do(small)).data
            first = asyncio.create_task(pool.do(large))
            while not pool.busy:
                await asyncio.sleep(0.01)
            first.cancel()  # the painter goes on and is free again when it has ended
            assert (await pool.do(small)).data
        finally:
            await pool.close()
        assert pool.pids == []

    asyncio.run(scenario())


def test_equal_painters_have_equal_fingerprints(setup):
    painters = [Painter(setup), Painter(setup)]
    try:
        for painter in painters:
            painter.start()
        assert painters[0].fingerprint == painters[1].fingerprint != ""
    finally:
        for painter in painters:
            painter.kill()


def test_the_end_reports_jobs_and_cameras(serve, photo_file):
    connect = pytest.importorskip("websockets.sync.client").connect
    fields = {"data": {"kind": "stylize", "style": "dusk"}, "files": {"content": photo_file}}
    with serve(running_jobs=1) as server, connect(server.live_url) as socket:
        waiting = [server.job(**fields) for _ in range(3)]
        told = []

        def follow():
            with server.client.stream("GET", f"/v1/jobs/{waiting[-1]['id']}/events") as answer:
                told.extend(json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))

        follower = threading.Thread(target=follow)
        follower.start()
        while not told:
            time.sleep(0.01)
        loop = server.uvicorn.servers[0].get_loop()
        loop.call_soon_threadsafe(server.studio.stopping.set)  # as a signal does
        follower.join(60)
        assert told[-1]["state"] in ("done", "failed")
        assert told[-1]["state"] == "done" or "send it again" in told[-1]["error"]
        assert server.client.get("/readyz").status_code == 503
        with pytest.raises(Exception, match="1001"):
            socket.recv(timeout=30)
        pids = server.studio.pool.pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_one_that_cannot_give_back_enough_is_renewed_without_a_pause(setup, photo_file, code):
    painter = Painter(replace(setup, kept=1, ceiling=1, spare=-(2**40)))
    painter.start()
    first = painter.pid
    try:
        painter.do(painting(photo_file, code), 60)
        assert painter.do(painting(photo_file, code), 60).data  # by the old one, while the new one starts
        assert painter.pid == first
        until = time.monotonic() + 60
        while not painter.renewed and time.monotonic() < until:
            time.sleep(0.02)
        assert painter.pid != first
        assert painter.do(painting(photo_file, code), 60).data
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
    finally:
        painter.close()
        painter.kill()


def test_one_that_is_renewed_while_the_server_stops_leaves_no_process(setup, photo_file, code):
    painter = Painter(replace(setup, kept=1, ceiling=1, spare=-(2**40)))
    painter.start()
    painter.do(painting(photo_file, code), 60)
    pids = [painter._process.pid, painter._next.pid]
    painter.close()
    painter.kill()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_was_opened_for_learnt_styles_is_forgotten_when_it_is_too_much(made_up_style, draw):
    from impasto.serve.painter import _Stylizers

    stylizers = _Stylizers(EngineOptions())
    before = stylizers.for_pictures.stylize(draw(1, 64, 64), made_up_style)
    frames = stylizers.for_frames
    stylizers.give_back(2**40)
    assert stylizers.for_frames is frames
    assert stylizers.for_pictures.is_ready(made_up_style)
    stylizers.give_back(1)
    assert stylizers.for_frames is not frames
    assert not stylizers.for_pictures.is_ready(made_up_style)
    assert (stylizers.for_pictures.stylize(draw(1, 64, 64), made_up_style) == before).all()
