from __future__ import annotations

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="needs impasto[video]")

from impasto.inference.smoothed import Smoothed  # noqa: E402
from impasto.inference.temporal import MotionTracker, Steadier  # noqa: E402
from impasto.metrics.temporal import Layer, Move, Scene, sharpness, warping_error  # noqa: E402

HEIGHT, WIDTH, COUNT = 96, 144, 12


@pytest.fixture(scope="module")
def large():
    data = pytest.importorskip("skimage.data")
    return data.astronaut()


@pytest.fixture
def scene(large):
    return Scene([Layer(large, Move(1.6, -0.7, 1.004, 0.3))], HEIGHT, WIDTH, COUNT)


def flickering(scene):
    """A painter whose strokes are new in every frame."""
    rng = np.random.default_rng(5)
    for index in range(scene.count):
        noise = cv2.GaussianBlur(rng.normal(0, 60, (HEIGHT, WIDTH, 3)), (0, 0), 1)
        yield np.clip(scene.frame(index) * 0.8 + 25 + noise, 0, 255).astype(np.uint8)


def steadied(scene, steady=1.0):
    tracker, steadier = MotionTracker(), Steadier(steady)
    return [steadier.steady(one, tracker.track(scene.frame(i))) for i, one in enumerate(flickering(scene))]


def test_flicker_is_taken_out_and_sharpness_stays(scene):
    alone, steady = list(flickering(scene)), steadied(scene)
    assert warping_error(steady, scene) < 0.4 * warping_error(alone, scene)
    assert warping_error(steady, scene, 5) < 0.75 * warping_error(alone, scene, 5)
    assert sharpness(steady[4:]) > 0.7 * sharpness(alone[4:])
    half = steadied(scene, 0.5)
    assert warping_error(steady, scene) < warping_error(half, scene) < warping_error(alone, scene)


def test_nothing_darkens_over_time(scene):
    alone, steady = list(flickering(scene)), steadied(scene)
    assert steady[-1].mean() == pytest.approx(alone[-1].mean(), abs=1.5)


def test_a_cut_begins_anew(large):
    tracker, steadier = MotionTracker(), Steadier(1.0)
    one, other = large[:HEIGHT, :WIDTH], np.ascontiguousarray(large[::-1][200 : 200 + HEIGHT, 200 : 200 + WIDTH])
    steadier.steady(one, tracker.track(one))
    motion = tracker.track(other)
    assert motion.cut
    assert np.array_equal(steadier.steady(other, motion), other)


def test_a_still_picture_is_no_cut_and_stays(large):
    tracker, steadier = MotionTracker(), Steadier(1.0)
    one = np.ascontiguousarray(large[:HEIGHT, :WIDTH])
    results = [steadier.steady(one, tracker.track(one)) for _ in range(8)]
    assert np.abs(results[-1].astype(int) - one).max() <= 1


def test_going_on_from_what_was_remembered_gives_the_same(scene):
    frames = list(flickering(scene))
    tracker, steadier = MotionTracker(), Steadier(1.0)
    for index in range(6):
        steadier.steady(frames[index], tracker.track(scene.frame(index)))
    again, other = MotionTracker(tracker.previous), Steadier(1.0, steadier.history.copy())
    wanted = steadier.steady(frames[6], tracker.track(scene.frame(6)))
    assert np.array_equal(other.steady(frames[6], again.track(scene.frame(6))), wanted)


def test_an_average_by_time():
    smoothed = Smoothed(1.0)
    assert smoothed.update(np.zeros(2), 0.1)[0] == 0
    assert smoothed.update(np.ones(2), 1.0)[0] == pytest.approx(1 - np.exp(-1))
    assert smoothed.update(np.full(2, 5.0), 0.1, reset=True)[0] == 5
    assert Smoothed(0.0, np.ones(1)).update(np.zeros(1), 0.1)[0] == 0
