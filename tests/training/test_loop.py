"""The loop with a model of two numbers: what it yields, when it ends, and how it fails."""

from __future__ import annotations

import math
from types import MappingProxyType

import pytest
import torch
from torch import nn

from impasto.errors import CheckpointError, TrainingError
from impasto.training import checkpoint, loop
from impasto.training.config import DefaultTrainOptions
from impasto.training.loop import Trainer


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0]))
        self.register_buffer("measured", torch.zeros(1))


class Recipe:
    """Pulls two numbers to a target that depends on the step."""

    name = "default"
    notes = MappingProxyType({"styles": ["one"]})

    def __init__(self, **options):
        self.options = DefaultTrainOptions(**{"steps": 5, "learning_rate": 0.1, **options})
        self.model = Line()
        self.weights = {"pull": 2.0, "spread": 0.5}
        self.seen = []

    def prepare(self):
        self.model.measured += 7

    def batch(self, step, progress):
        self.seen.append((step, progress))
        return torch.tensor([step, 3.0])

    def terms(self, batch):
        return {"pull": (self.model.weight - batch).square().sum(), "spread": self.model.weight.square().sum()}


def trainer(tmp_path, **options):
    found = Trainer(Recipe(**options), tmp_path)
    found.start()
    return found


class TestSteps:
    def test_they_are_as_many_as_asked_and_tell_what_happened(self, tmp_path):
        found = trainer(tmp_path)
        steps = list(found.steps())
        assert [step.number for step in steps] == [1, 2, 3, 4, 5]
        assert found.recipe.seen == [(step, step / 5) for step in range(5)]
        for step in steps:
            assert step.objective == pytest.approx(2 * step.terms["pull"] + 0.5 * step.terms["spread"])
            assert step.gradient_norm > 0
            assert step.seconds > 0
        assert steps[0].terms == {"pull": 26.0, "spread": 5.0}
        assert found.seconds == pytest.approx(sum(step.seconds for step in steps))
        assert list(found.steps()) == []

    def test_minutes_end_them_instead(self, tmp_path, monkeypatch):
        clock = iter(range(0, 10_000, 15))
        monkeypatch.setattr(loop.time, "perf_counter", lambda: next(clock))
        found = trainer(tmp_path, steps=1, minutes=1.0)
        assert [step.number for step in found.steps()] == [1, 2, 3, 4]  # of 15 s each
        assert [progress for _, progress in found.recipe.seen] == [0, 0.25, 0.5, 0.75]

    def test_gradients_are_clipped(self, tmp_path):
        found = trainer(tmp_path, clip=1e-3)
        next(found.steps())
        assert torch.linalg.vector_norm(found.recipe.model.weight.grad) == pytest.approx(1e-3, rel=1e-3)


class Drawing(Recipe):
    """Draws, as dropout does."""

    def terms(self, batch):
        return {name: term + torch.rand(()) for name, term in super().terms(batch).items()}


class TestDrawing:
    def test_what_a_step_draws_depends_on_it_and_the_seed_alone(self, tmp_path):
        def drawn(seed):
            found = Trainer(Drawing(steps=2, learning_rate=0.0, seed=seed), tmp_path)
            found.start()
            torch.rand(seed)  # somebody else draws meanwhile
            return [step.terms["spread"] - 5.0 for step in found.steps()]

        first, second = drawn(3)
        assert first != second
        assert drawn(3) == [first, second]
        assert drawn(4) != [first, second]

    def test_the_callers_random_state_is_left_alone(self, tmp_path):
        found = Trainer(Drawing(), tmp_path)
        found.start()
        torch.manual_seed(1)
        expected = torch.rand(2)
        torch.manual_seed(1)
        next(found.steps())
        assert torch.equal(torch.rand(2), expected)


class TestAverage:
    def test_it_follows_its_formula(self, tmp_path):
        found = trainer(tmp_path, ema=0.3)
        expected = found.recipe.model.weight.detach().clone()
        for number, _ in enumerate(found.steps(), 1):
            decay = min(0.3, (1 + number) / (10 + number))
            expected = decay * expected + (1 - decay) * found.recipe.model.weight.detach()
            torch.testing.assert_close(found.average["weight"], expected)

    def test_counters_are_copied(self, tmp_path):
        recipe = Recipe()
        recipe.model.register_buffer("batches", torch.tensor(0))
        found = Trainer(recipe, tmp_path)
        found.start()
        recipe.model.batches += 4
        next(found.steps())
        assert found.average["batches"] == 4

    def test_it_holds_what_was_measured_before_the_first_step(self, tmp_path):
        found = trainer(tmp_path)
        list(found.steps())
        assert found.average["measured"] == 7


class TestFailing:
    def fail_at(self, found, step, failing):
        original = found.recipe.terms

        def terms(batch):
            terms = original(batch)
            return {**terms, "spread": failing(terms["spread"])} if found.step == step else terms

        found.recipe.terms = terms

    @pytest.mark.parametrize(
        ("failing", "what"),
        [
            (lambda term: term * math.nan, r"the loss is not finite \(pull .*, spread nan\)"),
            (lambda term: term * math.inf, r"the loss is not finite \(pull .*, spread inf\)"),
            # Finite, with a gradient that is not: the slope of a root at 0.
            (lambda term: (term - term.detach()).sqrt(), r"the gradient is not finite \(pull .*, spread 0\)"),
        ],
        ids=["nan", "infinite", "gradient"],
    )
    def test_the_step_and_its_terms_are_named_and_the_weights_kept(self, tmp_path, failing, what):
        found = trainer(tmp_path)
        self.fail_at(found, 3, failing)
        steps = found.steps()
        for _ in range(3):
            next(steps)
        weights, average = found.recipe.model.weight.detach().clone(), found.average["weight"].clone()
        with pytest.raises(TrainingError, match=f"step 4: {what}"):
            next(steps)
        assert torch.equal(found.recipe.model.weight, weights)
        assert torch.equal(found.average["weight"], average)
        assert found.step == 3


class TestResuming:
    def test_it_is_as_if_it_had_never_stopped(self, tmp_path):
        whole = trainer(tmp_path / "whole")
        rates = [step.learning_rate for step in whole.steps()]
        (tmp_path / "halves").mkdir()
        first = trainer(tmp_path / "halves")
        steps = first.steps()
        next(steps), next(steps)
        first.save()
        second = Trainer(Recipe(), tmp_path / "halves")
        second.resume()
        assert [step.learning_rate for step in second.steps()] == rates[2:]
        assert second.recipe.seen == whole.recipe.seen[2:]
        assert torch.equal(second.recipe.model.weight, whole.recipe.model.weight)
        assert torch.equal(second.average["weight"], whole.average["weight"])
        assert second.recipe.model.measured == 7

    def test_the_checkpoint_names_the_family_and_keeps_the_notes(self, tmp_path):
        trainer(tmp_path).save()
        state = checkpoint.load(tmp_path)
        assert (checkpoint.family_of(state), state["notes"]) == ("default", {"styles": ["one"]})

    def test_a_checkpoint_of_before_there_were_families_is_the_default_models(self, tmp_path):
        found = trainer(tmp_path)
        found.save()
        state = checkpoint.load(tmp_path)
        del state["recipe"], state["notes"]
        checkpoint.save(tmp_path, {key: value for key, value in state.items() if key != "format"})
        assert checkpoint.family_of(checkpoint.load(tmp_path)) == "default"
        Trainer(Recipe(), tmp_path).resume()

    def test_another_network_is_refused(self, tmp_path):
        found = trainer(tmp_path)
        found.save()
        other = Recipe()
        other.model = nn.Linear(3, 3)
        with pytest.raises(CheckpointError, match="other sizes"):
            Trainer(other, tmp_path).resume()
