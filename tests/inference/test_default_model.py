"""The shipped model, as it is shipped."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from skimage import data

from impasto.image.resize import resize
from impasto.inference.engine import ENGINES
from impasto.inference.stylizer import Stylizer
from impasto.weights.catalog import find_model


@pytest.fixture(scope="module")
def stylizer():
    return Stylizer.load(threads=2)


@pytest.fixture(scope="module")
def photo():
    return resize(data.astronaut(), 192, 192)


@pytest.fixture(scope="module")
def artwork():
    return data.coffee()


def test_its_files_are_whole_and_small():
    manifest = find_model("default")
    sizes = {file: len(manifest.read(file)) for file in manifest.files}
    learnt = {file: size for file, size in sizes.items() if file.startswith("presets/learnt/")}
    assert sum(sizes.values()) - sum(learnt.values()) <= 12e6
    assert max(learnt.values()) <= 400e3
    assert manifest.training
    assert manifest.quality


def test_it_paints(stylizer, photo, artwork):
    code = stylizer.encode_style(artwork)
    pastiche = stylizer.stylize(photo, code)
    assert pastiche.shape == photo.shape
    assert pastiche.dtype == np.uint8
    assert np.abs(pastiche.astype(int) - photo).mean() > 5
    assert np.array_equal(stylizer.stylize(photo, code), pastiche)


def test_it_takes_on_the_styles_colours(stylizer, photo, artwork):
    pastiche = stylizer.stylize(photo, artwork)
    means = [picture.mean((0, 1)) for picture in (pastiche, artwork, photo)]
    assert np.abs(means[0] - means[1]).sum() < np.abs(means[0] - means[2]).sum()


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (500, 2), (65, 63), (120, 201)])
def test_any_content_and_style_will_do(stylizer, shape):
    picture = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    code = stylizer.encode_style(np.resize(picture, (20, 20, 3)) if picture.size < 768 else picture)
    assert np.isfinite(code).all()
    assert stylizer.stylize(picture, code).shape == picture.shape


def test_strength_grows_from_the_photo_itself(stylizer, photo, artwork):
    distances = [
        np.abs(stylizer.stylize(photo, artwork, strength=strength).astype(int) - photo).mean()
        for strength in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert len(set(distances)) == len(distances)


def test_engines_agree(photo, artwork):
    for engine in ENGINES:
        pytest.importorskip(engine)
    stylizers = [Stylizer.load(engine=engine, precision="fp32", threads=2) for engine in ENGINES]
    codes = [stylizer.encode_style(artwork) for stylizer in stylizers]
    assert np.abs(codes[0] - codes[1]).mean() < 1e-3 * np.abs(codes[0]).mean()
    painted = [stylizer.stylize(photo, codes[0]).astype(int) for stylizer in stylizers]
    assert np.abs(painted[0] - painted[1]).mean() < 0.255


def test_its_presets_are_many_named_and_shown(stylizer, photo):
    presets = stylizer.presets
    assert len({preset.name for preset in presets}) == len(presets) >= 24
    pastiches = set()
    for preset in presets:
        assert preset.title
        assert preset.artist
        assert preset.year
        with Image.open(BytesIO(preset.thumbnail.read_bytes())) as thumbnail:
            assert thumbnail.format == "WEBP"
        pastiches.add(stylizer.stylize(photo, preset.name).tobytes())
    assert len(pastiches) == len(presets)
