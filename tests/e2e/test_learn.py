"""Learnt styles on the page: their mark, painting with them in the browser, and learning one."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from impasto.serve.own_styles import OwnStyles
from impasto.serve.tasks import Encoded
from impasto.weights.catalog import find_model

pytestmark = pytest.mark.slow

JOB = {
    "id": "j" * 22,
    "kind": "learn",
    "state": "running",
    "progress": 0.25,
    "message": "step 12",
    "eta_seconds": 225.0,
}
JOB |= {"preview": None, "result": None, "error": None}


@pytest.fixture
def store(running_studio, studio_folder):
    """The own styles of the studio."""
    # Other tests may have killed studios, which leave their folders.
    owner = f":{running_studio[0].pid}:"
    told = {one: json.loads(one.read_bytes())["owner"] for one in studio_folder.glob("*/server.json")}
    (folder,) = (one.parent / "styles" for one, name in told.items() if owner in name)
    return OwnStyles(find_model("default"), folder, most=64, seconds=7200)


@pytest.fixture
def own_style(store, made_up_style, draw):
    """The name of an own style, which is added before the page is opened."""
    files = io.BytesIO(), io.BytesIO()
    for file, kind in zip(files, ("JPEG", "WEBP"), strict=True):
        Image.fromarray(draw(5, 96, 128)).save(file, kind)
    encoded = Encoded(made_up_style.numbers, *(file.getvalue() for file in files))
    name = store.add(encoded, title="Artwork", client="127.0.0.1").name
    yield name
    store.remove(name)


@pytest.fixture
def learnt_style(own_style, store, made_up_style):
    """The name of a learnt one."""
    store.learn(own_style, made_up_style, {})
    return own_style


def test_a_learnt_style_is_marked_and_painted_with_in_the_browser(
    learnt_style, page, painted, saved, pixels_of, tmp_path, draw
):
    name = learnt_style
    card = page.locator(f'.card[data-name="{name}"]')
    mark = card.locator(".learnt")
    mark.wait_for()
    assert "closer to the artwork" in mark.get_attribute("title")
    assert card.get_by_role("button", name="Artwork learnt").count() == 1

    Image.fromarray(draw(3, 96, 128)).save(tmp_path / "photo.png")
    page.set_input_files("#photo-file", tmp_path / "photo.png")

    def picture(mode):
        painted(page)
        page.click("#download")
        return pixels_of(saved(page, '[data-save="png"]').rename(tmp_path / f"{mode}.png"))

    plain = picture("plain")
    card.locator(".pick").click()
    alone = picture("alone")
    page.locator('.card[data-name="udnie"] .pick').click(modifiers=["Shift"])
    mixed = picture("mixed")
    page.locator("#in-browser").check(force=True)
    page.wait_for_selector("#in-browser:checked:enabled")
    assert np.abs(picture("mixed-here") - mixed).mean() <= 2
    card.locator(".pick").click()
    here = picture("here")
    assert np.abs(here - alone).mean() <= 2
    for other in (plain, mixed):
        assert np.abs(here - other).mean() > 4


def test_an_own_style_is_learnt_and_a_reload_finds_the_job_again(own_style, page, store, made_up_style):
    name = own_style
    sent, told = [], dict(JOB)

    def begin(route):
        sent.append(route.request.post_data_buffer)
        route.fulfill(status=202, json=told)

    page.route("**/v1/jobs", begin)
    page.route(f"**/v1/jobs/{JOB['id']}", lambda route: route.fulfill(json=told))
    page.route(
        f"**/v1/jobs/{JOB['id']}/events",
        lambda route: route.fulfill(content_type="text/event-stream", body=f"event: job\ndata: {json.dumps(told)}\n\n"),
    )
    pick = page.locator(f'.card[data-name="{name}"] .pick')
    assert page.locator("#learn").is_hidden()  # of a preset there is no picture to learn from
    pick.click()
    page.select_option("#learn-minutes", "2")
    page.click("#learn-start")
    page.get_by_text("25 % · step 12 · about 4 min left").wait_for()
    assert b'name="style"\r\n\r\n' + name.encode() in sent[0]
    assert b'name="minutes"\r\n\r\n2\r\n' in sent[0]
    assert page.locator("#learn-start").is_disabled()

    page.reload()
    page.get_by_text("Learning Artwork").wait_for()
    pick.click()
    assert page.locator("#learn-start").is_disabled()
    store.learn(name, made_up_style, {})
    told |= {"state": "done", "progress": 1.0, "message": "learnt in 50 steps", "result": "/v1/jobs/j/result"}
    page.locator(f'.card[data-name="{name}"] .learnt').wait_for()
    assert page.locator("#learn-start").is_enabled()
    kept = page.evaluate("async () => (await import('/static/store.js')).allOf('jobs')")
    assert [(one["purpose"], one["done"], one["fields"]) for _, one in kept] == [("learn", True, None)]


def test_the_button_says_what_to_install(own_style, page):
    sentence = "learning a style needs packages that are not installed; run: pip install 'impasto[train]'"
    page.route("**/v1/models/default", lambda route: route.fulfill(json={"cannot_learn": sentence}))
    page.locator(f'.card[data-name="{own_style}"] .pick').click()
    page.get_by_text("run: pip install 'impasto[train]'").wait_for()
    assert page.locator("#learn-start").is_disabled()
