"""From a photo to a saved painting, as a visitor would go."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow

SAVE_PNG = '[data-save="png"]'


def difference(one, other):
    return np.abs(one - other).mean()


@pytest.fixture
def save_png(page, saved, pixels_of):
    """Saves what is shown and reads it."""

    def save():
        page.click("#download")
        return pixels_of(saved(page, SAVE_PNG))

    return save


def test_a_photo_is_painted_weakened_masked_and_saved(page, painted, save_png, photo_file, pixels_of):
    photo = pixels_of(photo_file)
    page.set_input_files("#photo-file", photo_file)
    page.click('.card[data-name="great-wave"] .pick')
    assert page.get_attribute('.card[data-name="great-wave"] .pick', "aria-pressed") == "true"
    painted(page)
    full = save_png()
    assert full.shape == photo.shape
    assert difference(full, photo) > 10

    page.focus("#look-strength")
    page.keyboard.press("Home")
    painted(page)
    assert difference(save_png(), photo) < difference(full, photo) / 2

    page.focus("#look-strength")
    page.keyboard.press("End")
    page.click("#mask")
    box = page.locator("#mask-canvas").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, middle, steps=5)
    page.mouse.up()
    page.wait_for_selector("#painting")
    painted(page)
    masked = save_png()
    assert difference(masked[190:210], photo[190:210]) < 1  # the brush kept the photo along the middle
    assert difference(masked[:60], full[:60]) < 1


def test_styles_are_mixed_by_square_and_slider(page, painted, save_png, photo_file, pixels_of):
    page.set_input_files("#photo-file", photo_file)
    page.click('.card[data-name="great-wave"] .pick')
    painted(page)
    alone = save_png()
    page.click('.card[data-name="the-scream"] .mix')
    shares = page.locator("#shares output")
    assert shares.all_inner_texts() == ["50 %", "50 %"]
    page.focus("#square")
    page.keyboard.press("ArrowRight")
    assert shares.all_inner_texts() == ["45 %", "55 %"]
    assert "The Scream" in page.get_attribute("#square", "aria-valuetext")
    painted(page)
    assert difference(save_png(), alone) > 5

    for name in ("udnie", "starry-night"):
        page.click(f'.card[data-name="{name}"] .mix')
    assert shares.count() == 4
    page.click('.card[data-name="trellis"] .mix')
    assert "at most 4 styles" in page.inner_text("#messages")
    page.locator("#square").click(position={"x": 6, "y": 6})
    assert int(shares.nth(0).inner_text().split()[0]) >= 85


def test_history_compare_and_zoom(page, painted, photo_file):
    page.set_input_files("#photo-file", photo_file)
    painted(page)
    entries = page.locator("#history-list button")
    entries.nth(0).wait_for()
    page.click('.card[data-name="udnie"] .pick')
    painted(page)
    entries.nth(1).wait_for()
    entries.nth(1).click()
    painted(page)
    assert page.get_attribute('.card[data-name="starry-night"] .pick', "aria-pressed") == "true"
    assert entries.count() == 2

    page.click("#compare")
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#divider", "aria-valuenow") == "45"
    assert "45%" in page.locator("#after").evaluate("one => one.style.clipPath")
    page.focus("#frame")
    page.keyboard.press("+")
    assert page.inner_text("#zoom-fit") == "125 %"
    page.click("#zoom-fit")
    assert page.inner_text("#zoom-fit") == "100 %"


BRING = """async ([kind, width]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height: 70 });
  canvas.getContext("2d").fillRect(10, 10, 40, 40);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  const files = new DataTransfer();
  files.items.add(new File([blob], "brought.png", { type: "image/png" }));
  const easel = document.querySelector("#easel");
  if (kind === "paste") easel.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true }));
  else easel.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true }));
}"""


def test_samples_and_what_is_dropped_or_pasted_are_taken(page, painted):
    page.click('[data-sample="cat"]')
    painted(page)
    for kind, width in (("drop", 90), ("paste", 80)):
        page.evaluate(BRING, [kind, width])
        page.wait_for_selector("#painting")
        painted(page)
        assert page.locator("#after").evaluate("one => [one.naturalWidth, one.naturalHeight]") == [width, 70]


def test_an_own_picture_becomes_a_style_and_is_forgotten(page, painted, photo_file, tmp_path, draw):
    from PIL import Image

    artwork = tmp_path / "My artwork.png"
    Image.fromarray(draw(5, 200, 260)).save(artwork)
    page.set_input_files("#photo-file", photo_file)
    page.set_input_files("#style-file", artwork)
    chosen = page.locator('.card.chosen[data-name^="own-"]')
    chosen.wait_for()
    own = page.locator(f'.card[data-name="{chosen.get_attribute("data-name")}"]')
    assert "My artwork" in own.inner_text()
    painted(page)
    assert page.locator("#refine-start").is_enabled()
    own.hover()
    own.locator(".forget").click()
    own.wait_for(state="detached")
    painted(page)
    assert page.get_attribute('.card[data-name="starry-night"] .pick', "aria-pressed") == "true"
