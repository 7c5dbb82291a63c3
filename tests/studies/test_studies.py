"""Every study runs and its table says what was painted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from impasto.errors import ImageError, UnknownName, UsageError
from impasto.losses.catalog import STYLE_LOSSES
from impasto.optimize import OptimizeOptions
from impasto.studies import STUDIES, StudyOptions
from impasto.studies.laboratory import Cost, Laboratory
from impasto.studies.weights import STYLE_WEIGHTS, TV_WEIGHTS

EARLY = ("relu1_1", "relu2_1")


def column(findings, name):
    return [row[name] for row in findings.rows]


def assert_whole(findings):
    """The parts fit together, and JSON can hold all of them."""
    assert {tuple(row) for row in findings.rows} == {findings.columns}
    assert findings.figure.dtype == np.uint8
    assert findings.figure.ndim == 3
    assert all(note for note in findings.notes)
    json.dumps([findings.rows, findings.data], allow_nan=False)


class TestLayers:
    def test_a_style_layer_alone_brings_that_layer_nearest(self, study):
        layers = ("relu1_1", "relu4_1")
        findings = study("layers-style", contents={}, layer=layers, steps=12)
        assert_whole(findings)
        assert column(findings, "layer") == [*layers]
        for layer in layers:
            assert np.argmin(column(findings, f"Gram {layer}")) == layers.index(layer)

    def test_every_style_has_its_row_of_pictures(self, study, styles):
        one, two = (
            study("layers-style", contents={}, pictures=given, layer=EARLY).figure
            for given in ({"waves": styles["waves"]}, styles)
        )
        assert two.shape[0] > one.shape[0] + 40

    def test_a_photo_is_lost_layer_by_layer(self, study):
        findings = study("layers-content", pictures={}, layer=("relu1_1", "relu3_1"), steps=12)
        assert_whole(findings)
        assert all(np.less(column(findings, "loss, end"), column(findings, "loss, start")))
        shallow, deep = column(findings, "PSNR, dB")
        assert shallow > deep + 3
        assert column(findings, "stride, px") == [1, 4]

    def test_another_network_has_layers_of_its_own(self, study):
        findings = study("layers-content", pictures={}, network="efficientnet-lite0", steps=1)
        assert column(findings, "layer") == ["stem", "stage1", "stage2", "stage3", "stage4"]


class TestCalibrate:
    def test_weights_are_the_inverse_of_what_remains_and_can_be_painted_with(self, study, photos, styles):
        findings = study("calibrate", photos, styles, layer=EARLY, steps=3)
        assert_whole(findings)
        assert column(findings, "layer") == [*EARLY]
        residuals = np.array(column(findings, "residual, alone"))
        assert np.all(residuals < column(findings, "loss of the photo"))
        np.testing.assert_allclose(column(findings, "weight, 1/residual"), 1 / residuals)
        weights = OptimizeOptions(style_layer=tuple(findings.data["style_layer"])).style_layers
        np.testing.assert_allclose([weights[layer] for layer in EARLY], 1 / residuals, rtol=1e-3)
        assert all(f"--style-layer {entry}" in " ".join(findings.notes) for entry in findings.data["style_layer"])
        for name in ("share, equal weights", "share, 1/residual"):
            assert sum(column(findings, name)) == pytest.approx(1)

    def test_the_residual_of_several_pairs_is_their_geometric_mean(self, study, photos, styles):
        def residual(*chosen):
            pairs = [dict([*given.items()][i] for i in chosen) for given in (photos, styles)]
            return study("calibrate", *pairs, layer=("relu1_1",), steps=2).rows[0]["residual, alone"]

        assert residual(0, 1) == pytest.approx((residual(0) * residual(1)) ** 0.5)


class TestWeights:
    def test_the_grid_is_complete_and_more_style_leaves_less_content(self, study):
        findings = study("weights", steps=3)
        assert_whole(findings)
        assert len(findings.rows) == len(STYLE_WEIGHTS) * len(TV_WEIGHTS)
        content = dict(zip(column(findings, "content : style : TV"), column(findings, "content loss"), strict=True))
        assert content["1 : 1000 : 0"] > content["1 : 1 : 0"]


class TestMinimising:
    def test_starts(self, study):
        findings = study("init", steps=10)
        assert_whole(findings)
        assert column(findings, "start") == ["noise", "black", "photo"]
        assert all(np.less(column(findings, "end"), column(findings, "objective, start")))
        assert findings.rows[2]["steps to the photo's end"] <= 10
        objectives = [curve["objective"] for curve in findings.data["curves"]]
        assert [one[1] for one in objectives] == column(findings, "a tenth")

    def test_the_models_pastiche_is_a_start_where_it_is_given(self, study):
        asked = []

        def start(photo, style):
            asked.append((photo, style))
            return photo

        findings = study("init", start=start)
        assert column(findings, "start")[-1] == "model"
        assert len(asked) == 1
        photo, model = findings.rows[-2:]
        assert photo["objective, start"] == model["objective, start"]

    def test_optimisers_do_equal_work(self, study):
        findings = study("optimizer", steps=4)
        assert_whole(findings)
        assert column(findings, "optimiser")[0] == "L-BFGS"
        assert len(findings.rows) == 4
        assert set(column(findings, "steps")) == {4}
        assert len(set(column(findings, "objective, start"))) == 1
        assert len(set(column(findings, "end"))) == 4


class TestChoices:
    def test_every_loss_has_a_row_and_steps_by_its_cost(self, study, monkeypatch):
        costs = dict.fromkeys([*STYLE_LOSSES, "adversarial"], Cost(1, 1)) | {"mrf": Cost(1, 2), "moments": Cost(0, 0.5)}
        monkeypatch.setattr(Laboratory, "_cost", lambda _, job: costs[job.what])
        findings = study("losses", steps=2, size=48)
        assert_whole(findings)
        assert column(findings, "loss") == [*STYLE_LOSSES, "adversarial"]
        steps = dict(zip(column(findings, "loss"), column(findings, "steps"), strict=True))
        assert (steps["gram"], steps["mrf"], steps["moments"]) == (2, 1, 6)

    def test_networks_whose_weights_are_absent_are_left_out(self, study):
        findings = study("network", steps=2)
        assert_whole(findings)
        assert column(findings, "network") == ["vgg19", "efficientnet, smoothed", "efficientnet, plain"]
        assert "vgg16 is left out" in " ".join(findings.notes)
        assert findings.rows[1]["Gram loss"] != findings.rows[2]["Gram loss"]


class TestLaboratory:
    def test_progress_rises_to_the_end(self, study):
        seen = []
        study("calibrate", layer=EARLY, progress=seen.append)
        done = [now.done for now in seen]
        assert done == sorted(done)
        assert done[-1] == pytest.approx(1)
        assert "relu1_1, hills" in {now.doing for now in seen}

    def test_minutes_are_shared_among_the_paintings(self, study, monkeypatch):
        monkeypatch.setattr(
            Laboratory, "_cost", lambda _, job: {"relu1_1": Cost(1, 0.5), "relu2_1": Cost(0, 1)}[job.what]
        )
        findings = study("layers-style", layer=EARLY, steps=None, minutes=0.1)
        assert column(findings, "steps") == [4, 3]

    def test_a_step_costs_time_which_is_measured_once(self, photos, styles):
        from impasto.studies.laboratory import Job, Sample

        lab = Laboratory([], [], StudyOptions(size=32, precision="fp32"), steps=5)
        job = Job("gram", Sample("hills", photos["hills"]), Sample("waves", styles["waves"]), lab.settings(scales=True))
        cost = lab._cost(job)
        assert 0 < cost.step < 5
        assert lab._cost(job) == cost
        assert cost.steps_in(cost.opening + 7 * cost.step) == 7
        assert cost.steps_in(0) == 1

    def test_the_same_seed_gives_the_same_figure(self, study):
        first, second = (study("layers-style", layer=EARLY[:1], seed=3).figure for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_of_the_less_numerous_kind_pictures_are_taken_in_turns(self, study, photos, styles):
        findings = study("network", dict([*photos.items()][:1]), styles, steps=1)
        assert column(findings, "style") == 3 * ["waves"] + 3 * ["stars"]
        assert set(column(findings, "photo")) == {"hills"}


class TestBadInput:
    def test_an_unknown_study(self, study):
        with pytest.raises(UnknownName, match="did you mean 'layers-style'"):
            study("layer-style")

    @pytest.mark.parametrize("name", STUDIES)
    def test_a_kind_of_picture_is_missing(self, study, name):
        with pytest.raises(UsageError, match=f"the study {name} has no"):
            study(name, contents={}, pictures={})

    def test_an_unknown_layer_is_refused_before_anything_is_painted(self, study):
        seen = []
        with pytest.raises(UnknownName, match="did you mean 'relu4_1'"):
            study("layers-style", layer=("relu1_1", "relu41"), progress=seen.append)
        assert not seen

    def test_a_layer_that_sees_more_than_the_picture_is_refused_before_anything_is_painted(self, study):
        seen = []
        with pytest.raises(ImageError, match=r"waves has 160×160 pixels, but relu5_3 sees squares of 220"):
            study("layers-style", layer=("relu1_1", "relu5_3"), progress=seen.append)
        assert not seen

    def test_options_that_exclude_each_other(self):
        with pytest.raises(UsageError, match="expected one of them"):
            StudyOptions(steps=3, minutes=1.0)
        with pytest.raises(UsageError, match="each layer once"):
            StudyOptions(layer=("relu1_1", "relu1_1"))
