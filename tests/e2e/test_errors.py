"""What goes wrong is said in one sentence, with a way on."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

FAILED = ("Failed to load resource",)  # what the browser itself notes of an answer that is an error


def message(page):
    return page.locator("#messages .message p").first.inner_text()


def test_a_file_that_is_no_picture(page):
    page.set_input_files("#photo-file", {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    assert "“notes.jpg” is no picture" in message(page)
    assert page.locator("#empty").is_visible()


def test_a_server_that_refuses_and_then_paints(open_page, painted, photo_file):
    page = open_page(expected=FAILED)
    sentence = "the mixture cannot be painted today; try another"
    refusal = {"status": 422, "content_type": "application/json", "body": json.dumps({"error": sentence})}
    page.route("**/v1/stylize", lambda route: route.fulfill(**refusal))
    page.set_input_files("#photo-file", photo_file)
    assert message(page) == sentence
    page.unroute("**/v1/stylize")
    page.click("text=Try again")
    painted(page)


def test_a_busy_server_is_asked_again_after_a_while(open_page, painted, photo_file):
    page = open_page(expected=FAILED)
    busy = {"status": 503, "headers": {"Retry-After": "1"}, "content_type": "application/json", "body": "{}"}
    page.route("**/v1/stylize", lambda route: route.fulfill(**busy), times=2)
    page.set_input_files("#photo-file", photo_file)
    painted(page)
    assert page.locator("#messages .message").count() == 0


def test_a_server_that_has_gone(studio, open_page):
    page = open_page(ready=False, expected=("ERR_FAILED", *FAILED))
    page.route("**/v1/styles", lambda route: route.abort())
    page.goto(studio)
    page.wait_for_selector(".gallery.failed")
    assert "does not answer" in page.inner_text("#gallery")
    page.unroute("**/v1/styles")
    page.click("text=Try again")
    page.wait_for_selector(".card.chosen")


def test_a_camera_that_is_not_allowed(open_page):
    page = open_page()
    page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
        }"""
    )
    page.click('.modes [data-mode="live"]')
    page.click("#live-start")
    assert "not allowed" in message(page)
    assert page.locator("#live-empty").is_visible()
