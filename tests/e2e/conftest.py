"""A studio in a process of its own, and a real browser to use it with.

Without Chromium or Playwright these tests are skipped; where CI could have installed them, that is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
]
PATIENCE_MS = 60_000  # a machine may have much else to do


def missing():
    """What these tests lack, if anything."""
    if importlib.util.find_spec("playwright") is None or importlib.util.find_spec("axe_playwright_python") is None:
        return "Playwright is not installed; run: pip install -e '.[dev]'"
    if importlib.util.find_spec("uvicorn") is None:
        return "the studio's server is not installed; run: pip install -e '.[serve]'"
    return None if CHROMIUM else "there is no Chromium; run: apt-get install chromium"


@pytest.fixture(scope="session", autouse=True)
def needs_browser():
    lack = missing()
    if lack is None:
        return
    installable = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
    if os.environ.get("CI") and installable:
        pytest.fail(lack, pytrace=False)
    pytest.skip(lack)


@pytest.fixture(scope="session")
def studio_folder(tmp_path_factory):
    """Where the studio puts its temporary files."""
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def start_studio(needs_browser, studio_folder):
    """Starts a studio that paints in float32; gives its process and address."""
    started = []

    def start(port=0):
        command = [sys.executable, "-m", "impasto", "studio", "--port", str(port), "--no-browser", "--painters", "1"]
        log = studio_folder / f"errors-{len(started)}.txt"
        environment = os.environ | {"TMPDIR": str(studio_folder)}
        with log.open("w") as errors:
            process = subprocess.Popen(
                [*command, "--precision", "fp32"], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
            )
        started.append(process)
        line = process.stdout.readline()
        assert "http://" in line, f"the studio said {line!r} and {log.read_text()}"
        return process, line.split()[-1].rstrip("/")

    yield start
    for process in started:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="session")
def running_studio(start_studio):
    """A studio's process and address."""
    return start_studio()


@pytest.fixture(scope="session")
def studio(running_studio):
    """The address of a running studio."""
    return running_studio[1]


# Not for the whole session: Playwright's loop would be in the way of other tests' asyncio.
@pytest.fixture(scope="module")
def browser(needs_browser):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(studio, browser):
    """Opens the page in a fresh profile; in the end no console may hold an error, other than those expected."""
    contexts, wrong = [], []

    def opened(*, ready=True, expected=(), address=studio, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)

        def note(message):
            if message.type == "error" and not any(one in message.text for one in expected):
                wrong.append(message.text)

        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        if ready:
            page.goto(address)
            page.wait_for_selector(".card.chosen .pick img[src]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(open_page):
    """The page with its styles shown."""
    return open_page()


SETTLED = """async () => {
  const { state } = await import("/static/state.js");
  const { result } = state;
  const shown = document.querySelector("#after").src;
  const busy = !document.querySelector("#painting").hidden;
  return !busy && Boolean(result) && !result.preview && shown === result.url;
}"""


@pytest.fixture
def painted():
    """Waits until the full picture of a page's present state is shown."""

    def wait(page):
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not page.evaluate(SETTLED):
            assert time.monotonic() < deadline, page.inner_text("#messages") or "nothing was painted"
            page.wait_for_timeout(50)

    return wait


@pytest.fixture
def saved(tmp_path):
    """Clicks something that saves a file; gives its path under the name that the page gave it."""

    def save(page, selector):
        with page.expect_download() as download:
            page.click(selector)
        path = tmp_path / "saved" / download.value.suggested_filename
        download.value.save_as(path)
        return path

    return save


@pytest.fixture(scope="session")
def pixels_of():
    """Reads a picture's pixels as int16 h×w×3, to be subtracted."""

    def read(path):
        return np.asarray(Image.open(path).convert("RGB")).astype(np.int16)

    return read


@pytest.fixture
def photo_file(tmp_path, draw):
    """A photo's file, 400 pixels high and 600 wide."""
    path = tmp_path / "holiday.png"
    Image.fromarray(draw(1, 400, 600)).save(path)
    return path
