"""A real server in a thread, with the default model; and applications without painters, enough to be refused by."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs impasto[serve]")
pytest.importorskip("prometheus_client", reason="needs impasto[serve]")
httpx = pytest.importorskip("httpx")
uvicorn = pytest.importorskip("uvicorn", reason="needs impasto[serve]")

from impasto.serve.app import create_app  # noqa: E402
from impasto.serve.options import StudioOptions  # noqa: E402


class Server:
    """What a test needs of a running server."""

    def __init__(self, app, uvicorn_server, port):
        self.studio = app.state.studio
        self.uvicorn = uvicorn_server
        self.url = f"http://127.0.0.1:{port}"
        self.live_url = f"ws://127.0.0.1:{port}/v1/live"
        self.client = httpx.Client(base_url=self.url, timeout=120)

    def job(self, **fields):
        """Begin a job; its first answer."""
        answer = self.client.post("/v1/jobs", **fields)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def wait_for(self, job, *states, seconds=120):
        """The job once it is in one of these states."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.client.get(f"/v1/jobs/{job['id']}").json()
            if found.get("state") in states:
                return found
            time.sleep(0.05)
        raise AssertionError(f"the job is still {found}")


@contextmanager
def serving(folder, **options):
    app = create_app(StudioOptions(painters=1, **options), folder)
    config = uvicorn.Config(
        app, port=0, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=10, ws_max_size=8 * 2**20
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        found = Server(app, server, server.servers[0].sockets[0].getsockname()[1])
        with found.client:
            while found.client.get("/readyz").status_code != 200:
                assert found.studio.pool.error is None
                time.sleep(0.05)
            yield found
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server with the default model; not to be stopped."""
    limits = {"megapixels": 1.0, "job_megapixels": 2.0, "film_minutes": 0.05, "upload_mb": 2, "optimize_size": 256}
    with serving(tmp_path_factory.mktemp("studio"), sockets_per_client=2, jobs_per_client=8, **limits) as found:
        yield found


@pytest.fixture
def serve(tmp_path, toy_model):
    """Starts a server of one's own with the toy model."""

    @contextmanager
    def start(**options):
        with serving(tmp_path / "studio", model=str(toy_model), **options) as found:
            yield found

    return start


@pytest.fixture
def ask(tmp_path, toy_model):
    """Sends one request to an application that has no painters: ``ask("GET", "/", headers=..., options={...})``."""

    def send(method, path, *, options=None, host="127.0.0.1", client=("127.0.0.1", 5), app=None, **request):
        app = app or create_app(StudioOptions(model=str(toy_model), **(options or {})), tmp_path / "studio")

        async def once():
            transport = httpx.ASGITransport(app=app, client=client)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as connection:
                return await connection.request(method, path, **request)

        return asyncio.run(once())

    return send


def encoded(pixels, format_name="PNG", **options):
    """A picture's file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_name, **options)
    return file.getvalue()


def decoded(data):
    """A file's pixels."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture(scope="session")
def files():
    """Makes a file of pixels, and pixels of a file."""
    return encoded, decoded


@pytest.fixture(scope="session")
def photo_file(draw):
    """A photo of 128×96 pixels, as a PNG."""
    return encoded(draw(1, 96, 128))


@pytest.fixture(scope="session")
def artwork_file(draw):
    """A picture to take the style of, as a PNG; large enough for a loss network."""
    return encoded(draw(2, 224, 240))
