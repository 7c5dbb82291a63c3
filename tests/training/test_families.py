"""Every family of the literature trains, resumes exactly, and stops when it should."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto.errors import CheckpointError, TrainingError, UnknownName, UsageError
from impasto.options import describe
from impasto.training import checkpoint, session
from impasto.training.families import FAMILIES, find_family
from impasto.training.family_options import AdaINOptions, FamilyOptions, StyTr2Options
from impasto.training.session import Session

NAMES = ("johnson", "cin", "adain", "ghiasi", "stytr2")
ARBITRARY = ("adain", "ghiasi", "stytr2")


@pytest.fixture(autouse=True)
def unplotted(monkeypatch):
    """Plots take longer than these runs, and are tested on the default model's."""
    monkeypatch.setattr(session, "plot_run", lambda _: None)


def style_of(name, folders):
    return folders[1] / "1.png" if name == "johnson" else folders[1]


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.thorough) if n == "cin" else n for n in NAMES])
def test_six_steps_are_three_and_three(
    name, family_runs, start_family, picture_folders, tmp_path, losses_of, assert_same
):
    run = tmp_path / "run"
    first = start_family(name, run)
    assert [step.number for step in first.train(lambda: first.trainer.step == 3)] == [1, 2, 3]
    second = Session.resume(picture_folders[0], style_of(name, picture_folders), run, family=name)
    assert [step.number for step in second.train()] == [4, 5, 6]
    states = [checkpoint.load(one) for one in (run, family_runs[name])]
    for state in states:
        assert state["recipe"] == name
        del state["seconds"]
    assert_same(*states)
    assert losses_of(run) == losses_of(family_runs[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_few_steps_on_one_batch_reduce_the_objective(name, start_family, tmp_path):
    rate = 2e-4 if name == "adain" else 1e-2
    session = start_family(name, tmp_path, steps=14, learning_rate=rate, warm_up=0, ema=0.5)
    recipe = session.recipe
    batch = recipe.batch(0, 0.0)
    recipe.batch = lambda *_: batch
    steps = list(session.trainer.steps())
    assert list(steps[0].terms) == list(recipe.weights)
    assert all(value >= 0 for value in steps[0].terms.values())
    objectives = [step.objective for step in steps]
    assert min(objectives[-3:]) < 0.8 * objectives[0]


@pytest.mark.parametrize("name", ["johnson", "stytr2"])
def test_the_preview_shows_photos_across_and_artworks_down(name, start_family, tmp_path):
    recipe = start_family(name, tmp_path).recipe
    sheet = recipe.preview(recipe.model.state_dict())
    artworks = 1 if name == "johnson" else 3
    assert (sheet.shape, sheet.dtype) == (((1 + artworks) * 256, 4 * 256, 3), np.uint8)
    assert (sheet[:256, :256] == 255).all()


class TestJohnson:
    def test_it_learns_one_style(self, picture_folders, tmp_path):
        options = FAMILIES["johnson"].options(crop=64)
        with pytest.raises(TrainingError, match="holds 3 pictures, but johnson learns one: give its file"):
            Session.start(*picture_folders, tmp_path, options)


class TestCin:
    @pytest.fixture
    def more(self, family_runs, start_family, tmp_path):
        """A finished run that added the three styles a second time to those of the base."""
        for _ in start_family("cin", tmp_path / "more", base=family_runs["cin"], steps=3, width=9).train():
            pass
        return tmp_path / "more"

    def test_styles_are_added_by_their_scales_and_shifts_alone(self, more, family_runs):
        before, after = checkpoint.load(family_runs["cin"])["average"], checkpoint.load(more)["average"]
        for name, value in before.items():
            if name.startswith("net."):
                assert torch.equal(after[name], value), name
        assert torch.equal(after["fixed"], before["table"])
        assert (after["table"] - before["table"].mean(0)).abs().max() > 1e-4
        notes = checkpoint.load(more)["notes"]
        assert notes["styles"] == ["0", "1", "2", "0-2", "1-2", "2-2"]
        assert len(notes["colors"]) == 6
        assert checkpoint.load(more)["options"]["width"] == 4  # the base's

    def test_such_a_run_resumes(self, more, picture_folders):
        session = Session.resume(*picture_folders, more, {"steps": 4})
        assert [step.number for step in session.train()] == [4]

    def test_the_artworks_must_be_those_of_the_run(self, family_runs, picture_folders):
        with pytest.raises(TrainingError, match="the artworks are 1, but the run learns 0, 1, 2"):
            Session.resume(picture_folders[0], picture_folders[1] / "1.png", family_runs["cin"])

    def test_only_cin_adds_styles_and_only_to_cin(self, family_runs, start_family, tmp_path):
        with pytest.raises(UsageError, match="adain cannot add styles"):
            start_family("adain", tmp_path, base=family_runs["cin"])
        with pytest.raises(CheckpointError, match="is a run of johnson: styles can be added to one of cin"):
            start_family("cin", tmp_path, base=family_runs["johnson"])


class TestAdaIN:
    def test_it_may_learn_to_reconstruct_first(self, start_family, tmp_path):
        session = start_family("adain", tmp_path, reconstruction_steps=2, steps=3)
        style = [step.terms["style"] for step in session.trainer.steps()]
        assert style[:2] == [0, 0]
        assert style[2] > 0

    def test_identity_costs_where_it_is_asked_for(self, start_family, tmp_path):
        recipe = start_family("adain", tmp_path, identity_weight=1.0, identity_feature_weight=1.0).recipe
        terms = recipe.terms(recipe.batch(0, 0.0))
        assert terms["identity"] > 0
        assert terms["identity_features"] > 0

    def test_style_distances(self, start_family, tmp_path):
        def style(**options):
            recipe = start_family("adain", tmp_path, **options).recipe
            return recipe.terms(recipe.batch(0, 0.0))["style"].item()

        squared, summed = style(), style(style_maps="sum")
        assert summed > 64 * squared
        assert style(style_distance="rooted") < squared

    def test_batch_normalisation_in_the_encoder_learns_and_resumes(self, start_family, picture_folders, tmp_path):
        session = start_family("adain", tmp_path, encoder_norm="batch", steps=2)
        norm = session.recipe.model.encoder.norms["relu3_1"]
        before = norm.weight.detach().clone()
        list(session.train(lambda: True))
        assert not torch.equal(norm.weight, before)
        assert norm.num_batches_tracked == 2  # photos and styles
        assert [step.number for step in Session.resume(*picture_folders, tmp_path).train()] == [2]

    def test_several_depths_train(self, start_family, tmp_path):
        session = start_family("adain", tmp_path, depths=("relu4_1", "relu1_1"), width=64, steps=1)
        assert [step.number for step in session.trainer.steps()] == [1]

    def test_options_that_contradict_each_other(self):
        with pytest.raises(UsageError, match="expected relu4_1 among them"):
            AdaINOptions(depths=("relu1_1",))
        with pytest.raises(UsageError, match="the decoder must mirror VGG-19"):
            AdaINOptions(depths=("relu4_1", "relu1_1"), width=32)


def test_ghiasi_can_see_through_efficientnet(start_family, tmp_path):
    session = start_family("ghiasi", tmp_path, predictor="efficientnet", steps=1)
    assert [step.number for step in session.trainer.steps()] == [1]


class TestStyTr2:
    def test_it_may_learn_to_reconstruct_first(self, start_family, tmp_path):
        session = start_family("stytr2", tmp_path, reconstruction_steps=2, steps=3)
        steps = [step.terms for step in session.trainer.steps()]
        assert all(terms["style"] == terms["content"] == terms["identity_features"] == 0 for terms in steps[:2])
        assert all(terms["identity"] > 0 for terms in steps)
        assert steps[2]["style"] > 0

    def test_what_is_rebuilt_was_tinted_and_the_same_at_every_call(self, start_family, tmp_path):
        recipe = start_family("stytr2", tmp_path, reconstruction_steps=2, steps=3).recipe
        batch, again, other = (recipe.batch(step, 0.0) for step in (1, 1, 2))
        assert np.abs(batch.tinted_content.astype(float) - batch.content).mean() > 2
        assert np.array_equal(batch.tinted_style, again.tinted_style)
        assert not hasattr(other, "tinted_content")

    def test_identity_costs_at_every_so_manyth_step(self, start_family, tmp_path):
        session = start_family("stytr2", tmp_path, identity_every=2, steps=3)
        identity = [step.terms["identity"] > 0 for step in session.trainer.steps()]
        assert identity == [True, False, True]

    def test_options_that_contradict_each_other(self):
        with pytest.raises(UsageError, match="width is 100, expected a multiple of the 8 heads"):
            StyTr2Options(width=100, heads=8)
        with pytest.raises(UsageError, match="style_size is 100, expected a multiple of 32"):
            StyTr2Options(style_size=100)


@pytest.mark.parametrize("family", ["adain", "stytr2"])
def test_pixels_cost_nothing_after_a_reconstruction_unless_asked_for(family, start_family, tmp_path):
    weights = {"identity_weight": 0.0, "identity_feature_weight": 1.0}
    rhythm = {"reconstruction_steps": 2, "steps": 3}  # StyTr² pays for identity at even steps here
    session = start_family(family, tmp_path, **weights, **rhythm)
    rebuilt, _, painted = (step.terms for step in session.trainer.steps())
    assert rebuilt["identity"] > 0
    assert painted["identity"] == 0
    assert painted["identity_features"] > 0


class TestValidation:
    def test_it_ends_a_run_that_no_longer_gets_better_and_the_best_is_kept(
        self, start_family, picture_folders, tmp_path, losses_of, assert_same
    ):
        details = {"validation": picture_folders[0], "validation_steps": 2, "patience": 2, "learning_rate": 0.0}
        session = start_family("johnson", tmp_path / "run", steps=40, norm="instance", **details)
        steps = list(session.train())
        assert len(steps) == 6  # a first best, and twice none
        measured = [step.validation for step in steps]
        assert measured[::2] == [None] * 3
        assert measured[1] == measured[3] == measured[5]
        state = checkpoint.load(tmp_path / "run")
        assert (state["best"]["step"], state["best"]["loss"], state["best"]["waited"]) == (2, measured[1], 2)
        assert_same(checkpoint.trained_weights(state), state["best"]["weights"])
        assert [row[-1] for row in losses_of(tmp_path / "run")[1:]][1] == f"{measured[1]:.6g}"

    def test_a_resumed_run_remembers(self, start_family, picture_folders, tmp_path):
        details = {"validation": picture_folders[0], "validation_steps": 1, "patience": 3, "learning_rate": 0.0}
        session = start_family("johnson", tmp_path, steps=40, norm="instance", **details)
        list(session.train(lambda: session.trainer.step == 2))
        again = Session.resume(
            picture_folders[0], picture_folders[1] / "1.png", tmp_path, validation=picture_folders[0]
        )
        assert [step.number for step in again.train()] == [3, 4]

    def test_it_changes_nothing_of_what_is_learnt(
        self, start_family, family_runs, picture_folders, tmp_path, assert_same
    ):
        session = start_family("johnson", tmp_path, validation=picture_folders[0], validation_steps=2)
        list(session.train())
        for part in ("model", "average"):
            assert_same(checkpoint.load(tmp_path)[part], checkpoint.load(family_runs["johnson"])[part])

    def test_the_default_model_can_be_validated(self, tiny_options, picture_folders, tmp_path):
        options = FAMILIES["default"].options(**{**tiny_options, "steps": 1, "validation_steps": 1})
        (step,) = Session.start(*picture_folders, tmp_path, options, validation=picture_folders[0]).train()
        assert step.validation > 0


class TestOptions:
    @pytest.mark.parametrize("name", FAMILIES)
    def test_they_survive_being_written_down_and_have_help_texts(self, name):
        kind = FAMILIES[name].options
        assert kind.from_dict({**kind().as_dict(), "unknown": 1}) == kind()
        assert all(one.doc for one in describe(kind))

    def test_layers_must_be_some(self):
        with pytest.raises(UsageError, match="style_layers is empty"):
            AdaINOptions(style_layers=())

    def test_crops_are_multiples_of_32(self):
        with pytest.raises(UsageError, match="crop is 100, expected a multiple of 32"):
            FamilyOptions(crop=100)

    def test_a_family_that_does_not_exist(self):
        with pytest.raises(UnknownName, match="did you mean 'johnson'"):
            find_family("jonson")

    def test_a_run_of_another_family_is_not_resumed(self, family_runs, picture_folders):
        with pytest.raises(CheckpointError, match="is a run of cin, not of adain: continue it with train cin"):
            Session.resume(*picture_folders, family_runs["cin"], family="adain")


@pytest.mark.parametrize("name", ["adain", "cin"])
def test_a_limit_is_of_photos_and_of_the_artworks_that_are_not_learnt_by_heart(name, start_family, tmp_path):
    session = start_family(name, tmp_path, limit=2)
    assert len(session.content) == 2
    assert len(session.style) == (2 if name == "adain" else 3)
