"""A model's graphs in OpenVINO's own format, for devices and programs that take no ONNX."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from impasto.errors import EngineError, TrainingError
from impasto.export.folder import GRAPHS, IR
from impasto.weights.manifest import read_manifest

__all__ = ["write_ir"]


def write_ir(folder: Path) -> list[Path]:
    """Write ``openvino/GRAPH.xml`` and ``.bin``, weights in half precision, for every graph of a model's folder.

    Inputs, outputs and what they mean are the manifest's; height and width stay free. What is there is replaced.

    Returns:
        the .xml files.

    Raises:
        EngineError: OpenVINO is not installed, or does not take a graph.
        WeightsError: the folder's model is missing or damaged.
        TrainingError: the folder cannot be written.
    """
    try:
        import openvino
    except ImportError as error:
        raise EngineError("OpenVINO is not installed; run: pip install openvino") from error
    manifest = read_manifest(folder)
    building, target = folder / f".impasto-{uuid.uuid4().hex[:12]}.part", folder / IR
    try:
        building.mkdir()
        names = [Path(file).stem for file in GRAPHS if file in manifest.files]
        core = openvino.Core()
        for name in names:
            graph = core.read_model(manifest.graph(f"{name}.onnx"))
            openvino.save_model(graph, building / f"{name}.xml", compress_to_fp16=True)
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
    except RuntimeError as error:  # OpenVINO's only kind
        raise EngineError(f"OpenVINO cannot convert {folder}: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise TrainingError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return [target / f"{name}.xml" for name in names]
