"""Learning one style: what is learnt paints the same in every engine, mixes, and resumes exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from impasto.errors import CheckpointError, ImageError, StyleError, UsageError  # noqa: E402
from impasto.export.probe import probe  # noqa: E402
from impasto.inference import codes  # noqa: E402
from impasto.inference.engine import open_engine  # noqa: E402
from impasto.inference.stylizer import Stylizer  # noqa: E402
from impasto.training.learn_options import LearnOptions  # noqa: E402
from impasto.training.learning import Learning  # noqa: E402
from impasto.weights.catalog import find_model  # noqa: E402
from impasto.weights.difference import LearntCode  # noqa: E402

TINY = {"steps": 3, "crop": 64, "practice": 2, "style_size": 128, "rank": 4, "warm_up": 1, "learning_rate": 0.05}


def begun(**options):
    return begun_with(None, **options)


def begun_with(difference, **options):
    artwork, photos = probe(160, 128, seed=1), [probe(96, 96, seed=2), probe(80, 120, seed=3)]
    options = LearnOptions(**{**TINY, **options})
    return Learning(find_model("default"), [artwork], photos, options, begin=difference)


@pytest.fixture(scope="module")
def learning():
    learning = begun()
    learning.objectives = [step.objective for step in learning.steps()]
    return learning


@pytest.fixture(scope="module")
def style(learning):
    return learning.style()


@pytest.fixture(scope="module")
def photo():
    return probe(192, 192, seed=4)


def stylizer(engine="openvino", precision="fp32"):
    return Stylizer(find_model("default"), open_engine(engine, precision=precision), fixed_shapes=0)


@pytest.fixture(scope="module")
def exact():
    return stylizer()


def apart(one, other):
    return np.abs(one.astype(float) - other).mean()


def test_learning_ends_after_its_steps_and_changes_the_painting(learning, style, exact, photo):
    assert learning.number == 3
    assert learning.progress == 1
    plain = exact.stylize(photo, codes.numbers_of(style))
    assert apart(exact.stylize(photo, style), plain) > 1


@pytest.mark.parametrize(("engine", "precision", "most"), [("openvino", "fp32", 0.1), ("onnxruntime", "fp32", 0.1)])
def test_the_merged_graph_paints_what_torch_paints(learning, style, photo, engine, precision, most):
    # The average's factors are rounded to eight bits in the file, so torch is compared with these.
    expected = learning.preview(photo, 192).astype(float)
    painted = stylizer(engine, precision).stylize(photo, style)
    assert apart(painted, expected) < most + 0.4


def test_engines_agree(style, photo):
    assert apart(stylizer("onnxruntime").stylize(photo, style), stylizer().stylize(photo, style)) < 0.05


def test_integers_take_the_ranges_of_the_style(exact, style, photo):
    rounded = stylizer(precision="int8")
    assert apart(rounded.stylize(photo, style), exact.stylize(photo, style)) < 4
    plain = codes.numbers_of(style)
    assert apart(rounded.stylize(photo, style), rounded.stylize(photo, plain)) > 1


def test_parts_and_16_bits_are_painted_alike(exact, style, photo):
    whole = exact.stylize(photo, style).astype(float)
    modulation = exact.measure(photo, style)
    assert apart(exact.paint_fixed(photo, modulation), whole) < 0.5
    deep = exact.stylize(photo.astype(np.uint16) * 257, style)
    assert apart(deep / 257, whole) < 0.6


class TestMixing:
    def test_of_one_is_itself(self, exact, style, photo):
        mixed = exact.resolve([(style, 0.3)])
        assert mixed.differences == style.differences
        assert (exact.stylize(photo, mixed) == exact.stylize(photo, style)).all()

    def test_with_the_weight_0_is_without(self, exact, style):
        plain = codes.numbers_of(style) + 1
        mixed = exact.resolve([(style, 0), (plain, 1)])
        assert isinstance(mixed, np.ndarray)
        assert (mixed == plain).all()

    def test_with_a_plain_style_lies_between(self, exact, style, photo):
        plain = codes.numbers_of(style)
        ends = [exact.stylize(photo, one) for one in (plain, style)]
        half = exact.stylize(photo, [(plain, 1), (style, 1)])
        assert apart(half, ends[0]) < apart(ends[1], ends[0])
        assert apart(half, ends[1]) < apart(ends[1], ends[0])

    def test_of_the_same_style_twice_adds_up(self, style):
        mixed = codes.mix([style, style], [1, 3])
        assert [share for _, share in mixed.differences] == [1]


def test_strength_goes_from_the_photo_to_the_style(exact, style, photo):
    distances = [apart(exact.stylize(photo, style, strength=share), photo) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert distances[0] < 2
    assert distances == sorted(distances)


def test_a_palette_keeps_what_was_learnt(style):
    assert codes.with_palette(style, np.zeros(3), np.eye(3)).differences == style.differences


class TestFiles:
    def test_a_file_gives_back_the_style(self, exact, style, photo, tmp_path):
        file = tmp_path / "mine.npz"
        exact.save_code(file, style, about={"title": "Mine"})
        found = codes.load_style(file, exact.manifest)
        assert found.about == {"title": "Mine"}
        assert found.code.differences[0][0].digest == style.differences[0][0].digest
        assert (exact.stylize(photo, found.code) == exact.stylize(photo, style)).all()

    def test_a_mixture_is_refused(self, exact, style, tmp_path):
        mixture = exact.resolve([(style, 1), (codes.numbers_of(style) + 1, 1)])
        with pytest.raises(StyleError, match="a mixture of learnt styles cannot be kept"):
            exact.save_code(tmp_path / "mine.npz", mixture)
        assert not list(tmp_path.iterdir())

    def test_a_style_of_another_painter_is_refused(self, exact, style, photo):
        ((difference, share),) = style.differences
        foreign = type(difference)("0" * 64, difference.factors, difference.added)
        with pytest.raises(StyleError, match="learnt for another painter"):
            exact.stylize(photo, LearntCode(style.numbers, ((foreign, share),)))

    def test_a_style_that_does_not_fit_is_refused(self, exact, style, photo):
        ((difference, share),) = style.differences
        wrong = type(difference)(difference.base, {"painter.no.weight": (np.ones((3, 1)), np.ones((1, 3)))}, {})
        with pytest.raises(StyleError, match=r"changes the weight painter\.no\.weight"):
            exact.stylize(photo, LearntCode(style.numbers, ((wrong, share),)))


def test_a_resumed_learning_becomes_the_uninterrupted_one(style):
    first = begun()
    next(first.steps())
    second = begun()
    second.load_state_dict(first.state_dict())
    for _ in second.steps():
        pass
    assert second.style().differences[0][0].digest == style.differences[0][0].digest


def test_it_is_resumed_only_with_what_it_began_with(learning):
    with pytest.raises(CheckpointError, match="other artworks, photos or options"):
        begun(rank=5).load_state_dict(learning.state_dict())


def test_several_artworks_are_learnt_together():
    artworks = [probe(128, 128, seed=5), 255 - probe(96, 160, seed=6)]
    several = Learning(find_model("default"), artworks, [probe(96, 96, seed=2)], LearnOptions(**TINY))
    mean, covariance = codes.color_of(several.style())
    pixels = np.concatenate([picture.reshape(-1, 3) for picture in artworks]) / 255
    halves = np.mean([picture.reshape(-1, 3).mean(0) / 255 for picture in artworks], axis=0)
    assert mean == pytest.approx(halves, abs=0.01)
    assert np.trace(covariance) == pytest.approx(np.trace(np.cov(pixels.T)), rel=0.1)


def test_refusals():
    photos = [probe(96, 96, seed=2)]
    with pytest.raises(ImageError, match="20×70 pixels"):
        Learning(find_model("default"), [np.zeros((70, 20, 3), np.uint8)], photos, LearnOptions(**TINY))
    with pytest.raises(UsageError, match="expected at least one each"):
        Learning(find_model("default"), [], photos, LearnOptions(**TINY))
    with pytest.raises(UsageError, match="multiple of 64"):
        LearnOptions(crop=100)


class TestBeginningWithALearntStyle:
    def test_it_paints_as_that_does_before_any_step(self, learning, style, photo):
        again = begun_with(style.differences[0][0])
        assert apart(again.preview(photo, 192), learning.preview(photo, 192)) < 0.5

    def test_it_may_have_another_rank(self, learning, style, photo):
        again = begun_with(style.differences[0][0], rank=8)
        assert apart(again.preview(photo, 192), learning.preview(photo, 192)) < 0.5
        first = next(iter(again.steps()))
        assert first.number == 1

    def test_a_style_of_other_layers_is_refused(self, style):
        difference = style.differences[0][0]
        name = next(name for name in difference.factors if "blocks" in name)
        other = {**difference.factors, name: (np.zeros((9, 2), np.float32), np.zeros((2, 9), np.float32))}
        with pytest.raises(UsageError, match="learnt for another model"):
            begun_with(replace(difference, factors=other))

    def test_a_file_without_a_learnt_style_is_refused(self, exact, photo, tmp_path):
        exact.save_code(tmp_path / "plain.npz", exact.encode_style(photo))
        with pytest.raises(StyleError, match="plain style code, expected a learnt style"):
            codes.learnt_difference(tmp_path / "plain.npz")
