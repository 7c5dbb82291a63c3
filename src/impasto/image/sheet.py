"""Many pictures on one, labelled: contact sheets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from impasto.errors import UsageError
from impasto.image.resize import fit_size, resize

__all__ = ["contact_sheet", "labelled_grid"]

GAP = 12  # pixels
LABEL_HEIGHT = 24
FONT_SIZE = 16
PAPER = (250, 250, 248)
INK = (40, 40, 40)


def contact_sheet(
    cells: Sequence[tuple[str, NDArray[np.uint8]]], *, columns: int | None = None, side: int = 320
) -> NDArray[np.uint8]:
    """Lay pictures out in rows, each fitted into a square cell with its label below.

    Args:
        cells: label and picture (uint8 h×w×3) of each cell, row by row.
        columns: cells in a row; as many as make the sheet about as wide as high unless given.
        side: of a cell, in pixels; pictures that are larger are shrunk.

    Returns:
        The sheet, uint8 h×w×3.
    """
    if not cells:
        raise UsageError("a contact sheet needs at least one picture")
    columns = min(columns or math.ceil(math.sqrt(len(cells))), len(cells))
    fitted = [(label, _fitted(picture, side)) for label, picture in cells]
    width = max(picture.shape[1] for _, picture in fitted)
    height = max(picture.shape[0] for _, picture in fitted)
    rows = math.ceil(len(cells) / columns)
    size = (GAP + columns * (width + GAP), GAP + rows * (height + LABEL_HEIGHT + GAP))
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(FONT_SIZE)
    for index, (label, picture) in enumerate(fitted):
        row, column = divmod(index, columns)
        left, top = GAP + column * (width + GAP), GAP + row * (height + LABEL_HEIGHT + GAP)
        inset = (width - picture.shape[1]) // 2, (height - picture.shape[0]) // 2
        sheet.paste(Image.fromarray(picture), (left + inset[0], top + inset[1]))
        draw.text((left + width // 2, top + height + LABEL_HEIGHT // 2), label, INK, font=font, anchor="mm")
    return np.array(sheet)


def labelled_grid(
    rows: Sequence[str], columns: Sequence[str], pictures: Sequence[Sequence[NDArray[np.uint8]]], *, side: int = 320
) -> NDArray[np.uint8]:
    """Lay pictures out in a table with a label above each column and at the left of each row.

    Args:
        rows, columns: the labels; they may be empty.
        pictures: those of each row, uint8 h×w×3, one for each column.
        side: of a cell, in pixels; pictures that are larger are shrunk.

    Returns:
        The sheet, uint8 h×w×3.

    Raises:
        UsageError: there is no picture, or their number does not fit the labels'.
    """
    if not rows or not columns or [len(row) for row in pictures] != [len(columns)] * len(rows):
        raise UsageError(
            f"a grid of {len(rows)} rows and {len(columns)} columns needs a picture for each cell, "
            f"got rows of {[len(row) for row in pictures]}"
        )
    fitted = [[_fitted(picture, side) for picture in row] for row in pictures]
    width = max(picture.shape[1] for row in fitted for picture in row)
    heights = [max(picture.shape[0] for picture in row) for row in fitted]
    font = ImageFont.load_default(FONT_SIZE)
    margin = max(math.ceil(font.getlength(label)) for label in rows)
    margin += GAP if margin else 0
    size = (margin + GAP + len(columns) * (width + GAP), LABEL_HEIGHT + GAP + sum(heights) + GAP * len(rows))
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(columns):
        centre = margin + GAP + column * (width + GAP) + width // 2
        draw.text((centre, (GAP + LABEL_HEIGHT) // 2), label, INK, font=font, anchor="mm")
    top = LABEL_HEIGHT + GAP
    for label, row, height in zip(rows, fitted, heights, strict=True):
        draw.text((GAP, top + height // 2), label, INK, font=font, anchor="lm")
        for column, picture in enumerate(row):
            inset = (width - picture.shape[1]) // 2, (height - picture.shape[0]) // 2
            left = margin + GAP + column * (width + GAP)
            sheet.paste(Image.fromarray(picture), (left + inset[0], top + inset[1]))
        top += height + GAP
    return np.array(sheet)


def _fitted(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if max(height, width) <= side:
        return picture
    return resize(picture, *fit_size(height, width, side))
