from __future__ import annotations

import os

import numpy as np
import pytest

from impasto.inference.stylizer import Stylizer

pytest.importorskip("gradio", reason="pip install gradio")

pytestmark = pytest.mark.filterwarnings("ignore")  # other people's


@pytest.fixture
def page(load, toy_model):
    stylizer = Stylizer.load(toy_model)
    return load("gradio/app.py").build(stylizer), stylizer


def paint(page, *arguments):
    (function,) = [one.fn for one in page.fns.values() if one.api_name == "paint"]
    return function(*arguments)


def test_it_paints_as_python_paints(page, photo, draw):
    blocks, stylizer = page
    assert np.array_equal(paint(blocks, photo, "dusk", None, 1.0, 1.0, "style"), stylizer.stylize(photo, "dusk"))
    other = draw(1, 80, 90)
    found = paint(blocks, photo, "dusk", other, 0.5, 1.0, "style")
    assert np.array_equal(found, stylizer.stylize(photo, other, strength=0.5))


def test_what_cannot_be_done_is_shown(page, photo):
    import gradio

    for arguments in ((None, "dusk", None), (photo, "nosuch", None), (photo, "dusk", photo[:5, :5])):
        with pytest.raises(gradio.Error):
            paint(page[0], *arguments, 1.0, 1.0, "style")


def test_a_real_server_answers_and_tells_nobody(page, photo, tmp_path, monkeypatch):
    from gradio_client import Client, handle_file
    from PIL import Image

    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    Image.fromarray(photo).save(tmp_path / "photo.png")
    blocks, stylizer = page
    _, address, _ = blocks.launch(prevent_thread_lock=True, quiet=True)
    try:
        given = handle_file(str(tmp_path / "photo.png"))
        answer = Client(address, verbose=False).predict(given, "noon", None, 1.0, 1.0, "style", api_name="/paint")
    finally:
        blocks.close()
    path = answer["path"] if isinstance(answer, dict) else answer
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), stylizer.stylize(photo, "noon"))
