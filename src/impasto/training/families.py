"""The systems that can be trained: their names, options and summaries. Read without torch; built in ``recipes``."""

from __future__ import annotations

from dataclasses import dataclass

from impasto.errors import UnknownName
from impasto.training.config import DefaultTrainOptions
from impasto.training.family_options import AdaINOptions, CinOptions, GhiasiOptions, JohnsonOptions, StyTr2Options
from impasto.training.loop_options import LoopOptions

__all__ = ["FAMILIES", "FIXED", "Family", "find_family", "name_of"]


@dataclass(frozen=True)
class Family:
    """A trained system of the literature, or our own."""

    options: type[LoopOptions]
    summary: str
    styles: str
    """What is given as ``--style``."""


FAMILIES: dict[str, Family] = {
    "default": Family(
        DefaultTrainOptions, "Train the default model, which paints any style.", "Artworks, in any subfolders."
    ),
    "johnson": Family(
        JohnsonOptions,
        "Train Johnson's TransferNet, a network of one style: quick, and the best at it.",
        "The artwork: a picture, or a folder of one.",
    ),
    "cin": Family(
        CinOptions,
        "Train one TransferNet of many styles, by conditional instance normalisation (Dumoulin).",
        "A folder of artworks, each a style; a presets.tsv in it gives their names.",
    ),
    "adain": Family(
        AdaINOptions,
        "Train AdaIN's decoder, which paints any style (Huang and Belongie).",
        "Artworks, in any subfolders.",
    ),
    "ghiasi": Family(
        GhiasiOptions,
        "Train a network that predicts a TransferNet's normalisation from any style (Ghiasi).",
        "Artworks, in any subfolders.",
    ),
    "stytr2": Family(
        StyTr2Options,
        "Train StyTr², transformers that paint any style (Deng).",
        "Artworks, in any subfolders.",
    ),
}

FIXED = ("johnson", "cin")
"""Families whose networks learn their styles by heart, and paint no others."""


def find_family(name: str) -> Family:
    """The family of that name.

    Raises:
        UnknownName: there is none.
    """
    if name not in FAMILIES:
        raise UnknownName("family of models", name, FAMILIES)
    return FAMILIES[name]


def name_of(options: LoopOptions) -> str:
    """The name of the family whose options these are."""
    return next(name for name, family in FAMILIES.items() if type(options) is family.options)
