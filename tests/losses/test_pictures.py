"""The losses of content, of pictures and of identity, against their formulas written out in float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from impasto import losses
from impasto.losses.catalog import CONTENT_LOSSES


def features(*shape, seed=0, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def assert_agrees(found, expected):
    """Float32, one value a picture."""
    assert found.dtype == torch.float32
    assert found.shape == (len(expected),)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


A, B = features(2, 5, 6, 7), features(2, 5, 6, 7, seed=1)
TARGET = features(2, 3, 4, 5, seed=1, dtype=torch.float64)


class TestContent:
    def test_gatys(self):
        assert_agrees(losses.gatys_content_loss(A, B), ((A.double() - B.double()) ** 2).sum((1, 2, 3)).numpy() / 2)

    def test_johnson(self):
        assert_agrees(losses.content_loss(A, B), ((A.double() - B.double()) ** 2).mean((1, 2, 3)).numpy())

    def test_instance_normalised(self):
        def normalised(maps):
            maps = maps.double().numpy()
            return (maps - maps.mean((2, 3), keepdims=True)) / np.sqrt(maps.var((2, 3), keepdims=True) + 1e-5)

        expected = ((normalised(A) - normalised(B)) ** 2).mean((1, 2, 3))
        assert_agrees(losses.instance_normalised_content_loss(A, B), expected)

    def test_instance_normalised_does_not_see_contrast_and_level(self):
        scale, shift = 2 + features(1, 5, 1, 1, seed=2), features(1, 5, 1, 1, seed=3)
        found = losses.instance_normalised_content_loss(A * scale + shift, A)
        torch.testing.assert_close(found, torch.zeros(2), rtol=0, atol=1e-5)

    @pytest.mark.parametrize("loss", CONTENT_LOSSES.values(), ids=CONTENT_LOSSES)
    def test_one_target_serves_a_batch(self, loss):
        torch.testing.assert_close(loss(A, B[:1])[1:], loss(A[1:], B[:1]))

    @pytest.mark.parametrize("loss", CONTENT_LOSSES.values(), ids=CONTENT_LOSSES)
    def test_bfloat16_is_summed_in_float32(self, loss):
        found = loss(A.bfloat16(), B.bfloat16())
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, loss(A.bfloat16().float(), B.bfloat16().float()))

    @pytest.mark.parametrize("loss", CONTENT_LOSSES.values(), ids=CONTENT_LOSSES)
    def test_gradient(self, loss):
        maps, target = features(2, 3, 4, 5, dtype=torch.float64), features(1, 3, 4, 5, seed=1, dtype=torch.float64)
        assert torch.autograd.gradcheck(lambda x: loss(x, target), maps.requires_grad_())


class TestPictures:
    def test_total_variation(self):
        x = features(2, 3, 5, 8)
        exact = x.double().numpy()
        down, across = np.diff(exact, axis=2) ** 2, np.diff(exact, axis=3) ** 2
        assert_agrees(losses.total_variation(x), down.mean((1, 2, 3)) + across.mean((1, 2, 3)))

    def test_isotropic_total_variation(self):
        x = features(2, 3, 5, 8)
        exact = x.double().numpy()
        down, across = np.diff(exact, axis=2)[..., :-1], np.diff(exact, axis=3)[..., :-1, :]
        assert_agrees(losses.isotropic_total_variation(x), np.sqrt(down**2 + across**2 + 1e-8).mean((1, 2, 3)))

    def test_isotropic_total_variation_asks_as_much_for_an_edge_as_for_a_slope(self):
        slope = torch.linspace(0, 1, 9).expand(1, 3, 9, 9)
        edge = (slope > 0.5).float()
        torch.testing.assert_close(
            losses.isotropic_total_variation(slope), losses.isotropic_total_variation(edge), rtol=1e-3, atol=0
        )
        assert losses.total_variation(edge) > 5 * losses.total_variation(slope)

    def test_range(self):
        x = torch.tensor([[-0.5, 0.0, 0.5], [1.0, 1.25, 0.9]]).view(2, 3, 1, 1)
        assert_agrees(losses.range_penalty(x), np.array([0.25 / 3, 0.0625 / 3]))

    def test_dissimilarity_is_scikit_images(self):
        x, y = features(2, 3, 24, 31), features(2, 3, 24, 31, seed=1)
        y = 0.6 * x + 0.4 * y
        expected = []
        for one, other in zip(x, y, strict=True):
            grey, target = (
                np.tensordot([0.299, 0.587, 0.114], picture.double().numpy(), 1) for picture in (one, other)
            )
            similarity = structural_similarity(grey, target, win_size=7, data_range=1.0, use_sample_covariance=False)
            expected.append(1 - similarity)
        assert_agrees(losses.structural_dissimilarity(x, y), expected)

    def test_identity(self):
        x, y = features(2, 3, 6, 7), features(2, 3, 6, 7, seed=1)
        assert_agrees(losses.identity_loss(x, y), ((x.double() - y.double()) ** 2).mean((1, 2, 3)).numpy())
        found = losses.identity_feature_loss({"relu1_1": A, "relu2_1": x}, {"relu2_1": y, "relu1_1": B})
        torch.testing.assert_close(found, losses.content_loss(A, B) + losses.content_loss(x, y))

    @pytest.mark.parametrize(
        "loss",
        [*CONTENT_LOSSES.values(), losses.structural_dissimilarity, losses.identity_loss],
        ids=[*CONTENT_LOSSES, "dissimilarity", "identity"],
    )
    def test_equal_pictures_cost_nothing(self, loss):
        x = features(2, 3, 16, 16)
        torch.testing.assert_close(loss(x, x), torch.zeros(2), rtol=0, atol=1e-5)

    @pytest.mark.parametrize(
        "loss",
        [
            losses.total_variation,
            losses.isotropic_total_variation,
            losses.range_penalty,
            lambda x: losses.structural_dissimilarity(x, TARGET, window=3),
            lambda x: losses.identity_loss(x, TARGET),
            lambda x: losses.identity_feature_loss({"one": x, "two": x**2}, {"one": TARGET, "two": TARGET}),
        ],
        ids=["tv", "isotropic tv", "range", "dissimilarity", "identity", "identity of features"],
    )
    def test_gradient(self, loss):
        pictures = 2 * features(2, 3, 4, 5, dtype=torch.float64) - 0.5
        assert loss(pictures).dtype == torch.float64
        assert torch.autograd.gradcheck(loss, pictures.requires_grad_())

    def test_a_flat_picture_has_a_gradient(self):
        flat = torch.ones(1, 3, 4, 4, requires_grad=True)
        losses.isotropic_total_variation(flat).sum().backward()
        assert flat.grad.isfinite().all()


def test_a_grid_is_found_in_a_ramp_and_among_strokes_and_nothing_else_is():
    torch.manual_seed(0)
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    ramp = ((x + 2 * y) / 255).expand(1, 3, 64, 64)
    strokes = torch.rand(1, 3, 64, 64) * 0.2
    dots = 0.02 * ((x % 4 == 1) & (y % 4 == 2)).float()
    alone, dotted = (losses.grid_penalty(picture).item() for picture in (ramp, ramp + dots))
    assert alone < 1e-7
    assert dotted > 100 * alone
    among = losses.grid_penalty(strokes + 5 * dots).item()
    assert among > 3 * losses.grid_penalty(strokes).item()
