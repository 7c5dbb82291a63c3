from __future__ import annotations

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="needs impasto[video]")

from impasto.metrics.temporal import Layer, Move, Scene, sharpness, warping_error  # noqa: E402


@pytest.fixture(scope="module")
def large():
    data = pytest.importorskip("skimage.data")
    return cv2.GaussianBlur(data.astronaut(), (0, 0), 1.5)


@pytest.mark.parametrize("move", [Move(3.3, 1.2), Move(zoom=1.02), Move(turn=1.5), Move(2, -1, 0.99, -0.7)])
def test_the_scene_itself_has_no_error_and_alien_motion_has(large, move):
    scene = Scene([Layer(large, move)], 96, 144, 8)
    frames = [scene.frame(index) for index in range(8)]
    assert warping_error(frames, scene) < 0.004
    assert warping_error(frames, scene, 5) < 0.004
    still = Scene([Layer(large, Move())], 96, 144, 8)
    assert warping_error(frames, still) > 0.01


def test_a_pan_of_whole_pixels_is_exact(large):
    scene = Scene([Layer(large, Move(3, 2))], 64, 96, 3)
    places, seen = scene.motion(1)
    y, x = np.mgrid[:64, :96]
    assert np.allclose(places[seen], np.stack([x - 3, y - 2], axis=-1)[seen], atol=1e-4)
    assert seen[8:-8, 8:-8].all()
    assert not seen[:, :4].any(), "what came into the picture was not seen before"


def test_what_a_thing_uncovers_was_not_seen(large):
    y, x = np.mgrid[:100, :100]
    disc = (x - 50) ** 2 + (y - 50) ** 2 < 30**2
    thing = Layer(np.full((100, 100, 3), 200, np.uint8), Move(6, 0), disc)
    scene = Scene([Layer(large, Move()), thing], 100, 160, 3)
    places, seen = scene.motion(1)
    assert not seen[50, 80 - 30 + 2], "uncovered ground"
    assert seen[50, 84], "the thing itself"
    assert places[50, 84, 0] == pytest.approx(78, abs=1e-3)
    assert warping_error([scene.frame(index) for index in range(3)], scene) < 0.004


def test_constant_flicker_has_its_own_size_as_error():
    scene = Scene([Layer(np.zeros((80, 80, 3), np.uint8), Move())], 64, 64, 4)
    frames = [np.full((64, 64, 3), 51 * (index % 2), np.uint8) for index in range(4)]
    assert warping_error(frames, scene) == pytest.approx(0.2)
    assert warping_error(frames, scene, 2) == 0


def test_blur_is_less_sharp(large):
    assert sharpness([cv2.GaussianBlur(large, (0, 0), 2)]) < 0.5 * sharpness([large])
    assert sharpness([np.full((8, 8, 3), 9, np.uint8)]) == 0
