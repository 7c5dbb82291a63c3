"""A page to paint on, made with Gradio: ``python app.py``. Impasto's own page, ``impasto studio``, can do more."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # or Gradio tells its makers of every start

import gradio as gr
import numpy as np

from impasto import ImpastoError, LookOptions, Stylizer, compose

COLORS = ["style", "photo-luminance", "photo-histogram", "photo-linear", "photo-hue"]


def build(stylizer: Stylizer) -> gr.Blocks:
    """The page, which paints with a stylizer."""

    def paint(
        photo: np.ndarray | None,
        preset: str,
        picture: np.ndarray | None,
        strength: float,
        stroke: float,
        color: str,
    ) -> np.ndarray:
        if photo is None:
            raise gr.Error("there is no photo; drop one on the left")
        look = LookOptions(strength=strength, stroke=stroke, color=color)
        try:
            return compose(stylizer, photo, preset if picture is None else picture, look=look)
        except ImpastoError as error:
            raise gr.Error(str(error)) from None

    with gr.Blocks(title="Impasto", analytics_enabled=False) as page:
        with gr.Row():
            with gr.Column():
                photo = gr.Image(label="Photo", type="numpy", image_mode="RGB")
                preset = gr.Dropdown([(one.title, one.name) for one in stylizer.presets], label="Style")
                picture = gr.Image(label="… or the style of a picture", type="numpy", image_mode="RGB", height=160)
                strength = gr.Slider(0, 1.5, 1.0, step=0.05, label="Strength")
                stroke = gr.Slider(0.25, 4, 1.0, step=0.25, label="Size of the strokes")
                color = gr.Dropdown(COLORS, value="style", label="Colours")
                button = gr.Button("Paint", variant="primary")
            pastiche = gr.Image(label="Pastiche", format="png")
        button.click(paint, [photo, preset, picture, strength, stroke, color], pastiche, api_name="paint")
    return page


if __name__ == "__main__":
    build(Stylizer.load()).launch()
