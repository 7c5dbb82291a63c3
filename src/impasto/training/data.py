"""Folders of pictures as training batches.

A batch is a pure function of (seed, step), so a resumed run sees what it would have seen.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from impasto.errors import TrainingError
from impasto.image.decode import separate_alpha, to_srgb
from impasto.image.exif import turn_upright
from impasto.image.io import READABLE, WRITABLE
from impasto.image.levels import Pixels
from impasto.image.resize import centre_square
from impasto.image.visible import visible_only
from impasto.models.painter import GRAIN_PERIOD

SUFFIXES = frozenset((*WRITABLE, ".gif"))
SMALLEST_SIDE = 64
KEPT_SIDE = 512


@dataclass(frozen=True)
class PictureFolder:
    """All readable pictures below a folder, decoded once and kept in memory: about 1 MB each."""

    pictures: list[Pixels]
    """uint8 h×w×3, sRGB, upright, without alpha, short side ≤ 512 px; in the order of their files' names."""
    skipped: list[str]
    """One line for each file that is no picture, broken, or under 64 px."""
    names: list[str] = field(default_factory=list)
    """The pictures' file names without suffixes, in the same order."""

    @classmethod
    def load(cls, folder: Path, limit: int | None = None) -> PictureFolder:
        """Read a folder and the folders in it, or a single picture.

        Args:
            limit: look only at the first so many picture files.

        Raises:
            TrainingError: it is no folder or holds no usable picture.
        """
        if folder.is_file() and folder.suffix.lower() in SUFFIXES:
            files, folder = [folder], folder.parent
        elif folder.is_dir():
            files = sorted(path for path in folder.rglob("*") if not path.is_dir())
        else:
            raise TrainingError(f"{folder} is not a folder: give a folder of pictures")
        candidates = [path for path in files if path.suffix.lower() in SUFFIXES][:limit]
        with ThreadPoolExecutor(4) as pool:
            results = list(zip(candidates, pool.map(_load, candidates), strict=True))
        pictures = [found for _, found in results if not isinstance(found, str)]
        reasons = {path: found for path, found in results if isinstance(found, str)}
        reasons |= {path: "it is no picture file" for path in files if path.suffix.lower() not in SUFFIXES}
        if not pictures:
            found = f"{len(reasons)} files, none of them usable" if reasons else "no files"
            raise TrainingError(
                f"{folder} holds {found}: expected JPEG, PNG, WebP, TIFF, BMP or GIF of at least {SMALLEST_SIDE} px"
            )
        skipped = [f"{path.relative_to(folder)}: {reasons[path]}" for path in sorted(reasons)]
        return cls(pictures, skipped, [path.stem for path, found in results if not isinstance(found, str)])

    def __len__(self) -> int:
        return len(self.pictures)

    def first(self, count: int | None) -> PictureFolder:
        """Only the first so many of the pictures; all for None."""
        return PictureFolder(self.pictures[:count], self.skipped, self.names[:count])


def _load(path: Path) -> Pixels | str:
    """A file's picture, or why it cannot be used."""
    try:
        with Image.open(path, formats=READABLE) as opened:
            # A JPEG can be decoded at 1/2, 1/4 or 1/8 for a fraction of the time; read_picture never does that.
            opened.draft("RGB", (2 * KEPT_SIDE, 2 * KEPT_SIDE))
            opened.load()
            turn_upright(opened, path.name)
            colors, alpha = separate_alpha(opened)
            picture = to_srgb(colors, opened.info.get("icc_profile"), path.name)
            if alpha is not None:
                picture = Image.fromarray(visible_only(np.asarray(picture), np.asarray(alpha)))
    except UnidentifiedImageError:
        return "it is no picture, or a damaged one"
    except Exception as error:  # noqa: BLE001 - Pillow's decoders raise almost anything on damaged data
        return f"it is damaged or cannot be read ({error})"
    short = min(picture.size)
    if short < SMALLEST_SIDE:
        return f"{picture.width}×{picture.height} px is too small"
    if short > KEPT_SIDE:
        width, height = (round(side * KEPT_SIDE / short) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def middle(pixels: Pixels, side: int) -> Pixels:
    """A picture's central square, resized to ``side``."""
    return _resized(centre_square(pixels), side)


def _resized(square: Pixels, side: int) -> Pixels:
    if square.shape[0] == side:
        return np.ascontiguousarray(square)
    # Pillow's bicubic widens its kernel when it shrinks: antialiased both ways.
    return np.asarray(Image.fromarray(np.ascontiguousarray(square)).resize((side, side), Image.Resampling.BICUBIC))


def random_view(pixels: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    """A random square of a picture, flipped half of the time, resized to ``side``.

    The square's side is drawn log-uniformly between half of ``side`` (a twofold enlargement) and the picture's short
    side.
    """
    height, width = pixels.shape[:2]
    largest = min(height, width)
    smallest = min(largest, side // 2)
    window = int(np.exp(rng.uniform(np.log(smallest), np.log(largest + 1))))
    window = max(smallest, min(window, largest))
    top, left = int(rng.integers(height - window + 1)), int(rng.integers(width - window + 1))
    square = pixels[top : top + window, left : left + window]
    if rng.random() < 0.5:
        square = square[:, ::-1]
    return _resized(square, side)


@dataclass(frozen=True)
class StyleView:
    """One fixed crop of one style: what cached targets belong to."""

    index: int
    """Artworks first, then photos."""
    view: int


@dataclass(frozen=True)
class ContentView:
    """One fixed crop of one photo."""

    index: int
    view: int
    side: int


@dataclass(frozen=True)
class Batch:
    """The pairs of one step."""

    content: Pixels
    """b h w 3."""
    views: list[ContentView | StyleView | None]
    """What each content is a fixed crop of; None where it was cut for this step alone."""
    styles: list[StyleView]
    identity: NDArray[np.bool_]
    """b: content and style are one picture."""
    origins: NDArray[np.int64]
    """b 2: where in the painter's grain each content lies."""
    motions: NDArray[np.float32]
    """b 2 3: how each content would move until the next frame of a film, as torch's ``affine_grid`` takes it."""


@dataclass(frozen=True)
class Batches:
    """Draws (content, style) pairs.

    Views of a style, ``STYLE_SIDE`` px, are fixed, so that their statistics need be computed only once; and so are
    views of a photo where ``content_views`` is not 0.
    """

    content: PictureFolder
    style: PictureFolder
    seed: int
    style_views: int
    identity_fraction: float
    photo_style_fraction: float
    content_views: int = 0

    STYLE_SIDE = 256

    def style_pixels(self, style: StyleView) -> Pixels:
        """The 256² crop of a style view."""
        artworks = len(self.style)
        source = (
            self.style.pictures[style.index]
            if style.index < artworks
            else self.content.pictures[style.index - artworks]
        )
        return random_view(source, self.STYLE_SIDE, np.random.default_rng([self.seed, 1, style.index, style.view]))

    def draw(self, step: int, size: int, side: int) -> Batch:
        """The batch of a step: ``size`` pairs with contents of ``side`` px."""
        rng = np.random.default_rng([self.seed, 0, step])
        contents, styles, identities = [], [], []
        views: list[ContentView | StyleView | None] = []
        for _ in range(size):
            kind = rng.random()
            identity = kind < self.identity_fraction
            # Half of the identity pairs are photos (what strength 0 asks for), half artworks.
            photo = kind < self.identity_fraction / 2 or 0 <= kind - self.identity_fraction < self.photo_style_fraction
            index = (
                len(self.style) + int(rng.integers(len(self.content))) if photo else int(rng.integers(len(self.style)))
            )
            style = StyleView(index, int(rng.integers(self.style_views)))
            if identity:
                pixels = _square(self.style_pixels(style), side, rng)
                view: ContentView | StyleView | None = style if self.content_views and side == self.STYLE_SIDE else None
            else:
                pixels, view = self._content(side, rng)
            contents.append(pixels)
            views.append(view)
            styles.append(style)
            identities.append(identity)
        origins = rng.integers(GRAIN_PERIOD, size=(size, 2))
        return Batch(np.stack(contents), views, styles, np.array(identities), origins, random_motions(size, side, rng))

    def _content(self, side: int, rng: np.random.Generator) -> tuple[Pixels, ContentView | None]:
        index = int(rng.integers(len(self.content)))
        if not self.content_views:
            return random_view(self.content.pictures[index], side, rng), None
        view = ContentView(index, int(rng.integers(self.content_views)), side)
        fixed = np.random.default_rng([self.seed, 2, index, view.view, side])
        return random_view(self.content.pictures[index], side, fixed), view


def random_motions(count: int, side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Shifts of up to 8 px, turns of up to 3 degrees and zooms of up to 4 %, as a hand moves a camera: n 2 3."""
    angle = rng.uniform(-1, 1, count) * np.deg2rad(3)
    zoom = 1 + rng.uniform(-0.04, 0.04, count)
    shift = rng.uniform(-1, 1, (count, 2)) * 8 * 2 / side
    cosine, sine = zoom * np.cos(angle), zoom * np.sin(angle)
    rows = np.stack([np.stack([cosine, -sine], 1), np.stack([sine, cosine], 1)], 1)
    return np.concatenate([rows, shift[:, :, None]], 2).astype(np.float32)


def _square(pixels: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    top, left = (int(rng.integers(length - side + 1)) if length > side else 0 for length in pixels.shape[:2])
    if pixels.shape[0] < side:
        return _resized(pixels, side)
    return pixels[top : top + side, left : left + side]
