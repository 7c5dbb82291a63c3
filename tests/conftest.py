"""What tests of several rooms need.

A toy model of the shipped one's interface, so that tests of painting depend on no trained weights; and for the studio a
tiny run and its model, made once.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

if "PYTEST_XDIST_WORKER" in os.environ:
    # Threads of two processes that share two cores wait for one another; set before torch is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

TOY_CODE_SIZE = 6
TOY_PRESETS = ("dusk", "noon", "sea-foam")

# The code: the mean and spread of the style's channels.
TOY_ENCODE_STYLE = """
<ir_version: 8, opset_import: ["" : 18]>
encode_style (uint8[1,h,w,3] style) => (float[1,6] code)
<float full = {255.0}, int64[2] pixels = {1, 2}>
{
  raw = Cast <to: int = 1> (style)
  x = Div(raw, full)
  mean = ReduceMean <keepdims: int = 0> (x, pixels)
  square = Mul(x, x)
  mean_square = ReduceMean <keepdims: int = 0> (square, pixels)
  squared_mean = Mul(mean, mean)
  difference = Sub(mean_square, squared_mean)
  variance = Abs(difference)
  deviation = Sqrt(variance)
  code = Concat <axis: int = 1> (mean, deviation)
}
"""

# The pastiche: three quarters of the recoloured content, one quarter of the code's mean colour. It passes through
# blocks of 8×8 pixels, and so fails where a side is no multiple of 8.
TOY_PAINT = """
<ir_version: 8, opset_import: ["" : 18]>
paint (uint8[1,h,w,3] content, float[1,6] code, float[1,3,4] recolor) => (uint8[1,h,w,3] pastiche)
<float full = {255.0}, float half = {0.5}, float content_share = {0.75}, float code_share = {0.25},
 float zero = {0.0}, int64[1] begin = {0}, int64[1] three = {3}, int64[1] four = {4}, int64[1] last = {2},
 int64[1] columns = {1}, int64[4] flat = {1, 1, 1, 3}>
{
  raw = Cast <to: int = 1> (content)
  x = Div(raw, full)
  planes = Transpose <perm: ints = [0, 3, 1, 2]> (x)
  blocks = SpaceToDepth <blocksize: int = 8> (planes)
  whole = DepthToSpace <blocksize: int = 8> (blocks)
  pixels = Transpose <perm: ints = [0, 2, 3, 1]> (whole)
  matrix = Slice(recolor, begin, three, last)
  offset = Slice(recolor, three, four, last)
  transposed = Transpose <perm: ints = [0, 2, 1]> (matrix)
  turned = MatMul(pixels, transposed)
  offset_row = Reshape(offset, flat)
  moved = Add(turned, offset_row)
  mean = Slice(code, begin, three, columns)
  mean_row = Reshape(mean, flat)
  one = Mul(moved, content_share)
  other = Mul(mean_row, code_share)
  mixed = Add(one, other)
  scaled = Mul(mixed, full)
  clipped = Clip(scaled, zero, full)
  raised = Add(clipped, half)
  pastiche = Cast <to: int = 2> (raised)
}
"""


def write_toy_model(folder, *, name="toy", other_encoder=False, presets=TOY_PRESETS):
    """Write a whole model folder; another encoder is one whose codes mean something else."""
    encode_style = TOY_ENCODE_STYLE.replace("255.0", "254.0") if other_encoder else TOY_ENCODE_STYLE
    parser = pytest.importorskip("onnx.parser")
    (folder / "presets" / "thumbs").mkdir(parents=True)
    (folder / "encode_style.onnx").write_bytes(parser.parse_model(encode_style).SerializeToString())
    (folder / "paint.onnx").write_bytes(parser.parse_model(TOY_PAINT).SerializeToString())
    files = ["encode_style.onnx", "paint.onnx"]
    if presets:
        colors = np.linspace(0.2, 0.8, len(presets))[:, None] * np.array([1.0, 0.8, 0.5])
        spread = np.full((len(presets), 3), 0.1)
        covariances = np.tile(0.02 * np.eye(3).ravel(), (len(presets), 1))
        codes = np.concatenate([colors, spread, colors, covariances], axis=1).astype(np.float32)
        np.save(folder / "presets" / "codes.npy", codes)
        table = [
            {"name": one, "title": one.title(), "artist": "Nobody", "year": "c. 1900", "file": f"thumbs/{one}.webp"}
            for one in presets
        ]
        (folder / "presets" / "presets.json").write_text(json.dumps(table), encoding="utf-8")
        files.append("presets/codes.npy")
    entries = {
        "name": name,
        "interface": 1,
        "code_size": TOY_CODE_SIZE,
        "multiple": 8,
        "minimum": 64,
        "style_size": 64,
        "style_side": "short",
        "licence": "Apache-2.0",
        "files": {file: _entry(folder / file) for file in files},
        "training": {},
        "quality": {},
    }
    (folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def _entry(path):
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


@pytest.fixture(scope="session")
def made_up_style():
    """A learnt style of the default model that nobody has learnt: it paints with other weights, of no use."""
    from impasto.weights.catalog import find_model
    from impasto.weights.difference import Difference, LearntCode
    from impasto.weights.manifest import PAINT
    from impasto.weights.presets import read_presets

    manifest = find_model("default")
    rng = np.random.default_rng(8)
    left, right = (rng.normal(0, 0.04, shape).astype(np.float32) for shape in ((384, 4), (4, 192)))
    factors = {"painter.down.conv.weight": (left, right)}
    added = {"affine.bias": rng.normal(0, 1, 3328).astype(np.float32)}
    difference = Difference(manifest.sha256(PAINT), factors, added)
    numbers = read_presets(manifest).codes[0].astype(np.float32)
    return LearntCode(numbers, ((Difference.from_arrays(difference.as_arrays()), 1.0),))


@pytest.fixture(scope="session")
def toy_model(tmp_path_factory):
    """The folder of the toy model; not to be changed."""
    return write_toy_model(tmp_path_factory.mktemp("models") / "toy")


@pytest.fixture
def make_toy_model(tmp_path):
    """Writes a toy model of one's own, to be changed at will."""

    def make(folder="model", **details):
        return write_toy_model(tmp_path / folder, **details)

    return make


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep compiled graphs out of the user's cache, and the user's out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def photo():
    """A small picture with structure and colour, uint8 72×104×3."""
    rows, columns = np.mgrid[0:72, 0:104]
    planes = [rows * 3, columns * 2, (rows + columns) * 4 % 256]
    return np.stack(planes, axis=-1).astype(np.uint8)


# A network and a run so small that training, exporting and painting take a second each.
TINY_OPTIONS = {
    "steps": 6,
    "batch": 1,
    "crop": 64,
    "small_crop": 32,
    "small_fraction": 0.5,
    "identity_fraction": 0.3,
    "photo_style_fraction": 0.2,
    "style_views": 1,
    "code_size": 8,
    "width": 8,
    "bottleneck": 8,
    "blocks": 1,
    "quarter_blocks": 1,
    "deep": 0,
    "grain": 1,
    "low_frequency": 8,
}


def drawn(seed, height, width):
    """A made-up picture with edges, waves and a little noise, uint8 h×w×3."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin((x * a + y * b) / 4) for a, b in rng.uniform(-1, 1, (3, 2))], axis=-1)
    waves[height // 3 :, width // 2 :] *= -1
    return np.clip(127 + 100 * waves + rng.normal(0, 9, waves.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def draw():
    """Makes a picture: ``draw(seed, height, width)``, uint8 h×w×3."""
    return drawn


@pytest.fixture(scope="session")
def picture_folders(tmp_path_factory):
    """Folders of three photos and three artworks of 96 to 160 px; not to be changed."""
    folders = []
    for role, name in enumerate(("photos", "artworks")):
        folder = tmp_path_factory.mktemp(name)
        for index in range(3):
            Image.fromarray(drawn([role, index], 96 + 32 * index, 160 - 16 * index)).save(folder / f"{index}.png")
        folders.append(folder)
    return tuple(folders)


@pytest.fixture(scope="session")
def tiny_options():
    """Options of a tiny run, as keywords."""
    return dict(TINY_OPTIONS)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, picture_folders):
    """The folder of a tiny run that was trained without a pause; not to be changed."""
    from impasto.training.config import DefaultTrainOptions
    from impasto.training.session import Session

    run = tmp_path_factory.mktemp("runs") / "tiny"
    for _ in Session.start(*picture_folders, run, DefaultTrainOptions(**TINY_OPTIONS)).train():
        pass
    return run


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, tiny_run):
    """The folder of the tiny run's model; not to be changed."""
    from impasto.export.model_folder import export_run

    folder = tmp_path_factory.mktemp("exports") / "tiny"
    export_run(tiny_run, folder, name="tiny")
    return folder


# Networks of the literature's systems so small that a step takes a few hundredths of a second.
TINY_FAMILIES = {
    "johnson": {"width": 4, "blocks": 1, "norm": "batch"},
    "cin": {"width": 4, "blocks": 1},
    "adain": {"width": 8},
    "ghiasi": {"width": 4, "blocks": 1, "predictor": "mobilenet", "predictor_width": 0.25, "embedding": 8},
    "stytr2": {
        "width": 16,
        "heads": 2,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "hidden": 16,
        "decoder_width": 4,
        "style_size": 64,
        "dropout": 0.1,
        "identity_every": 2,
    },
}


@pytest.fixture(scope="session")
def start_family(picture_folders):
    """Begins a tiny run: ``start_family(name, run, **options)`` gives its session; johnson's style is one artwork."""
    from impasto.training import session
    from impasto.training.families import FAMILIES

    load_once = functools.cache(session.load_vgg19)  # which takes longer than a tiny run's steps

    def start(name, run, *, validation=None, base=None, **changes):
        common = {"steps": 6, "batch": 1, "crop": 64, "learning_rate": 3e-3, "warm_up": 2, "preview_steps": 0}
        options = FAMILIES[name].options(**{**common, **TINY_FAMILIES[name], **changes})
        photos, artworks = picture_folders
        style = artworks / "1.png" if name == "johnson" else artworks
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "load_vgg19", load_once)
            return session.Session.start(photos, style, run, options, validation=validation, base=base)

    return start


@pytest.fixture(scope="session")
def family_runs(tmp_path_factory, start_family):
    """The folder of a tiny run of each family, by name, trained without a pause when first asked for; not to change."""
    folder = tmp_path_factory.mktemp("families")

    class Runs(dict):
        def __missing__(self, name):
            for _ in start_family(name, folder / name).train():
                pass
            self[name] = folder / name
            return self[name]

    return Runs()


@pytest.fixture(scope="session")
def family_models(tmp_path_factory, family_runs):
    """The folder of the model of each family's tiny run, by name; not to be changed."""
    from impasto.export import family_folder
    from impasto.export.model_folder import export_run

    folder = tmp_path_factory.mktemp("family-models")

    class Models(dict):
        def __missing__(self, name):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(family_folder, "paint_milliseconds", lambda _: {"milliseconds_512": 41.5})
                export_run(family_runs[name], folder / name, name=f"my-{name}")
            self[name] = folder / name
            return self[name]

    return Models()


@pytest.fixture
def file_size_limit():
    """A context in which no file grows beyond so many bytes, which is as good as a full disk.

    As short as can be: the limit holds for the file that pytest's own output may go to as well.
    """
    resource = pytest.importorskip("resource")  # Unix has it

    @contextmanager
    def limited(size):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
