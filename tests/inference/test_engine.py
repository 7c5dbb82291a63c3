from __future__ import annotations

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from impasto import options
from impasto.errors import EngineError, UnknownName, UsageError, WeightsError
from impasto.inference import cache, engine
from impasto.inference.engine import open_engine
from impasto.weights.manifest import ENCODE_STYLE, PAINT, read_manifest

ENGINES = ["openvino", "onnxruntime"]
IDENTITY = np.eye(3, 4, dtype=np.float32)[None]
MEAN = np.array([[0.2, 0.5, 0.9, 0, 0, 0]], np.float32)


def content(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (1, height, width, 3), dtype=np.uint8)


def expected(pixels, mean=MEAN):
    return np.round(0.75 * pixels.astype(np.float32) + 0.25 * 255 * mean[0, :3])


@pytest.fixture(params=ENGINES)
def any_engine(request):
    pytest.importorskip(request.param)
    return open_engine(request.param, precision="fp32", threads=2)


@pytest.fixture
def manifest(toy_model):
    return read_manifest(toy_model)


def test_a_graph_computes_what_it_says(any_engine, manifest):
    pixels = content(64, 96)
    paint = any_engine.open(manifest, PAINT, fixed_shapes=4)
    painted = paint(content=pixels, code=MEAN, recolor=IDENTITY)
    assert painted.dtype == np.uint8
    assert np.abs(painted - expected(pixels)).max() <= 1
    code = any_engine.open(manifest, ENCODE_STYLE)(style=pixels)
    assert np.allclose(code[0, :3], pixels.mean((0, 1, 2)) / 255, atol=1e-5)


def test_many_threads_and_shapes_get_the_answers_of_one(any_engine, manifest):
    """More shapes than are compiled on their own, from more threads than there are processors."""
    paint = any_engine.open(manifest, PAINT, fixed_shapes=2)
    pictures = [content(64 + 8 * (seed % 5), 64, seed) for seed in range(20)]
    alone = [paint(content=one, code=MEAN, recolor=IDENTITY).copy() for one in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: paint(content=one, code=MEAN, recolor=IDENTITY), pictures))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
    assert all(np.abs(one - expected(pixels)).max() <= 1 for one, pixels in zip(alone, pictures, strict=True))


def test_an_answer_outlives_later_calls_and_arguments_may_be_views_or_read_only(any_engine, manifest):
    paint = any_engine.open(manifest, PAINT)
    first = content(64, 64, 1)[:, ::-1]
    code = MEAN.copy()
    code.setflags(write=False)
    answer = paint(content=first, code=code, recolor=IDENTITY)
    kept = answer.copy()
    for seed in range(2, 6):
        paint(content=content(64, 64, seed), code=code, recolor=IDENTITY)
    assert np.array_equal(answer, kept)
    assert np.abs(kept - expected(first)).max() <= 1


def test_a_failing_run_is_an_engine_error(any_engine, manifest):
    paint = any_engine.open(manifest, PAINT)
    with pytest.raises(EngineError, match="fail"):
        paint(content=content(60, 64), code=MEAN, recolor=IDENTITY)


def test_a_damaged_graph_is_never_run(any_engine, make_toy_model, monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "empty"))
    folder = make_toy_model()
    manifest = read_manifest(folder)
    graph = bytearray((folder / ENCODE_STYLE).read_bytes())
    graph[len(graph) // 2] ^= 1
    (folder / ENCODE_STYLE).write_bytes(graph)
    with pytest.raises(WeightsError, match="sha256"):
        any_engine.open(manifest, ENCODE_STYLE)


def test_what_is_no_graph_is_an_engine_error(any_engine, make_toy_model, monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "empty"))
    manifest = read_manifest(make_toy_model())
    monkeypatch.setattr(type(manifest), "read", lambda *_: b"no graph at all")
    with pytest.raises(EngineError, match="cannot run"):
        any_engine.open(manifest, ENCODE_STYLE)


class TestCompiledGraphsOnDisk:
    @pytest.fixture(autouse=True)
    def own_folder(self, monkeypatch, tmp_path):
        pytest.importorskip("openvino")
        self.folder = tmp_path / "compiled"
        monkeypatch.setenv("IMPASTO_CACHE", str(self.folder))

    def paint(self, manifest):
        pixels = content(64, 64)
        graph = open_engine("openvino", precision="fp32").open(manifest, PAINT, fixed_shapes=1)
        assert np.abs(graph(content=pixels, code=MEAN, recolor=IDENTITY) - expected(pixels)).max() <= 1

    def test_the_second_start_compiles_nothing(self, manifest, monkeypatch):
        self.paint(manifest)
        monkeypatch.setattr(type(manifest), "read", lambda *_: pytest.fail("the graph was read again"))
        self.paint(manifest)

    @pytest.mark.parametrize("damage", [lambda data: data[:100], lambda _: b"", lambda data: data[:-1] + b"?"])
    def test_a_damaged_entry_is_made_again(self, manifest, damage):
        self.paint(manifest)
        (entry,) = self.folder.iterdir()
        entry.write_bytes(damage(entry.read_bytes()))
        assert cache.load(entry.stem) is None
        self.paint(manifest)
        assert cache.load(entry.stem) is not None

    def test_an_entry_that_openvino_refuses_is_made_again(self, manifest):
        self.paint(manifest)
        (entry,) = self.folder.iterdir()
        cache.store(entry.stem, b"of another build")
        self.paint(manifest)

    def test_a_folder_that_cannot_be_made_costs_nothing_but_time(self, manifest):
        self.folder.write_text("a file where the folder should be")
        self.paint(manifest)


class TestChoosing:
    def test_the_options_offer_what_there_is(self):
        assert set(options.ENGINES) == {"auto", *engine.ENGINES}
        assert set(options.DEVICES) == {"auto", *(device for devices in engine.DEVICES.values() for device in devices)}

    @pytest.mark.parametrize(
        ("machine", "first"), [("x86_64", "openvino"), ("AMD64", "openvino"), ("arm64", "onnxruntime")]
    )
    def test_openvino_is_preferred_where_it_is_quick(self, monkeypatch, machine, first):
        monkeypatch.setattr(engine.platform, "machine", lambda: machine)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
        assert engine.installed_engines()[0] == first

    @pytest.mark.parametrize("name", ENGINES)
    def test_a_missing_engine_names_the_command_that_installs_it(self, monkeypatch, name):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
        with pytest.raises(EngineError, match=f"pip install {name}$"):
            open_engine(name)
        with pytest.raises(EngineError, match=r"pip install onnxruntime$"):
            open_engine()

    def test_auto_takes_the_next_engine_when_the_first_does_not_work(self, monkeypatch):
        pytest.importorskip("onnxruntime")
        monkeypatch.setattr(engine, "installed_engines", lambda: ("openvino", "onnxruntime"))

        def broken(*_):
            raise EngineError("its library is missing")

        monkeypatch.setitem(engine.OPENERS, "openvino", broken)
        assert open_engine().name == "onnxruntime"

    def test_unknown_names_are_refused(self):
        with pytest.raises(UnknownName, match="did you mean 'openvino'"):
            open_engine("openvin")
        with pytest.raises(UnknownName, match="did you mean 'cuda'"):
            open_engine(device="cudas")

    def test_an_engine_without_the_device_is_refused(self):
        with pytest.raises(UsageError, match="openvino has no device 'cuda'"):
            open_engine("openvino", device="cuda")

    @pytest.mark.parametrize(("device", "package"), [("cuda", "onnxruntime-gpu"), ("directml", "onnxruntime-directml")])
    def test_a_missing_provider_names_the_package_that_has_it(self, monkeypatch, device, package):
        library = pytest.importorskip("onnxruntime")
        monkeypatch.setattr(library, "get_available_providers", lambda: ["CPUExecutionProvider"])
        with pytest.raises(EngineError, match=f"pip install {package}$"):
            open_engine(device=device)

    def test_an_absent_gpu_is_an_engine_error(self):
        opened = pytest.importorskip("openvino") and open_engine("openvino")
        if "gpu" in opened.devices():
            pytest.skip("this machine has one")
        with pytest.raises(EngineError, match="finds no gpu"):
            open_engine(device="gpu")


class TestNoTelemetry:
    """OpenVINO's package announces each import; nothing we load may contain that code."""

    def run(self, code, home):
        # Python's own variables stay; the home folder is where telemetry keeps its files.
        environment = {"HOME": str(home), "USERPROFILE": str(home), "IMPASTO_CACHE": str(home / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=home
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    @pytest.fixture(autouse=True)
    def needs_openvino(self):
        pytest.importorskip("openvino")

    def test_painting_imports_the_bindings_only(self, toy_model, tmp_path):
        code = f"""
import sys, numpy
from impasto import Stylizer
stylizer = Stylizer.load({str(toy_model)!r}, engine="openvino")
stylizer.stylize(numpy.zeros((9, 9, 3), numpy.uint8), "dusk")
print(*(name for name in sys.modules if name.startswith("openvino")))
"""
        loaded = self.run(code, tmp_path)
        assert all(name.startswith("openvino._pyopenvino") for name in loaded)
        assert not (tmp_path / "intel").exists()

    def test_the_public_package_still_works_beside_us(self, tmp_path):
        code = """
from impasto.inference.engine import open_engine
ours = open_engine("openvino")
import openvino
from openvino._pyopenvino import Core
assert Core is ours._bindings.Core
print(type(openvino.Core()).__name__)
"""
        assert self.run(code, tmp_path) == ["Core"]

    def test_where_only_the_package_can_be_imported_its_telemetry_is_shut_out(self, tmp_path):
        code = """
import sys
from impasto.inference import openvino_engine
openvino_engine._import_alone = lambda: None
bindings = openvino_engine._import_bindings()
assert "openvino" in sys.modules and bindings.Core
print(*(name for name in sys.modules if name.split(".")[0] == "openvino_telemetry"))
"""
        assert self.run(code, tmp_path) == []
        assert not (tmp_path / "intel").exists()


@pytest.mark.parametrize("fixed_shapes", [4, frozenset({(64, 96)})])
@pytest.mark.parametrize("name", ENGINES)
def test_streams_give_equal_outputs_whatever_their_number(name, manifest, fixed_shapes):
    pytest.importorskip(name)
    pixels = content(64, 96)
    inputs = {"code": MEAN, "recolor": IDENTITY}
    outputs = []
    for streams in (1, 2, 3):
        graph = open_engine(name, streams=streams).open(manifest, PAINT, fixed_shapes=fixed_shapes)
        with ThreadPoolExecutor(4) as pool:
            outputs += pool.map(lambda _, graph=graph: graph(content=pixels, **inputs), range(8))
    assert all(np.array_equal(one, outputs[0]) for one in outputs)


def test_only_the_shapes_that_are_named_are_compiled_for(manifest, monkeypatch):
    pytest.importorskip("openvino")
    engine = open_engine("openvino", streams=1)
    compiled = []
    compile_for = engine._compiled
    monkeypatch.setattr(
        engine, "_compiled", lambda *given, **named: compiled.append(given[2]) or compile_for(*given, **named)
    )
    graph = engine.open(manifest, PAINT, fixed_shapes=frozenset({(64, 96), (96, 64)}))
    for height, width in ((32, 32), (64, 96), (64, 64), (64, 96)):
        graph(content=content(height, width), code=MEAN, recolor=IDENTITY)
    assert [shapes and dict(shapes)["content"] for shapes in compiled] == [None, (1, 64, 96, 3)]
