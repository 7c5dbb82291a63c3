"""What is on the easel stays there: loaded anew, undone, dropped back, handed on."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

READ = """async () => {
  const { state } = await import("/static/state.js");
  const { look, chosen, photo, mask, inBrowser, mode } = state;
  return { look, chosen, photo: photo && photo.id, mask: mask && mask.blob.size, inBrowser, mode };
}"""
KEEP = "async ([store, key, value]) => (await import('/static/store.js')).keep(store, key, value)"
READY = ".card.chosen .pick img[src]"


def shown(page):
    """The pixels on the easel."""
    data = page.evaluate(
        """async () => {
          const blob = await (await fetch(document.querySelector("#after").src)).blob();
          const reader = new FileReader();
          return new Promise((resolve) => {
            reader.onload = () => resolve(reader.result);
            reader.readAsDataURL(blob);
          });
        }"""
    )
    return np.asarray(Image.open(BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB")).astype(np.int16)


def test_a_page_loaded_anew_has_everything_and_back_does_not_leave(studio, page, painted, photo_file, saved, pixels_of):
    page.set_input_files("#photo-file", photo_file)
    page.click('.card[data-name="great-wave"] .pick')
    page.focus("#look-strength")
    page.keyboard.press("ArrowLeft")
    page.click("#mask")
    page.focus("#mask-canvas")
    page.keyboard.press(" ")
    page.keyboard.press("Escape")
    assert page.locator("#mask-tools").is_hidden()
    page.wait_for_function("async () => (await import('/static/state.js')).state.mask !== null")
    painted(page)
    page.locator("#history-list button").first.wait_for()
    before, picture = page.evaluate(READ), shown(page)
    assert "style=great-wave" in page.url
    assert "strength=0.99" in page.url

    page.reload()
    page.locator("#history-list button.now").wait_for()
    painted(page)
    assert page.evaluate(READ) == before
    assert np.array_equal(shown(page), picture)
    page.click("#download")
    difference = np.abs(pixels_of(saved(page, '[data-save="png"]')) - picture).mean()
    assert difference < 3  # of 255: what is shown is what is saved
    assert page.locator("#history-list button").count() == 1

    page.click('.modes [data-mode="live"]')
    page.wait_for_url("**/*mode=live*")
    page.go_back()
    page.wait_for_function("() => document.body.dataset.mode === 'photo'")
    page.go_back()
    assert page.locator("#frame").is_visible()
    assert "Back once more" in page.inner_text("#messages")
    page.goto(f"{studio}/#style=udnie&strength=0.5&size=768")
    page.wait_for_function("async () => (await import('/static/state.js')).state.look.size === 768")
    assert page.evaluate(READ)["chosen"] == [{"name": "udnie", "weight": 1}]


def test_a_visit_is_forgotten_when_one_wants(page, painted, photo_file):
    page.set_input_files("#photo-file", photo_file)
    painted(page)
    page.click("#forget-visit")
    with page.expect_navigation():
        page.get_by_text("Forget all").click()
    page.wait_for_selector(READY)
    assert page.locator("#frame").is_hidden()
    assert page.locator("#history").is_hidden()
    assert page.evaluate("async () => (await import('/static/store.js')).keysOf('photos')") == []


def test_a_photo_that_is_not_to_leave_the_machine_does_not_after_a_reload(page, photo_file):
    page.evaluate(KEEP, ["easel", "in browser", True])
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.set_input_files("#photo-file", photo_file)
    page.wait_for_selector(READY)
    assert page.is_checked("#in-browser")
    page.wait_for_selector('#after[data-kind="full"]')
    assert not [url for url in asked if "stylize" in url]


def test_what_a_server_that_was_started_anew_has_forgotten(open_page, tmp_path, draw):
    page = open_page(expected=("404",))
    artwork = tmp_path / "Mine.png"
    Image.fromarray(draw(5, 200, 260)).save(artwork)
    page.set_input_files("#style-file", artwork)
    own = page.locator('.card.chosen[data-name^="own-"]')
    own.wait_for()
    name = own.get_attribute("data-name")
    page.evaluate("name => fetch(`/v1/styles/${name}`, { method: 'DELETE' })", name)
    page.evaluate(
        KEEP, ["jobs", "x" * 22, {"purpose": "learn", "about": {"name": name, "title": "Mine"}, "fields": {}}]
    )
    page.reload()
    own.wait_for()
    assert own.get_attribute("data-name") != name
    assert "Mine" in own.inner_text()
    job = page.locator('.job[data-state="failed"]')
    job.wait_for()
    assert "forgotten" in job.inner_text()
    assert job.get_by_text("Send it again").is_visible()
    job.get_by_text("Dismiss").click()
    job.wait_for(state="detached")


def test_undo_redo_favourites_and_arrow_keys(page, painted, photo_file):
    page.set_input_files("#photo-file", photo_file)
    painted(page)
    page.click('.card[data-name="udnie"] .pick')
    painted(page)
    udnie = page.get_attribute("#after", "src")
    page.focus("#look-strength")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+z")  # a slider's steps are one
    assert page.evaluate(READ)["look"]["strength"] == 1
    page.wait_for_function("before => document.querySelector('#after').src === before", arg=udnie)  # not painted anew
    page.keyboard.press("Control+z")
    assert page.get_attribute('.card[data-name="starry-night"] .pick', "aria-pressed") == "true"
    page.keyboard.press("Control+Shift+z")
    assert page.get_attribute('.card[data-name="udnie"] .pick', "aria-pressed") == "true"

    page.focus('.card[data-name="udnie"] .pick')
    page.keyboard.press("Home")
    first = page.evaluate("document.activeElement.closest('.card').dataset.name")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.closest('.card').dataset.name") == first
    page.hover(f'.card[data-name="{first}"]')
    page.click(f'.card[data-name="{first}"] .like')
    page.click("#favourites")
    assert page.locator(".card:visible").count() == 1
    page.focus("#original")
    page.keyboard.down(" ")
    assert page.locator("#after").evaluate("one => getComputedStyle(one).visibility") == "hidden"
    page.keyboard.up(" ")
    assert page.locator("#after").evaluate("one => getComputedStyle(one).visibility") == "visible"


def test_every_style_shows_the_visitors_own_photo(page, painted, photo_file):
    page.set_input_files("#photo-file", photo_file)
    painted(page)
    page.wait_for_function("() => document.querySelectorAll('.card.of-photo').length >= 6")
    card = page.locator('.card.of-photo[data-name="starry-night"]')
    assert card.locator(".pick img").get_attribute("src").startswith("blob:")
    page.click("#in-browser")  # what is painted in the browser does not leave it
    page.wait_for_function("() => document.querySelector('#in-browser').checked", timeout=60_000)
    count = page.locator(".card.of-photo").count()
    page.set_input_files(
        "#photo-file", {"name": "b.png", "mimeType": "image/png", "buffer": photo_file.read_bytes() + b"0"}
    )
    page.wait_for_function("() => document.querySelectorAll('.card.of-photo').length === 0")
    assert count >= 6


def test_the_easel_is_handed_on_and_a_saved_picture_brings_it_back(open_page, painted, saved, photo_file, tmp_path):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.set_input_files("#photo-file", photo_file)
    page.click('.card[data-name="great-wave"] .pick')
    page.click('.card[data-name="udnie"] .mix')
    page.focus("#look-saturation")
    page.keyboard.press("Home")
    painted(page)

    def copied(what):
        page.click("#share")
        page.click(f'[data-share="{what}"]')
        page.locator("#messages .message", has_text="Copied.").wait_for()
        page.click("#messages .icon")
        return page.evaluate("navigator.clipboard.readText()")

    command = copied("command")
    assert command == "impasto stylize holiday.png --style great-wave:1 --style udnie:1 --saturation 0"
    assert "style=great-wave:1.0000" in copied("curl")
    assert copied("link").endswith("#style=great-wave&style=udnie&saturation=0")
    code = copied("python").replace("write_picture(", f"write_picture({str(tmp_path)!r} + '/' + ")
    compile(code, "copied", "exec")
    assert "LookOptions(saturation=0)" in code

    before = page.evaluate(READ)
    for kind in ("jpeg", "png"):
        page.click("#download")
        picture = saved(page, f'[data-save="{kind}"]')
        Image.open(picture).load()  # it is whole
        page.click("#reset-look")
        page.click('.card[data-name="starry-night"] .pick')
        page.set_input_files("#photo-file", picture)
        page.get_by_text("are back").wait_for()
        assert page.evaluate(READ) == before
        page.click("#messages .icon")


def test_on_a_phone_the_picture_stays_while_a_slider_moves(open_page, painted):
    for width, height in ((390, 844), (844, 390)):
        page = open_page(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
        page.click('[data-sample="portrait"]')
        painted(page)
        page.locator("#refine-start").scroll_into_view_if_needed()
        page.locator("#look-strength").scroll_into_view_if_needed()
        picture, slider = (page.locator(one).bounding_box() for one in ("#frame", "#look-strength"))
        for box in (picture, slider):
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height
        assert (
            page.locator("#download").bounding_box()["x"] + page.locator("#download").bounding_box()["width"] <= width
        )
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.click("#mask")
        for tools in ("#toolbar", "#mask-tools"):  # nothing is cut off beside the panel
            assert page.locator(tools).evaluate("one => one.scrollWidth <= one.clientWidth")
        assert page.locator("#mask-tools").bounding_box()["height"] < (120 if height > width else 60)
