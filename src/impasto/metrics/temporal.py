"""How steady moving pictures are: measured on scenes made from still photos, whose motion is known exactly.

Warping error (Ruder et al. 2016, Lai et al. 2018): how much a pastiche differs from the one ``k`` frames before,
carried along the true motion, where a pixel is seen in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from impasto.image.levels import Pixels

__all__ = ["Layer", "Move", "Scene", "sharpness", "warping_error"]

Floats = NDArray[np.float32]
BORDER = 2  # pixels at the frames' edge whose interpolation would need what is outside


@dataclass(frozen=True)
class Move:
    """What a camera does from each frame to the next.

    Attributes:
        right, down: pixels.
        zoom: factor by which things grow.
        turn: degrees, clockwise.
    """

    right: float = 0.0
    down: float = 0.0
    zoom: float = 1.0
    turn: float = 0.0

    def after(self, frames: int, height: int, width: int) -> NDArray[np.float64]:
        """The matrix 3×3 that takes a place in the first frame to its place ``frames`` later."""
        angle, scale = math.radians(self.turn * frames), self.zoom**frames
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        turned = np.array([[cosine, -sine, x - cosine * x + sine * y], [sine, cosine, y - sine * x - cosine * y]])
        turned[:, 2] += frames * self.right, frames * self.down
        return np.vstack([turned, [0, 0, 1]])


@dataclass(frozen=True, eq=False)
class Layer:
    """A still picture that moves.

    Attributes:
        photo: uint8 H×W×3, larger than the frames; its centre is at the first frame's.
        move: how it moves.
        shape: bool H×W, where it hides the layers behind it; everywhere unless given.
    """

    photo: Pixels
    move: Move
    shape: NDArray[np.bool_] | None = None

    def matrix(self, frame: int, height: int, width: int) -> NDArray[np.float64]:
        """From the photo's places to a frame's."""
        centred = np.eye(3)
        centred[:2, 2] = (width - self.photo.shape[1]) / 2, (height - self.photo.shape[0]) / 2
        return np.asarray(self.move.after(frame, height, width) @ centred)


class Scene:
    """Frames of moving layers, with the exact motion between any two of them.

    Args:
        layers: from back to front; the first fills the frames.
        height, width: of the frames in pixels.
        count: how many frames there are.
    """

    def __init__(self, layers: Sequence[Layer], height: int, width: int, count: int) -> None:
        self._layers = layers
        self.height, self.width, self.count = height, width, count

    def frame(self, index: int) -> Pixels:
        """uint8 h×w×3."""
        size = (self.width, self.height)
        result: NDArray[np.uint8] | None = None
        for layer in self._layers:
            matrix = layer.matrix(index, self.height, self.width)[:2]
            seen = cv2.warpAffine(layer.photo, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
            if result is not None:
                seen = np.where(self._shape(layer, index)[..., None], seen, result)
            result = seen
        assert result is not None
        return np.asarray(result, np.uint8)

    def motion(self, index: int, back: int = 1) -> tuple[Floats, NDArray[np.bool_]]:
        """Where the pixels of a frame were ``back`` frames before.

        Returns:
            places float32 h×w×2, x and y in pixels; and bool h×w, whether that place was seen then.
        """
        now, then = self._visible(index), self._visible(index - back)
        x, y = np.meshgrid(np.arange(self.width), np.arange(self.height))
        here = np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float64)
        places: Floats = np.zeros((self.height, self.width, 2), np.float32)
        for number, layer in enumerate(self._layers):
            after, before = (layer.matrix(one, self.height, self.width) for one in (index, index - back))
            moved = here @ (before @ np.linalg.inv(after)).T
            places = np.where((now == number)[..., None], moved[..., :2], places).astype(np.float32)
        inside = (places >= BORDER).all(axis=-1)
        inside &= (places[..., 0] < self.width - BORDER) & (places[..., 1] < self.height - BORDER)
        # A pixel at a layer's edge is a mixture of two layers, in one frame or the other.
        found = [
            cv2.remap((then == number).astype(np.float32), places, None, cv2.INTER_LINEAR) > 0.999
            for number in range(len(self._layers))
        ]
        seen = inside & np.choose(now, found).astype(bool) & ~_edges(now)
        return places, np.asarray(seen, np.bool_)

    def _visible(self, index: int) -> NDArray[np.intp]:
        """The number of the layer that is seen at each pixel."""
        visible = np.zeros((self.height, self.width), np.intp)
        for number, layer in enumerate(self._layers[1:], 1):
            visible[self._shape(layer, index)] = number
        return visible

    def _shape(self, layer: Layer, index: int) -> NDArray[np.bool_]:
        assert layer.shape is not None, "only the first layer is everywhere"
        matrix = layer.matrix(index, self.height, self.width)[:2]
        return np.asarray(cv2.warpAffine(layer.shape.astype(np.float32), matrix, (self.width, self.height)) > 0.5)


def warping_error(pastiches: Sequence[Pixels], scene: Scene, back: int = 1) -> float:
    """The root mean squared difference between pastiches and those ``back`` frames before, carried along, in [0, 1].

    Over all pixels that are seen in both frames; carried by bicubic interpolation.

    Args:
        pastiches: of all frames of the scene, uint8 h×w×3.
        back: 1 is the usual error; more is a long-range one.
    """
    squares, count = 0.0, 0
    for index in range(back, len(pastiches)):
        places, seen = scene.motion(index, back)
        carried = cv2.remap(pastiches[index - back].astype(np.float32), places, None, cv2.INTER_CUBIC)
        difference = (pastiches[index].astype(np.float32) - np.clip(carried, 0, 255))[seen] / 255
        squares += float(np.square(difference, dtype=np.float64).sum())
        count += difference.size
    return math.sqrt(squares / max(1, count))


def sharpness(pastiches: Sequence[Pixels]) -> float:
    """The variance of the Laplacian of the grey pastiches in levels of 255, on average (Pech-Pacheco et al. 2000)."""
    grey = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in pastiches]
    return float(np.mean([cv2.Laplacian(one, cv2.CV_64F).var() for one in grey]))


def _edges(visible: NDArray[np.intp]) -> NDArray[np.bool_]:
    numbers = visible.astype(np.uint8)
    around = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(numbers, around) != cv2.erode(numbers, around))
