"""What the page costs, whom it talks to, and whether everybody can use it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

MOST_BYTES = 300_000
SERIOUS = ("serious", "critical")


@pytest.fixture
def violations():
    """The serious findings of axe-core on a page."""
    from axe_playwright_python.sync_playwright import Axe

    def found(page):
        results = Axe().run(page).response
        return [
            (one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in results["violations"]
            if one["impact"] in SERIOUS
        ]

    return found


def test_the_first_visit_is_small_and_asks_no_other_host(studio, open_page):
    page = open_page(ready=False)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    received, asked = [], []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(studio, wait_until="networkidle")
    page.wait_for_selector(".card.chosen .pick img[src]")
    assert 20_000 < sum(received) <= MOST_BYTES
    assert all(url.startswith(f"{studio}/") for url in asked)
    # What is imported is announced, so that nothing waits for one file to name the next.
    modules = {url.removeprefix(studio) for url in asked if url.endswith(".js")} - {
        "/static/main.js",
        "/static/theme.js",
    }
    links = page.locator("link[rel=modulepreload]")
    assert {f"/{one}" for one in links.evaluate_all("all => all.map((one) => one.getAttribute('href'))")} == modules


def test_everybody_can_use_it(open_page, painted, violations, photo_file):
    page = open_page(reduced_motion="reduce")  # what is half faded in has no contrast
    assert violations(page) == []
    page.set_input_files("#photo-file", photo_file)
    page.click('.card[data-name="great-wave"] .mix')
    page.click("#mask")
    page.click("#compare")
    painted(page)
    page.locator("#history-list button").first.wait_for()
    page.evaluate("import('/static/messages.js').then(({ tell }) => tell('A sentence.', { error: true }))")
    page.click("#download")
    assert violations(page) == []
    for theme in ("light", "dark"):
        page.click("#theme")
        assert theme in page.get_attribute("#theme", "aria-label")
    assert violations(page) == []
    page.keyboard.press("Escape")
    for mode in ("live", "video"):
        page.click(f'.modes [data-mode="{mode}"]')
        page.wait_for_selector(f"#{mode} .empty")
        assert violations(page) == []


def test_a_phone_shows_it_without_scrolling_sideways(open_page, painted, violations):
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page.click('[data-sample="portrait"]')
    page.click('.card[data-name="great-wave"] .mix')
    page.click("#mask")
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert violations(page) == []
    page.click('.modes [data-mode="live"]')
    page.click("#live-start")
    page.locator("#live-stop").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert violations(page) == []
