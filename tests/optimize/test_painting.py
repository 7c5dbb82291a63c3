"""Painting by optimisation: it paints, repeats itself, goes on after pauses, and says what is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from impasto.errors import CheckpointError, ImageError, OptimizeError, UnknownName, UsageError
from impasto.losses.catalog import CONTENT_LOSSES, STYLE_LOSSES
from impasto.optimize import Objective, OptimizeOptions, Painting
from impasto.optimize.state import FILE_NAME, load_state, save_state


def painted(painting):
    iterates = list(painting.iterates())
    return iterates, painting.picture


class TestPainting:
    @pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
    def test_the_objective_falls(self, paint, optimizer):
        iterates, picture = painted(paint(steps=8, optimizer=optimizer))
        assert [one.step for one in iterates] == list(range(9))
        assert iterates[-1].objective < 0.5 * iterates[0].objective
        assert picture.shape == (36, 48, 3)
        assert iterates[-1].progress == 1
        seconds = [one.seconds for one in iterates]
        assert seconds == sorted(seconds)

    def test_the_first_iterate_is_the_start_and_each_is_measured_itself(self, paint):
        iterates, _ = painted(paint(steps=3))
        assert iterates[0].terms["content relu2_1"] == pytest.approx(0, abs=1e-6)
        again = next(paint(start=iterates[3].picture, init="file").iterates())
        assert again.objective == pytest.approx(iterates[3].objective, rel=0.05)  # 8 bits apart

    def test_the_objective_is_the_weighted_sum(self, paint):
        for one in painted(paint(tv_weight=3.0, style_loss=("gram", "moments:2")))[0]:
            expected = sum(one.weights[name] * value for name, value in one.terms.items())
            assert one.objective == pytest.approx(expected, rel=1e-5)

    def test_with_balance_the_photo_begins_at_the_styles_weight(self, paint, pictures):
        for options in ({}, {"style_loss": ("gatys",)}, {"styles": [(pictures[1], 3.0), pictures[2]]}):
            assert next(paint(style_weight=7.0, **options).iterates()).objective == pytest.approx(7, rel=1e-3)

    def test_gradients_of_shallow_layers_losses_wait_for_the_deeper_layers(self, paint, monkeypatch):
        gram, order = STYLE_LOSSES["gram"], []

        def compare(features, target, generator):
            seen = features.view_as(features)
            if seen.requires_grad:
                channels = features.shape[1]
                seen.register_hook(lambda _: order.append(f"loss {channels}"))
                features.register_hook(lambda _: order.append(f"network {channels}"))
            return gram.compare(seen, target, generator)

        monkeypatch.setitem(STYLE_LOSSES, "gram", replace(gram, compare=compare))
        painted(paint(steps=1, content_weight=0.0))
        assert order == ["loss 128", "network 128", "loss 64", "network 64"]

    def test_unbalanced_it_is_the_papers_objective(self, paint):
        first = next(paint(unbalanced=True, style_loss=("gatys",), style_layer=("relu1_1=0.5",)).iterates())
        assert first.weights == {"content relu2_1": 1.0, "gatys relu1_1": 5.0}
        assert first.objective == pytest.approx(5 * first.terms["gatys relu1_1"], rel=1e-5)

    @pytest.mark.parametrize("loss", STYLE_LOSSES)
    def test_every_style_loss_paints(self, paint, loss):
        iterates, _ = painted(paint(steps=3, style_loss=(loss,), style_layer=("relu2_1",)))
        assert iterates[-1].objective < iterates[0].objective

    @pytest.mark.parametrize("loss", CONTENT_LOSSES)
    def test_every_content_loss_brings_the_photo_back(self, paint, loss):
        iterates, _ = painted(paint(steps=5, content_loss=loss, style_weight=0.0, init="noise"))
        assert iterates[-1].objective < iterates[0].objective

    def test_the_adversarial_loss_paints_with_adam(self, paint):
        iterates, _ = painted(paint(style_loss=("adversarial", "gram"), optimizer="adam"))
        assert np.isfinite(iterates[-1].objective)
        assert "adversarial" in iterates[-1].terms

    def test_total_variation_smooths(self, paint):
        def roughness(weight):
            picture = painted(paint(tv_weight=weight, tv="isotropic", steps=6))[1].astype(float)
            return np.abs(np.diff(picture, axis=0)).mean()

        assert roughness(1000.0) < 0.8 * roughness(0.0)

    def test_minutes_end_it(self, paint):
        painting = paint(minutes=0.001, steps=1_000_000)
        assert 1 <= len(list(painting.iterates())) < 1000
        assert painting.finished

    def test_the_photos_colours_can_be_kept(self, paint, pictures):
        grey = np.repeat(pictures[0].mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
        picture = painted(paint(photo=grey, preserve_color=True))[1].astype(int)
        assert np.ptp(picture, axis=2).max() <= 2
        assert np.ptp(painted(paint(photo=grey))[1].astype(int), axis=2).max() > 20


class TestStyles:
    def test_weights_are_shares(self, paint, pictures):
        one = painted(paint([pictures[1]]))[1]
        alone = painted(paint([(pictures[1], 5.0), (pictures[2], 0.0)]))[1]
        both = painted(paint([pictures[1], pictures[2]]))[1]
        same = painted(paint([(pictures[1], 2.0), (pictures[2], 2.0)]))[1]
        np.testing.assert_array_equal(one, alone)
        np.testing.assert_array_equal(both, same)
        assert np.abs(both.astype(int) - one).mean() > 1

    def test_each_styles_terms_have_its_number(self, paint, pictures):
        terms = next(paint([pictures[1], pictures[2]], style_layer=("relu1_1",)).iterates()).terms
        assert list(terms) == ["content relu2_1", "gram relu1_1 #1", "gram relu1_1 #2"]

    def test_a_smaller_style_scale_changes_the_target(self, paint):
        whole, half = (painted(paint(style_scale=scale))[1] for scale in (1.0, 0.5))
        assert (whole != half).any()


class TestStarts:
    def start(self, paint, **options):
        return next(paint(**options).iterates()).picture.astype(int)

    def test_black_and_white(self, paint):
        assert (self.start(paint, init="black") == 0).all()
        assert (self.start(paint, init="white") == 255).all()

    def test_noise_has_a_seed_and_a_deviation(self, paint):
        first, same, other = (self.start(paint, init="noise", seed=seed) for seed in (1, 1, 2))
        assert (first == same).all()
        assert (first != other).any()
        assert first.std() == pytest.approx(0.15 * 255, rel=0.1)
        assert first.mean() == pytest.approx(127.5, abs=3)

    def test_the_style_is_cropped_to_the_photos_shape(self, paint, pictures):
        found = self.start(paint, init="style")
        assert found.shape == (36, 48, 3)
        np.testing.assert_allclose(found, pictures[1][14:50], atol=1)

    def test_a_picture_of_any_size(self, paint, draw):
        picture = draw(9, 72, 96)
        assert np.abs(self.start(paint, init="model", start=picture) - picture[::2, ::2].astype(int)).mean() < 40

    def test_a_picture_that_only_the_caller_has(self, paint):
        with pytest.raises(UsageError, match="give the picture to begin with as start"):
            paint(init="model")


class TestScales:
    def test_coarse_to_fine(self, paint):
        painting = paint(size=96, first_size=48, scale_factor=2.0, steps=7)
        iterates, picture = painted(painting)
        assert [one.tensor.shape[3] for one in iterates] == [48, 48, 48, 96, 96, 96, 96, 96]
        assert [one.scale for one in iterates] == [0, 0, 0, 1, 1, 1, 1, 1]
        assert picture.shape == (72, 96, 3)

    def test_what_was_painted_is_carried_over(self, paint):
        fine = {"size": 96, "scale_factor": 2.0}
        carried = list(paint(first_size=48, steps=16, **fine).iterates())
        fresh = next(paint(first_size=96, **fine).iterates())
        first_fine = next(one for one in carried if one.scale == 1)
        assert first_fine.objective < 0.9 * fresh.objective

    def test_few_steps_are_spent_on_the_finest_scale(self, paint):
        iterates, _ = painted(paint(size=96, first_size=24, scale_factor=2.0, steps=1))
        assert [one.scale for one in iterates] == [2, 2]

    def test_a_picture_that_is_not_finished_has_its_full_size(self, paint):
        painting = paint(size=96, first_size=48, scale_factor=2.0, steps=8)
        next(painting.iterates())
        assert painting.picture.shape == (72, 96, 3)
        assert not painting.finished


class TestAverage:
    def test_it_is_the_unbiased_exponential_average(self, paint):
        last = [one.tensor for one in paint(ema=0.0).iterates()]
        averages = [one.tensor for one in paint(ema=0.5).iterates()]
        weights = torch.tensor([0.5**age for age in range(4, -1, -1)])
        expected = sum(weight * one for weight, one in zip(weights, last, strict=True)) / weights.sum()
        torch.testing.assert_close(averages[-1], expected, atol=1e-5, rtol=0)
        assert torch.equal(averages[0], last[0])


class TestRepeating:
    @pytest.mark.parametrize("options", [{"init": "noise"}, {"style_loss": ("swd",)}], ids=["noise", "swd"])
    def test_the_same_seed_paints_the_same_picture(self, paint, options):
        first, same, other = (painted(paint(seed=seed, **options))[1] for seed in (3, 3, 4))
        np.testing.assert_array_equal(first, same)
        assert (first != other).any()

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"optimizer": "adam"},
            {"optimizer": "adam", "style_loss": ("adversarial", "swd")},
            {"size": 96, "scale_factor": 2.0, "style_loss": ("swd",), "ema": 0.5},
        ],
        ids=["lbfgs", "adam", "adversarial", "scales"],
    )
    def test_a_resumed_painting_is_the_one_that_never_stopped(self, paint, tmp_path, options):
        options = {"steps": 6, **options}
        whole, expected = painted(paint(**options))
        for pause in (1, 4):
            stopped = paint(**options)
            for iterate in stopped.iterates():
                if iterate.step == pause:
                    break
            save_state(tmp_path, stopped.state_dict())
            resumed = paint(**options)
            resumed.load_state_dict(load_state(tmp_path))
            rest, picture = painted(resumed)
            assert [one.step for one in rest] == list(range(pause + 1, 7))
            assert [one.objective for one in rest] == [one.objective for one in whole[pause + 1 :]]
            np.testing.assert_array_equal(picture, expected)
            assert [one["step"] for one in resumed.trace] == list(range(7))

    def test_another_style_is_not_resumed(self, paint, pictures):
        state = paint().state_dict()
        with pytest.raises(CheckpointError, match="another photo, style"):
            paint([pictures[2]]).load_state_dict(state)

    def test_a_damaged_state_is_refused(self, tmp_path):
        with pytest.raises(CheckpointError, match=r"holds no painting\.pt"):
            load_state(tmp_path)
        save_state(tmp_path, {"next": 1})
        data = bytearray((tmp_path / FILE_NAME).read_bytes())
        (tmp_path / FILE_NAME).write_bytes(data[: len(data) // 2])
        with pytest.raises(CheckpointError, match="damaged"):
            load_state(tmp_path)


class TestFailures:
    def test_a_loss_that_is_no_number_leaves_the_last_good_picture(self, paint, monkeypatch):
        painting = paint(steps=5)
        total = Objective.total

        def failing(objective, terms):
            return total(objective, terms) * (float("nan") if len(painting.trace) == 2 else 1)

        monkeypatch.setattr(Objective, "total", failing)
        seen = []
        with pytest.raises(OptimizeError, match=r"step 2: the loss or its gradient is not finite \(content relu2_1"):
            seen.extend(one.picture for one in painting.iterates())
        with pytest.raises(OptimizeError):
            next(painting.iterates())
        assert len(painting.trace) == 2
        assert painting.picture.std() > 0

    def test_unknown_names_suggest_a_near_one(self, paint):
        for options, hint in (
            ({"style_layer": ("relu4-1",)}, "did you mean 'relu4_1'"),
            ({"content_layer": ("conv4_2",)}, "layer"),
            ({"style_loss": ("grams",)}, "did you mean 'gram'"),
            ({"content_loss": "jonson"}, "did you mean 'johnson'"),
        ):
            with pytest.raises(UnknownName, match=hint):
                paint(**options)

    def test_an_unknown_network(self, pictures):
        with pytest.raises(UnknownName, match="vgg19"):
            Painting(pictures[0], [pictures[1]], OptimizeOptions(network="vgg91"))

    def test_a_style_smaller_than_the_receptive_field(self, paint):
        with pytest.raises(ImageError, match=r"64×48|48×64"):
            paint(style_layer=("relu5_1",))

    def test_a_style_smaller_than_the_patches(self, paint, draw):
        with pytest.raises(ImageError, match="mrf at relu2_1 needs 6 a side"):
            paint([draw(1, 20, 400)], style_loss=("mrf",), style_layer=("relu2_1",), style_scale=0.1)

    @pytest.mark.parametrize("photo", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)])
    def test_what_is_no_picture(self, paint, photo):
        with pytest.raises(ImageError, match="the photo is"):
            paint(photo=photo)

    def test_a_file_that_is_not_there(self, paint):
        with pytest.raises(ImageError, match="there is no such file"):
            paint(photo="photo.jpg")

    def test_no_style_or_no_weight(self, paint, pictures):
        with pytest.raises(UsageError, match="there is no style"):
            paint([])
        for weights in ((0.0, 0.0), (-1.0, 1.0), (float("nan"), 1.0)):
            with pytest.raises(UsageError, match="weights of the styles"):
                paint(list(zip(pictures[1:], weights, strict=True)))
        with pytest.raises(UsageError, match="every weight is 0"):
            paint(content_weight=0.0, style_weight=0.0)
