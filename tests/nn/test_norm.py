import torch

from impasto.nn.norm import ConditionalInstanceNorm, _HalfNorm


def test_maps_get_the_means_and_deviations_that_the_code_asks_for():
    torch.manual_seed(0)
    norm = ConditionalInstanceNorm(8, 5)
    code = torch.randn(3, 5)
    scale, shift = norm.affine(code).chunk(2, dim=1)
    y = norm(3 + 2 * torch.randn(3, 8, 16, 12), code)
    assert torch.allclose(y.mean((2, 3)), shift, atol=1e-5)
    assert torch.allclose(y.std((2, 3), correction=0), (1 + scale).abs(), atol=1e-4)


def test_half_precision_maps_stay_half_and_agree():
    torch.manual_seed(0)
    norm = ConditionalInstanceNorm(8, 5)
    code = torch.randn(3, 5)
    x = (1 + torch.randn(3, 8, 16, 12)).to(memory_format=torch.channels_last)
    half = norm(x.bfloat16(), code)
    assert half.dtype == torch.bfloat16
    assert half.is_contiguous(memory_format=torch.channels_last)
    assert (half.float() - norm(x, code)).abs().mean() < 0.01


def test_the_gradient_of_the_half_precision_norm_is_that_of_its_formula():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    scale, shift = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(_HalfNorm.apply, (x, scale, shift))
