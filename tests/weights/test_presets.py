from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from impasto.errors import UnknownName, WeightsError
from impasto.weights.manifest import read_manifest
from impasto.weights.presets import CODES, read_presets


def replace_codes(folder, codes):
    """Change the codes and, so that only their content is wrong, the manifest as well."""
    np.save(folder / CODES, codes, allow_pickle=True)
    data = (folder / CODES).read_bytes()
    path = folder / "manifest.json"
    entries = json.loads(path.read_text())
    entries["files"][CODES] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    path.write_text(json.dumps(entries))


@pytest.fixture
def folder(make_toy_model):
    return make_toy_model()


def test_presets_have_names_and_codes(folder):
    (folder / "presets" / "thumbs" / "noon.webp").write_bytes(b"a picture")
    presets = read_presets(read_manifest(folder))
    assert [(one.name, one.year) for one in presets.entries][:2] == [("dusk", "c. 1900"), ("noon", "c. 1900")]
    assert presets.entries[0].thumbnail is None
    assert presets.entries[1].thumbnail == folder / "presets" / "thumbs" / "noon.webp"
    assert presets.code("noon").dtype == np.float32
    assert np.array_equal(presets.code("noon"), np.load(folder / CODES)[1])


def test_codes_may_be_stored_as_float16(folder):
    codes = np.load(folder / CODES)
    replace_codes(folder, codes.astype(np.float16))
    assert np.allclose(read_presets(read_manifest(folder)).codes, codes, atol=1e-3)


def test_codes_cannot_be_changed(folder):
    with pytest.raises(ValueError, match="read-only"):
        read_presets(read_manifest(folder)).code("noon")[0] = 1


def test_a_model_may_have_none(make_toy_model):
    presets = read_presets(read_manifest(make_toy_model(presets=())))
    assert presets.entries == ()
    with pytest.raises(UnknownName, match="no style named 'noon'"):
        presets.code("noon")


def test_near_misses_are_suggested(folder):
    with pytest.raises(UnknownName, match="did you mean 'sea-foam'"):
        read_presets(read_manifest(folder)).code("sea-form")


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros((2, 18), np.float32),
        np.zeros((3, 17), np.float32),
        np.full((3, 18), np.nan, np.float32),
        np.array([{"a": 1}] * 3, dtype=object),
    ],
)
def test_codes_that_do_not_fit_are_refused(folder, codes):
    replace_codes(folder, codes)
    with pytest.raises(WeightsError, match="presets"):
        read_presets(read_manifest(folder))


@pytest.mark.parametrize("table", ["", "{}", '[{"name": "dusk"}]', "[1, 2, 3]"])
def test_a_table_that_is_damaged_is_refused(folder, table):
    (folder / "presets" / "presets.json").write_text(table)
    with pytest.raises(WeightsError, match="presets"):
        read_presets(read_manifest(folder))
