"""Which heights and widths many photos of a batch have: worth preparing for before it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from impasto.batch.job import Job
from impasto.image.io import picture_shape
from impasto.image.resize import fit_size
from impasto.inference.strokes import octaves, stroke_scale
from impasto.options import LookOptions

__all__ = ["usual_shapes"]

LOOKED_AT = 500  # photos, evenly among all: even a header takes its time
ENOUGH = 4  # photos of a shape; for fewer, preparing takes longer than it saves
MOST = 6  # shapes, each of which keeps its working memory
LARGEST = 4_000_000  # pixels


def usual_shapes(jobs: Sequence[Job], look: LookOptions) -> frozenset[tuple[int, int]]:
    """The heights and widths in which many of the photos will be painted; whatever their order, the same.

    Files are only looked at, not decoded; one that cannot be read counts for nothing.
    """
    files = sorted({job.source for job in jobs if job.source is not None})
    counted: Counter[tuple[int, int]] = Counter()
    for file in files[:: max(1, len(files) // LOOKED_AT)]:
        shape = picture_shape(file)
        if shape is not None:
            height, width = shape if look.size is None else fit_size(*shape, look.size)
            sizes, _ = octaves(height, width, stroke_scale(look, height, width))
            counted.update(sizes)
    wanted = [(-count, shape) for shape, count in counted.items() if count >= ENOUGH and shape[0] * shape[1] <= LARGEST]
    return frozenset(shape for _, shape in sorted(wanted)[:MOST])
