"""The discriminator of patches, on a style of stripes."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import ImageError
from impasto.losses.adversarial import PatchDiscriminator


def stripes(side=32, dtype=torch.float32):
    return ((torch.arange(side) // 3) % 2).to(dtype).expand(1, 3, side, side).contiguous()


def noise(count=2, side=32, dtype=torch.float32):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(0), dtype=dtype)


def trained(seed=0, steps=2):
    found = PatchDiscriminator(stripes(), seed)
    return found, [found.update(noise()) for _ in range(steps)]


@pytest.fixture(scope="module")
def learned():
    return trained(steps=40)


def test_it_learns_to_tell_the_style_from_others(learned):
    discriminator, history = learned
    assert history[-1] < 0.1 < history[0]
    assert discriminator.loss(stripes()) < 0.2 * discriminator.loss(noise()).min()


def test_the_loss_is_one_value_a_picture_and_leads_towards_the_style(learned):
    discriminator, _ = learned
    pictures = noise().requires_grad_()
    before = discriminator.loss(pictures)
    assert before.shape == (2,)
    assert before.dtype == torch.float32
    before.sum().backward()
    after = discriminator.loss(pictures.detach() - 0.02 * pictures.grad.sign())
    assert (after < before).all()


def test_the_loss_trains_nothing_and_repeats():
    discriminator, _ = trained()
    pictures = noise().requires_grad_()
    first = discriminator.loss(pictures)
    first.sum().backward()
    torch.testing.assert_close(discriminator.loss(pictures), first, rtol=0, atol=0)
    assert discriminator.update(pictures) == trained()[0].update(noise())


def test_gradient():
    discriminator = PatchDiscriminator(stripes(20, torch.float64), 0)
    pictures = noise(1, 19, torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(discriminator.loss, pictures, fast_mode=True)


def test_a_seed_repeats_the_training_and_another_does_not():
    assert trained(3)[1] == trained(3)[1]
    assert trained(3)[1] != trained(4)[1]


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    trained()
    assert torch.equal(torch.get_rng_state(), before)


def test_its_state_continues_the_training_exactly():
    first, _ = trained()
    second = PatchDiscriminator(stripes(), 9)
    second.load_state_dict(first.state_dict())
    assert first.update(noise()) == second.update(noise())
    assert torch.equal(first.loss(noise()), second.loss(noise()))


def test_pictures_larger_than_a_crop_and_of_another_size_than_the_style():
    discriminator, _ = trained()
    large = noise(1, 150)
    assert discriminator.update(large[..., :140]) > 0
    assert discriminator.loss(large[..., :140]).isfinite().all()


def test_bfloat16_pictures():
    discriminator, _ = trained()
    assert discriminator.loss(noise().bfloat16()).dtype == torch.float32


def test_a_style_smaller_than_a_patch_is_refused():
    with pytest.raises(ImageError, match="17×17 pixels is too small for the adversarial loss"):
        PatchDiscriminator(stripes(17), 0)
