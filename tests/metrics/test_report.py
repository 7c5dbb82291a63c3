"""Reports: which pairs are measured, how they are averaged, and what a model is asked where the answer is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skimage")

from impasto.metrics.report import (  # noqa: E402 - after the skips
    STRENGTHS,
    Pair,
    Report,
    Sample,
    StrengthStep,
    measure,
    probe,
    probe_steps,
)
from impasto.metrics.stylization import Figures, Meter  # noqa: E402
from impasto.nn.vgg import VGG19  # noqa: E402


@pytest.fixture(scope="module")
def meter():
    torch.manual_seed(0)
    return Meter(VGG19())


def samples(kind, count):
    rng = np.random.default_rng(len(kind))
    return [Sample(f"{kind}{n}", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for n in range(count)]


class Blend:
    """A painter whose code is the style picture and which moves pixels towards it."""

    def encode_style(self, picture):
        return picture.astype(float)

    def stylize(self, content, style, *, strength=1.0):
        return np.rint((1 - strength) * content + strength * style).astype(np.uint8)


def test_every_photo_is_painted_once_in_every_style(meter):
    photos, styles = samples("photo", 2), samples("art", 3)
    asked = []

    def pastiche(photo, style):
        asked.append((photo.name, style.name))
        return style.pixels

    pairs = list(measure(meter, photos, styles, pastiche))
    assert [(pair.photo, pair.style) for pair in pairs] == asked
    assert len(asked) == len(set(asked)) == 6
    for pair in pairs:
        assert pair.painted.style == pytest.approx(0, abs=1e-6)
        assert pair.painted.content > 0
        assert (pair.unpainted.content, pair.unpainted.ssim) == (0, 1)
        assert pair.unpainted.style > 0


def test_pairs_are_averaged_over_all_by_style_and_by_photo():
    still = Figures(0, 9, 9, 1, 0, 0)
    pairs = tuple(
        Pair(photo, style, Figures(*[float(value)] * 6), still)
        for photo, style, value in [("a", "x", 1), ("b", "x", 3), ("a", "y", 5), ("b", "y", 11)]
    )
    report = Report(pairs)
    assert report.painted == Figures(*[5] * 6)
    assert report.unpainted == still
    assert {name: one.gram for name, one in report.by_style.items()} == {"x": 2, "y": 8}
    assert {name: one.gram for name, one in report.by_photo.items()} == {"a": 3, "b": 7}
    facts = json.loads(json.dumps(report.as_dict()))
    assert facts["mean"]["style"] == 5
    assert facts["pairs"][3]["photo"] == "b"
    assert facts["pairs"][3]["style"] == "y"
    assert facts["pairs"][3]["figures"] == dict.fromkeys(("content", "style", "gram", "ssim", "fringes", "grain"), 11)
    assert "identity" not in facts
    assert "strength" not in facts


def test_a_model_is_probed_with_each_picture_and_each_strength(meter):
    photos, styles = samples("photo", 2), samples("art", 3)
    steps = []
    likeness, strengths = probe(meter, photos, styles, Blend(), lambda: steps.append(1))
    assert len(steps) == probe_steps(2, 3) == 5 + 3 * len(STRENGTHS)
    assert likeness.mean == likeness.lowest == 1
    assert [step.strength for step in strengths] == list(STRENGTHS)
    assert strengths[0].ssim == 1
    assert strengths[-1].style == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("style", "ssim", "monotonic"),
    [((3, 2, 1), (0.9, 0.8, 0.7), True), ((3, 3, 1), (0.9, 0.8, 0.7), False), ((3, 2, 1), (0.9, 0.7, 0.8), False)],
)
def test_strength_is_monotonic_only_if_both_figures_fall(style, ssim, monotonic):
    steps = tuple(StrengthStep(i / 2, *figures) for i, figures in enumerate(zip(style, ssim, strict=True)))
    report = Report((Pair("a", "x", Figures(1, 1, 1, 1, 1, 1), Figures(0, 2, 2, 1, 0, 0)),), None, steps)
    assert report.monotonic is monotonic
    assert report.as_dict()["strength"]["monotonic"] is monotonic
