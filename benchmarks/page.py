"""How quickly the studio's page answers, in a real Chromium.

    python benchmarks/page.py
    python benchmarks/page.py --visits 20 --seconds 10

A first visit, in a fresh profile, lasts from the address to the moment when the styles and their pictures can be
clicked. The preview is timed from the movement of the strength slider to the moment when the painted preview is shown,
with a photo of 12 megapixels. The camera is Chromium's fake one at 480x360; frames a second and latency are what the
page itself says, once a second, painted by the server and then in the browser. Needs Chromium and the extras dev and
serve.
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from skimage import data
from studio import studio

RESULTS = Path(__file__).parent / "results"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream")
USABLE = ".card.chosen .pick img[src]"
LARGE = (4032, 3024)
PATIENCE_MS = 30_000

WATCH = f"""
  const watching = new MutationObserver(() => {{
    if (!document.querySelector("{USABLE}")) return;
    window.usableAfter = performance.now();
    watching.disconnect();
  }});
  watching.observe(document, {{ subtree: true, childList: true, attributes: true }});
"""
MOVE = """async ([value, patience]) => {
  const { state } = await import("/static/state.js");
  const slider = document.querySelector("#look-strength");
  const before = state.result;
  const begun = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  while (performance.now() - begun < patience) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const after = document.querySelector("#after");
    if (state.result !== before && after.src === state.result.url && after.complete)
      return { ms: performance.now() - begun, preview: state.result.preview };
  }
  return null;
}"""
FULL = """async () => {
  const { state } = await import("/static/state.js");
  return Boolean(state.result) && !state.result.preview && document.querySelector("#painting").hidden;
}"""


def main() -> int:
    """Measure, write the results, print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=11)
    parser.add_argument("--moves", type=int, default=21, help="of the slider")
    parser.add_argument("--seconds", type=int, default=10, help="of the camera, for each painter")
    arguments = parser.parse_args()
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        parser.error("there is no Chromium; install it, for example by apt-get install chromium")
    with studio(painters=2) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        result = {
            "first_visit": first_visits(browser, address, arguments.visits),
            "preview_ms": previews(opened(browser, address), arguments.moves),
            "live": {
                "server": camera(opened(browser, address), arguments.seconds, in_browser=False),
                "browser": camera(opened(browser, address), arguments.seconds, in_browser=True),
            },
            "machine": machine.describe(),
        }
        browser.close()
    (RESULTS / "page.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    return 0


def opened(browser: Browser, address: str) -> Page:
    """The page in a fresh profile, usable."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector(USABLE)
    return page


def first_visits(browser: Browser, address: str, count: int) -> dict[str, Any]:
    """Milliseconds until the page can be used, and the bytes that came."""
    milliseconds, sizes = [], []
    for _ in range(count):
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        received: list[float] = []
        network.on("Network.loadingFinished", lambda event, into=received: into.append(event["encodedDataLength"]))
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_selector(USABLE, timeout=PATIENCE_MS)
        milliseconds.append(page.evaluate("window.usableAfter"))
        page.wait_for_load_state("networkidle")
        sizes.append(sum(received))
        page.context.close()
    return {"usable_ms": spread(milliseconds), "bytes": round(statistics.median(sizes))}


def previews(page: Page, count: int) -> dict[str, float]:
    """Milliseconds from the slider to the preview."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        Image.fromarray(data.coffee()).resize(LARGE, Image.Resampling.BICUBIC).save(photo, quality=90)
        page.set_input_files("#photo-file", photo)
        settle(page)
        milliseconds = []
        for move in range(count):
            moved = page.evaluate(MOVE, [0.3 + 0.03 * move, PATIENCE_MS])
            if not moved["preview"]:
                raise RuntimeError("the full picture came without a preview")
            milliseconds.append(moved["ms"])
            settle(page)
    page.context.close()
    return spread(milliseconds)


def settle(page: Page) -> None:
    """Wait for the full picture."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(FULL):
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing was painted: {page.inner_text('#messages')}")
        page.wait_for_timeout(50)


def camera(page: Page, seconds: int, *, in_browser: bool) -> dict[str, Any]:
    """Frames a second and milliseconds of latency, as the page counts them."""
    if in_browser:
        page.locator("#in-browser").check(force=True)
        page.wait_for_selector("#in-browser:checked:enabled")
    page.click('.modes [data-mode="live"]')
    page.click("#live-start")
    counted = page.get_by_text(re.compile(r"[\d.]+ frames/s"))
    counted.wait_for()
    page.wait_for_timeout(2000)  # the first second holds the start
    said = []
    for _ in range(seconds):
        page.wait_for_timeout(1000)
        said.append(counted.inner_text())
    page.click("#live-stop")
    page.context.close()
    rates, delays = zip(*(map(float, re.findall(r"[\d.]+", words)[:2]) for words in said), strict=True)
    return {"frames_per_second": spread(list(rates)), "latency_ms": spread(list(delays)), "words": said[-1]}


def spread(values: list[float]) -> dict[str, float]:
    """The median, the least and the most."""
    named = {"median": statistics.median(values), "least": min(values), "most": max(values)}
    return {name: round(value, 1) for name, value in named.items()}


if __name__ == "__main__":
    sys.exit(main())
