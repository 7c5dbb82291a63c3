"""Folders of any files become batches that depend on the seed and the step alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from impasto.errors import TrainingError
from impasto.training.data import Batches, PictureFolder, StyleView, middle, random_view


@pytest.fixture
def folder(tmp_path):
    return tmp_path


class TestReading:
    def test_pictures_come_in_the_order_of_their_names_from_any_depth(self, folder, draw):
        (folder / "b").mkdir()
        for index, name in enumerate(["c.png", "b/x.bmp", "a.webp"]):
            Image.fromarray(draw(index, 80 + index, 90)).save(folder / name, lossless=True)
        found = PictureFolder.load(folder)
        assert [len(pixels) for pixels in found.pictures] == [82, 81, 80]
        np.testing.assert_array_equal(found.pictures[2], draw(0, 80, 90))
        assert found.skipped == []

    def test_what_cannot_be_used_is_skipped_and_told_of(self, folder, draw):
        picture = Image.fromarray(draw(0, 100, 120))
        picture.save(folder / "good.jpg")
        picture.save(folder / "truncated.jpg")
        (folder / "truncated.jpg").write_bytes((folder / "good.jpg").read_bytes()[:700])
        (folder / "empty.png").touch()
        (folder / "text.jpg").write_text("no picture")
        (folder / "notes.txt").write_text("no picture")
        (folder / "gone.jpg").symlink_to(folder / "nowhere")
        (folder / "sub").mkdir()
        Image.fromarray(draw(1, 63, 200)).save(folder / "sub" / "tiny.png")
        Image.fromarray(draw(1, 1, 500)).save(folder / "sub" / "line.png")
        # Pillow would hand this to Ghostscript.
        (folder / "program.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n")
        found = PictureFolder.load(folder)
        assert len(found) == 1
        reasons = dict(line.split(": ", 1) for line in found.skipped)
        assert list(reasons) == [
            "empty.png",
            "gone.jpg",
            "notes.txt",
            "program.jpg",
            "sub/line.png",
            "sub/tiny.png",
            "text.jpg",
            "truncated.jpg",
        ]
        assert reasons["notes.txt"] == "it is no picture file"
        assert reasons["text.jpg"] == "it is no picture, or a damaged one"
        assert reasons["sub/tiny.png"] == "200×63 px is too small"
        assert "damaged" in reasons["truncated.jpg"]

    def test_a_limit_counts_picture_files(self, folder, draw):
        (folder / "0.txt").touch()
        for index in range(3):
            Image.fromarray(draw(index, 64, 64)).save(folder / f"{index}.png")
        assert len(PictureFolder.load(folder, limit=2)) == 2

    def test_large_pictures_are_kept_with_a_short_side_of_512(self, folder, draw):
        Image.fromarray(draw(0, 600, 900)).save(folder / "a.jpg")
        Image.fromarray(draw(0, 1200, 2100)).save(folder / "b.jpg")
        assert [one.shape for one in PictureFolder.load(folder).pictures] == [(512, 768, 3), (512, 896, 3)]

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda folder: folder / "nowhere", "is not a folder"),
            (lambda folder: folder, "holds no files"),
            (lambda folder: (folder / "a.jpg").touch() or folder, "holds 1 files, none of them usable"),
        ],
        ids=["absent", "empty", "unusable"],
    )
    def test_a_folder_without_pictures_is_refused(self, folder, make, message):
        with pytest.raises(TrainingError, match=message):
            PictureFolder.load(make(folder))


class TestKinds:
    """A file's colours arrive as painting would see them."""

    @pytest.fixture
    def colors(self, draw):
        return draw(5, 64, 80)

    def loaded(self, folder):
        (pixels,) = PictureFolder.load(folder).pictures
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        return pixels.astype(int)

    def test_what_shows_a_little_counts_as_it_is(self, folder, colors):
        alpha = np.full(colors.shape[:2], 60, np.uint8)
        Image.fromarray(np.dstack([colors, alpha])).save(folder / "a.png")
        np.testing.assert_array_equal(self.loaded(folder), colors)

    def test_palettes(self, folder, colors):
        palette = Image.fromarray(colors).quantize(64)
        palette.info["transparency"] = 3
        palette.save(folder / "a.png")
        assert np.abs(self.loaded(folder) - colors).mean() < 16

    def test_16_bits_are_scaled_instead_of_clipped(self, folder, colors):
        grey = colors[..., 0]
        Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "a.png")
        np.testing.assert_array_equal(self.loaded(folder), grey[..., None].repeat(3, 2))

    def test_grey(self, folder, colors):
        Image.fromarray(colors[..., 1]).save(folder / "a.png")
        np.testing.assert_array_equal(self.loaded(folder), colors[..., [1, 1, 1]])

    def test_cmyk(self, folder):
        teal = np.zeros((64, 64, 4), np.uint8) + np.array([255, 0, 0, 127], np.uint8)
        Image.fromarray(teal, mode="CMYK").save(folder / "a.jpg", quality=95)
        assert np.abs(self.loaded(folder) - [0, 128, 128]).max() < 6

    def test_a_turned_photo_is_set_upright(self, folder, colors):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        Image.fromarray(colors).save(folder / "a.png", exif=exif)
        np.testing.assert_array_equal(self.loaded(folder), np.rot90(colors, -1))

    def test_profiles_are_converted_and_damaged_ones_ignored(self, folder, colors):
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        Image.fromarray(colors).save(folder / "a.png", icc_profile=srgb)
        Image.fromarray(colors).save(folder / "b.png", icc_profile=b"damaged")
        first, second = PictureFolder.load(folder).pictures
        assert np.abs(first.astype(int) - colors).max() <= 2
        np.testing.assert_array_equal(second, colors)


class TestViews:
    def test_a_view_of_any_picture_has_the_side_asked_for(self, draw):
        rng = np.random.default_rng(0)
        for shape in ((64, 64), (64, 300), (512, 70)):
            for side in (32, 64, 256):
                view = random_view(draw(0, *shape), side, rng)
                assert (view.shape, view.dtype) == ((side, side, 3), np.uint8)

    def test_views_differ_and_are_flipped_half_of_the_time(self):
        ramp = np.arange(128, dtype=np.uint8)[None, :, None].repeat(128, 0).repeat(3, 2)
        views = [random_view(ramp, 32, np.random.default_rng(seed)) for seed in range(200)]
        flipped = sum(int(view[0, 0, 0] > view[0, -1, 0]) for view in views)
        assert 70 < flipped < 130
        # The window is never smaller than half of the side: more enlargement would train on blur.
        spans = [abs(int(view[0, 0, 0]) - int(view[0, -1, 0])) for view in views]
        assert min(spans) >= 12
        assert max(spans) > 110

    def test_the_middle(self, draw):
        picture = draw(0, 70, 100)
        np.testing.assert_array_equal(middle(picture, 70), picture[:, 15:85])
        assert middle(picture, 32).shape == (32, 32, 3)


@pytest.fixture
def batches(picture_folders):
    folders = map(PictureFolder.load, picture_folders)
    return Batches(*folders, seed=3, style_views=2, identity_fraction=0.3, photo_style_fraction=0.2)


def assert_same(first, second):
    np.testing.assert_array_equal(first.content, second.content)
    np.testing.assert_array_equal(first.identity, second.identity)
    assert first.styles == second.styles


class TestBatches:
    def test_a_batch_is_a_function_of_seed_and_step(self, batches, picture_folders):
        again = Batches(*map(PictureFolder.load, picture_folders), 3, 2, 0.3, 0.2)
        for step in (7, 0, 7):
            assert_same(batches.draw(step, 4, 64), again.draw(step, 4, 64))

    def test_steps_and_seeds_differ(self, batches):
        other = Batches(batches.content, batches.style, 4, 2, 0.3, 0.2)
        first = batches.draw(0, 4, 64).content
        assert not np.array_equal(first, batches.draw(1, 4, 64).content)
        assert not np.array_equal(first, other.draw(0, 4, 64).content)

    def test_shapes(self, batches):
        batch = batches.draw(0, 5, 96)
        assert (batch.content.shape, batch.content.dtype) == ((5, 96, 96, 3), np.uint8)
        assert batch.identity.shape == (5,)
        assert len(batch.styles) == 5

    def test_kinds_of_pairs_come_as_often_as_asked(self, batches):
        batch = batches.draw(0, 4000, 32)
        photos = np.array([style.index >= len(batches.style) for style in batch.styles])
        assert abs(batch.identity.mean() - 0.3) < 0.03
        assert abs(photos[batch.identity].mean() - 0.5) < 0.05
        assert abs((photos & ~batch.identity).mean() - 0.2) < 0.03
        assert {style.index for style in batch.styles} == set(range(6))
        assert {style.view for style in batch.styles} == {0, 1}

    def test_identity_pairs_are_one_picture(self, batches):
        batch = batches.draw(1, 40, Batches.STYLE_SIDE)
        assert batch.identity.any()
        for content, style, identity in zip(batch.content, batch.styles, batch.identity, strict=True):
            assert np.array_equal(content, batches.style_pixels(style)) == identity

    def test_smaller_identity_pairs_are_a_part_of_it(self, batches):
        batch = batches.draw(1, 40, 64)
        for content, style in [
            (content, style)
            for content, style, identity in zip(batch.content, batch.styles, batch.identity, strict=True)
            if identity
        ]:
            windows = np.lib.stride_tricks.sliding_window_view(batches.style_pixels(style), (64, 64, 3))[:, :, 0]
            corners = np.argwhere((windows[:, :, 0, 0] == content[0, 0]).all(-1))
            assert any(np.array_equal(windows[top, left], content) for top, left in corners)

    def test_a_style_view_is_fixed(self, batches):
        view = StyleView(1, 1)
        np.testing.assert_array_equal(batches.style_pixels(view), batches.style_pixels(view))
        assert not np.array_equal(batches.style_pixels(view), batches.style_pixels(StyleView(1, 0)))

    def test_photos_follow_the_artworks(self, batches):
        pixels = batches.style_pixels(StyleView(3, 0))
        expected = random_view(batches.content.pictures[0], Batches.STYLE_SIDE, np.random.default_rng([3, 1, 3, 0]))
        np.testing.assert_array_equal(pixels, expected)


def test_what_is_hidden_under_transparency_is_not_trained_on(tmp_path):
    pixels = np.full((80, 90, 4), (200, 40, 40, 255), np.uint8)
    pixels[:, 45:] = (0, 255, 0, 0)
    Image.fromarray(pixels, "RGBA").save(tmp_path / "cut.png")
    (picture,) = PictureFolder.load(tmp_path).pictures
    assert (picture == (200, 40, 40)).all()
