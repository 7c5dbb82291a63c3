"""Figures: a plot of curves as pixels, and pictures one below or beside the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from impasto.image.sheet import PAPER
from impasto.studies.findings import Pixels

__all__ = ["CELL", "beside", "plot_curves", "stacked"]

CELL = 176  # pixels of a picture's long side in a figure, which has to be small enough for a page


def plot_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    x: str,
    y: str,
    width: int = 900,
    height: int = 420,
    dashed: Sequence[str] = (),
) -> Pixels:
    """Curves over a common axis, the values on a logarithmic scale; values that are not positive are left out.

    Args:
        curves: places and values of each curve, by its label.
        x, y: what the axes show.
        width, height: of the plot, in pixels.
        dashed: labels of curves drawn as dashes, each in the colour of the solid curve of the same rank.

    Returns:
        uint8 height×width×3.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # without pyplot: no window, no global state
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 100, height / 100), dpi=100, layout="constrained")
    figure.set_facecolor("#{:02x}{:02x}{:02x}".format(*PAPER))
    axes = figure.add_subplot()
    ranks = {True: 0, False: 0}
    for label, (places, values) in curves.items():
        broken = label in dashed
        axes.plot(
            places,
            [value if value > 0 else float("nan") for value in values],
            color=f"C{ranks[broken] % 10}",
            linestyle="--" if broken or ranks[broken] >= 10 else "-",
            linewidth=1.5,
            label=label,
        )
        ranks[broken] += 1
    axes.set(xlabel=x, ylabel=y, yscale="log")
    axes.grid(visible=True, color="0.9")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    canvas: Any = FigureCanvasAgg(figure)  # not annotated
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()


def stacked(*pictures: Pixels) -> Pixels:
    """Pictures (uint8 h×w×3, of any widths) one below the other, centred on paper."""
    width = max(picture.shape[1] for picture in pictures)
    sheet = np.full((sum(picture.shape[0] for picture in pictures), width, 3), PAPER, np.uint8)
    top = 0
    for picture in pictures:
        left = (width - picture.shape[1]) // 2
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        top += picture.shape[0]
    return sheet


def beside(*pictures: Pixels) -> Pixels:
    """Pictures (uint8 h×w×3, of any heights) one beside the other on paper, their tops in a line."""
    height = max(picture.shape[0] for picture in pictures)
    sheet = np.full((height, sum(picture.shape[1] for picture in pictures), 3), PAPER, np.uint8)
    left = 0
    for picture in pictures:
        sheet[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1]
    return sheet
