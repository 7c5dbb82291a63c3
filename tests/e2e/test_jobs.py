"""Long work on the page: full resolution, films and slow painting, with progress and a way to call it off."""

from __future__ import annotations

import importlib.util
import socket
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

needs_films = pytest.mark.skipif(
    importlib.util.find_spec("av") is None or importlib.util.find_spec("cv2") is None, reason="needs impasto[video]"
)
needs_training = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs impasto[train]")


@pytest.fixture
def film_file(tmp_path, draw):
    """A film of 8 frames of 96×64."""
    import av

    path = tmp_path / "clip.mp4"
    pixels = draw(4, 64, 160)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 96, 64, "yuv420p", Fraction(1, 8)
        for index in range(8):
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(pixels[:, 4 * index : 4 * index + 96]), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_the_photos_own_resolution_is_painted_as_a_job_and_saved(page, painted, saved, tmp_path, draw, pixels_of):
    photo = tmp_path / "large.png"
    Image.fromarray(draw(2, 600, 900)).save(photo)
    page.set_input_files("#photo-file", photo)
    page.select_option("#look-size", "768")
    painted(page)
    page.click("#download")
    assert "768×512" in page.inner_text('[data-save="png"]')
    path = saved(page, '[data-save="full-png"]')  # which also begins the job
    assert pixels_of(path).shape == (600, 900, 3)
    job = page.locator(".job")
    assert job.get_attribute("data-state") == "done"
    job.get_by_text("Dismiss").click()
    job.wait_for(state="detached")


@needs_films
def test_a_film_is_painted_and_another_called_off(page, saved, film_file):
    page.click('.modes [data-mode="video"]')
    page.set_input_files("#video-file", film_file)
    page.locator("#film").wait_for()
    page.click("#paint-film")
    page.locator('.job[data-state="done"]').wait_for()
    assert "/result" in page.get_attribute("#film", "src")
    path = saved(page, ".job >> text=Save")
    assert path.name == "clip-painted.mp4"
    assert path.read_bytes()[4:8] == b"ftyp"
    page.get_by_text("Dismiss").first.click()

    page.click("#paint-film")
    page.click(".job >> text=Cancel")
    page.locator(".job").wait_for(state="detached")
    assert page.locator("#paint-film").is_enabled()


@needs_training
def test_a_painting_is_refined_beside_itself_stopped_and_kept_if_one_wants(page, painted, tmp_path, draw):
    for name, seed in (("photo", 6), ("artwork", 7)):
        Image.fromarray(draw(seed, 160, 200)).save(tmp_path / f"{name}.png")
    page.set_input_files("#photo-file", tmp_path / "photo.png")
    painted(page)
    assert page.locator("#refine-start").is_disabled()  # of a preset there is no picture to compare with
    page.set_input_files("#style-file", tmp_path / "artwork.png")
    page.locator('.card.chosen[data-name^="own-"]').wait_for()
    painted(page)
    page.click("#refine-start")
    page.wait_for_function("() => /^[1-9]\\d* steps?/.test(document.querySelector('#refine-words').textContent)")
    before, refined = (page.get_attribute(f"#{one}", "src") for one in ("after", "refined"))
    assert refined.startswith("blob:")
    assert refined != before
    page.click("#refine-stop")
    page.locator(".job").wait_for(state="detached")
    assert "stopped" in page.inner_text("#refine-words")
    assert page.get_attribute("#after", "src") == before  # nothing is replaced without being asked
    page.click("#keep-refined")
    page.wait_for_function("before => document.querySelector('#after').src !== before", arg=before)
    assert page.locator("#refined").is_hidden()
    page.keyboard.press("Control+z")
    page.wait_for_function("before => document.querySelector('#after').src === before", arg=before)


@needs_films
def test_a_job_whose_server_was_killed_can_be_sent_again(start_studio, open_page, film_file):
    with socket.socket() as one:  # a server at a random port is not found again
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process, address = start_studio(port)
    page = open_page(address=address, expected=("ERR_", "404"))
    page.click('.modes [data-mode="video"]')
    page.set_input_files("#video-file", film_file)
    page.click("#paint-film")
    page.locator(".job[data-state]").wait_for()
    process.kill()
    process.wait()
    page.get_by_text("does not answer").wait_for()
    start_studio(port)
    job = page.locator('.job[data-state="interrupted"]')
    job.wait_for()  # the page has waited for the next server
    assert "stopped before this was done" in job.inner_text()
    page.reload()
    job.get_by_text("Send it again").click()
    page.locator('.job[data-state="done"]').wait_for()
    assert page.locator(".job").count() == 1


FOLLOWED = """async () => {
  const { followJob } = await import("/static/api.js");
  return new Promise((resolve) => {
    const silent = () => resolve("silent");
    followJob("x".repeat(22), { changed: () => resolve("changed"), gone: () => resolve("gone"), silent });
  });
}"""


def test_a_job_that_is_gone_is_followed_no_more(page):
    assert page.evaluate(FOLLOWED) == "gone"


@needs_films
def test_a_film_that_is_none_is_refused_in_a_sentence(open_page):
    page = open_page(expected=("415",))
    page.click('.modes [data-mode="video"]')
    page.set_input_files("#video-file", {"name": "notes.mp4", "mimeType": "video/mp4", "buffer": b"no film"})
    page.click("#paint-film")
    page.locator("#messages .error").wait_for()
    assert "film" in page.inner_text("#messages .error")
    assert page.locator(".job").count() == 0
    assert page.locator("#paint-film").is_enabled()


def test_a_film_that_the_browser_cannot_play_is_said_so(page):
    page.click('.modes [data-mode="video"]')
    page.set_input_files("#video-file", {"name": "notes.mp4", "mimeType": "video/mp4", "buffer": b"no film"})
    page.wait_for_selector("#messages .message")
    assert "cannot play this film" in page.inner_text("#messages")
