"""Every style that a client may name: the model's presets, and what clients added. Never a file's path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impasto.errors import StyleError, UnknownName, UsageError
from impasto.inference import codes
from impasto.inference.codes import Code
from impasto.serve.own_styles import OwnStyle, OwnStyles
from impasto.weights.manifest import Manifest
from impasto.weights.presets import Preset, read_presets

__all__ = ["StyleCatalog", "check_count", "split_weight"]

MOST_STYLES = 8  # in one mixture


class StyleCatalog:
    """Styles by name.

    Args:
        manifest: the model whose presets they are.
        own: what clients added.
    """

    def __init__(self, manifest: Manifest, own: OwnStyles) -> None:
        self._presets = read_presets(manifest)
        self._entries = {preset.name: preset for preset in self._presets.entries}
        self.own = own

    def listed(self, client: str) -> list[Preset | OwnStyle]:
        """The presets, then what the client added."""
        return [*self._presets.entries, *self.own.of_client(client)]

    def code(self, name: str) -> Code:
        """The style code, float32[K + 12].

        Raises:
            UnknownName: there is no such style.
        """
        if self.own.is_name(name):
            return self.own.code(name)
        self._check_preset(name)
        return self._presets.code(name)

    def picture(self, name: str) -> bytes | None:
        """The file of the picture that a client added; ``None`` for presets, of which there are only codes.

        Raises:
            UnknownName: there is no such style.
        """
        if self.own.is_name(name):
            return self.own.picture(name)
        self._check_preset(name)
        return None

    def thumbnail(self, name: str) -> tuple[bytes, str]:
        """A small picture's file and its media type.

        Raises:
            UnknownName: there is no such style, or it has no thumbnail.
        """
        if self.own.is_name(name):
            return self.own.thumbnail(name), "image/webp"
        self._check_preset(name)
        file: Path | None = self._entries[name].thumbnail
        if file is None:
            raise UnknownName("thumbnail", name, ())
        return file.read_bytes(), "image/webp"

    def mix(self, styles: Sequence[tuple[str, float]]) -> Code:
        """The code of a weighted mixture, float32[K + 12].

        Raises:
            UnknownName, UsageError: it is none.
        """
        check_count(len(styles))
        return codes.mix([self.code(name) for name, _ in styles], [weight for _, weight in styles])

    def _check_preset(self, name: str) -> None:
        if name not in self._entries:
            raise UnknownName("style", name[:80], self._entries, "GET /v1/styles lists them")


def split_weight(style: str) -> tuple[str, float]:
    """``NAME[:WEIGHT]`` as name and weight, 1 unless it is given.

    Raises:
        UsageError: the weight is no number.
    """
    name, colon, weight = style.partition(":")
    if not colon:
        return name, 1.0
    try:
        return name, float(weight)
    except ValueError:
        raise UsageError(f"style is {style[:80]!r}, expected NAME or NAME:WEIGHT such as udnie:0.5") from None


def check_count(count: int) -> None:
    """Refuse no styles, and too many.

    Raises:
        StyleError: the number cannot be painted.
    """
    if not 1 <= count <= MOST_STYLES:
        raise StyleError(
            f"{count} styles were given, expected 1 to {MOST_STYLES}; name them in style, or send pictures"
        )
