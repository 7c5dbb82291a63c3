from __future__ import annotations

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest

from impasto.errors import OutputExists, StyleError, UsageError
from impasto.inference import codes
from impasto.weights.manifest import FileEntry, read_manifest


@pytest.fixture
def manifest(toy_model):
    return read_manifest(toy_model)


@pytest.fixture
def code(manifest):
    return np.linspace(-1, 1, manifest.code_length).astype(np.float32)


class TestMixing:
    def test_weights_are_proportions(self):
        one, other = np.zeros(3, np.float32), np.full(3, 8, np.float32)
        assert codes.mix([one, other]).tolist() == [4, 4, 4]
        assert codes.mix([one, other], [1, 3]).tolist() == codes.mix([one, other], [0.5, 1.5]).tolist() == [6, 6, 6]
        assert codes.mix([one, other], [0, 2]).dtype == np.float32

    @pytest.mark.parametrize(
        "weights", [[1], [1, 2, 3], [0, 0], [-1, 2], [float("nan"), 1], [float("inf"), 1], [[1, 2]]]
    )
    def test_other_weights_are_refused(self, weights):
        with pytest.raises(UsageError, match="weights"):
            codes.mix([np.zeros(3, np.float32)] * 2, weights)

    def test_codes_of_different_models_or_none_are_refused(self):
        with pytest.raises(UsageError, match="different lengths"):
            codes.mix([np.zeros(3, np.float32), np.zeros(4, np.float32)])
        with pytest.raises(UsageError, match="0 style codes"):
            codes.mix([])


class TestChecking:
    def test_a_code_is_taken_as_float32(self, code, manifest):
        assert codes.check_code(code.astype(np.float64), manifest).dtype == np.float32
        assert np.array_equal(codes.check_code(list(code), manifest), code)

    @pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((1, 18)), ["a"] * 18, np.zeros(18, bool)])
    def test_what_is_no_code_of_the_model_is_refused(self, wrong, manifest):
        with pytest.raises(StyleError, match="expected 18 finite numbers"):
            codes.check_code(wrong, manifest)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_values_that_are_not_finite_are_refused(self, code, manifest, bad):
        code[3] = bad
        with pytest.raises(StyleError, match="not finite"):
            codes.check_code(code, manifest)

    def test_color_comes_last(self):
        mean, covariance = np.arange(3.0), np.arange(9.0).reshape(3, 3)
        whole = codes.with_color(np.ones((1, 4)), mean, covariance)
        assert whole.dtype == np.float32
        assert whole.tolist() == [1, 1, 1, 1, 0, 1, 2, *range(9)]
        assert all(np.array_equal(got, put) for got, put in zip(codes.color_of(whole), (mean, covariance), strict=True))


class TestFiles:
    def test_a_code_survives_the_disk(self, code, manifest, tmp_path):
        path = tmp_path / "any name.code"
        codes.save_code(path, code, manifest)
        assert np.array_equal(codes.load_code(path, manifest), code)
        assert codes.is_code_file(path)
        assert [file.name for file in tmp_path.iterdir()] == ["any name.code"]

    def test_an_existing_file_is_kept_unless_told_otherwise(self, code, manifest, tmp_path):
        path = tmp_path / "kept.npz"
        path.write_text("precious")
        with pytest.raises(OutputExists):
            codes.save_code(path, code, manifest)
        assert path.read_text() == "precious"
        codes.save_code(path, code, manifest, overwrite=True)
        assert np.array_equal(codes.load_code(path, manifest), code)

    def test_a_bad_code_or_place_leaves_nothing_behind(self, code, manifest, tmp_path):
        with pytest.raises(StyleError):
            codes.save_code(tmp_path / "bad.npz", code[:-1], manifest)
        with pytest.raises(StyleError, match="cannot write"):
            codes.save_code(tmp_path / "nowhere" / "code.npz", code, manifest)
        assert list(tmp_path.iterdir()) == []

    def test_a_code_of_another_model_is_refused_by_name(self, code, manifest, tmp_path):
        path = tmp_path / "code.npz"
        files = {**manifest.files, "encode_style.onnx": FileEntry("0" * 64, 1)}
        codes.save_code(path, code, replace(manifest, name="older", files=files))
        with pytest.raises(StyleError, match=r"another model \(it was named 'older'\).*'toy'"):
            codes.load_code(path, manifest)

    def test_what_is_no_code_file_is_refused(self, code, manifest, tmp_path):
        whole = tmp_path / "whole.npz"
        codes.save_code(whole, code, manifest)
        path = tmp_path / "code.npz"
        pickled = io.BytesIO()
        np.savez(pickled, code=np.array([{"not": "numbers"}], dtype=object), code_space="x", model="x")
        other = io.BytesIO()
        np.savez(other, weights=code)
        data = whole.read_bytes()
        for content in (b"", b"text", data[:60], data[:-30], pickled.getvalue(), other.getvalue(), b"PK\x03\x04" * 9):
            path.write_bytes(content)
            with pytest.raises(StyleError, match="no style code"):
                codes.load_code(path, manifest)

    def test_no_damage_goes_unnoticed(self, code, manifest, tmp_path):
        path = tmp_path / "code.npz"
        codes.save_code(path, code, manifest)
        data = path.read_bytes()
        for position in range(0, len(data), 7):
            path.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
            with contextlib.suppress(StyleError):
                assert np.array_equal(codes.load_code(path, manifest), code)  # a byte of no importance, such as a date

    def test_a_file_of_another_length_or_too_large_or_absent_is_refused(self, code, manifest, tmp_path):
        path = tmp_path / "code.npz"
        np.savez(path, code=code[:5], code_space=manifest.code_space, model="toy")
        with pytest.raises(StyleError, match="expected 18"):
            codes.load_code(path, manifest)
        path.write_bytes(bytes(codes.MAX_FILE_BYTES + 1))
        with pytest.raises(StyleError, match="too large"):
            codes.load_code(path, manifest)
        with pytest.raises(StyleError, match="cannot read"):
            codes.load_code(tmp_path / "absent.npz", manifest)
