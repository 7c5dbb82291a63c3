"""Tables, plots and sheets."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.image.sheet import PAPER
from impasto.studies.figure import beside, plot_curves, stacked
from impasto.studies.findings import Findings, cell_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.123456, "0.123"), (1234.5, "1234"), (3.2e7, "3.2e+07"), (150, "150"), ("relu1_1", "relu1_1")],
)
def test_cells(value, text):
    assert cell_text(value) == text


def test_markdown_is_a_table_with_notes_and_the_figure():
    rows = [{"loss": "a|b", "content": 0.5, "steps": 3}, {"loss": "c", "content": None, "steps": 4}]
    text = Findings(rows, np.zeros((4, 4, 3), np.uint8), ["One.", "Two."]).markdown("A title", "losses.jpg")
    assert text.splitlines() == [
        "# A title",
        "",
        "One. Two.",
        "",
        "![A title](losses.jpg)",
        "",
        "| loss | content | steps |",
        "| --- | ---: | ---: |",
        "| a\\|b | 0.5 | 3 |",
        "| c | – | 4 |",
    ]


def test_a_plot_has_the_size_asked_for_and_survives_zeros():
    plot = plot_curves(
        {"one": ([0, 1, 2], [1.0, 0.1, 0.0]), "two": ([0, 1], [1.0, 0.5])}, x="step", y="loss", dashed=["two"]
    )
    assert plot.shape == (420, 900, 3)
    assert plot.dtype == np.uint8
    assert tuple(plot[0, 0]) == PAPER
    blue = (plot[..., 2].astype(int) - plot[..., 0] > 60).sum()
    assert blue > 100  # the first colour, twice: once as dashes


def test_pictures_of_several_widths_are_stacked_on_paper():
    sheet = stacked(np.zeros((2, 6, 3), np.uint8), np.zeros((3, 2, 3), np.uint8))
    assert sheet.shape == (5, 6, 3)
    assert (sheet[:2] == 0).all()
    assert (sheet[2:, 2:4] == 0).all()
    assert (sheet[2:, :2] == PAPER).all()


def test_pictures_of_several_heights_stand_beside_each_other():
    sheet = beside(np.zeros((2, 3, 3), np.uint8), np.full((5, 2, 3), 7, np.uint8))
    assert sheet.shape == (5, 5, 3)
    assert (sheet[:2, :3] == 0).all()
    assert (sheet[2:, :3] == PAPER).all()
    assert (sheet[:, 3:] == 7).all()
