"""The camera, painted by the server and in the browser; Chromium's fake one stands in for a real one."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.slow

COUNTED = re.compile(r"[\d.]+ frames/s · \d+ ms")
BRIGHTNESS = """() => {
  const canvas = document.querySelector("#live-picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, canvas.height, data.reduce((sum, value) => sum + value, 0) / data.length];
}"""


@pytest.fixture
def live(page):
    """The page with its camera running, and a wait for frames that were painted and counted."""
    page.click('.modes [data-mode="live"]')
    page.click("#live-start")

    def frames(where):
        page.get_by_text(re.compile(rf"{COUNTED.pattern} · {where}")).wait_for()
        return page.evaluate(BRIGHTNESS)

    return page, frames


def test_the_server_paints_the_camera_and_follows_the_style(live, saved, pixels_of):
    page, frames = live
    width, height, dark = frames("by the server")
    assert (width, height) == (480, 360)
    page.click('.card[data-name="great-wave"] .pick')
    page.locator("#look-strength").fill("0.9")
    for _ in range(100):
        page.wait_for_timeout(100)
        bright = page.evaluate(BRIGHTNESS)[2]
        if bright > dark + 20:
            break
    assert bright > dark + 20  # the great wave is mostly paper, the starry night is not

    assert pixels_of(saved(page, "#live-snapshot")).shape == (360, 480, 3)
    page.click("#live-record")
    page.wait_for_timeout(3000)
    film = saved(page, "#live-record")
    assert film.suffix in (".mp4", ".webm")
    assert film.stat().st_size > 1000
    page.click("#live-stop")
    assert page.locator("#live-empty").is_visible()


def test_the_browser_paints_the_camera_and_sends_nothing(page):
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.locator("#in-browser").check(force=True)
    page.wait_for_selector("#in-browser:checked:enabled")
    page.click('.modes [data-mode="live"]')
    assert "never leave" in page.inner_text("#live-words")
    page.click("#live-start")
    page.select_option("#live-size", "320")
    page.get_by_text(re.compile(rf"{COUNTED.pattern} · in this browser")).wait_for()
    assert page.evaluate(BRIGHTNESS)[2] > 20
    assert sockets == []
