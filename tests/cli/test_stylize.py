"""The whole command, on a toy model: what is written, what is said, and how it ends."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from impasto.batch import photo as photo_room
from impasto.cli import stylize
from impasto.cli.main import main
from impasto.image.io import read_picture
from impasto.inference.stylizer import Stylizer


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(toy_model, capsys):
    """Run the command in this process; gives its exit code and what it printed."""

    def run(*arguments, style=("noon",)):
        styles = [part for one in style for part in ("--style", one)]
        code = main(["stylize", *map(str, arguments), *styles, "--model", str(toy_model)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def opened(file):
    with Image.open(file) as image:
        image.load()
        return image


def files():
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


class TestOnePhoto:
    def test_it_is_painted_into_exactly_the_file_named(self, run, saved, toy_model):
        code, out, err = run("photo.png", "-o", "out.png")
        assert (code, err) == (0, "")
        assert out.startswith("out.png  104×72")
        assert np.array_equal(read_picture("out.png").pixels, Stylizer.load(toy_model).stylize(saved, "noon"))
        assert files() == ["out.png", "photo.png"]

    def test_options_reach_the_painter(self, run, saved, toy_model):
        stylizer = Stylizer.load(toy_model)
        options = ["--strength", "0.5", "--size", "80", "--preserve-color", "--overwrite"]
        assert run("photo.png", "-o", "out.png", *options, style=["noon:3", "dusk"])[0] == 0
        expected = stylizer.stylize(saved, [("noon", 3), ("dusk", 1)], strength=0.5, size=80, preserve_color=True)
        assert np.array_equal(read_picture("out.png").pixels, expected)
        assert run("photo.png", "-o", "out.png", "--style-size", "40", "--overwrite", style=["photo.png"])[0] == 0
        expected = stylizer.stylize(saved, stylizer.encode_style(saved, size=40))
        assert np.array_equal(read_picture("out.png").pixels, expected)

    def test_what_its_owner_expects_survives(self, run, photo):
        exif = Image.Exif()
        exif[ExifTags.Base.Artist] = "A. Photographer"
        exif[ExifTags.Base.Orientation] = 6
        transparent = np.dstack([photo, np.arange(104, dtype=np.uint8)[None].repeat(72, 0)])
        Image.fromarray(transparent).save("photo.png", exif=exif, dpi=(300, 300))
        assert run("photo.png", "--size", "52")[0] == 0
        painted = opened("photo-noon.png")
        assert painted.size == (36, 52), "turned upright"
        assert painted.mode == "RGBA"
        assert np.asarray(painted)[:5, :, 3].max() < np.asarray(painted)[-5:, :, 3].min()
        assert painted.getexif()[ExifTags.Base.Artist] == "A. Photographer"
        assert painted.getexif().get(ExifTags.Base.Orientation, 1) == 1
        assert painted.info["dpi"][0] == pytest.approx(300, abs=1)

    def test_an_existing_file_is_kept(self, run, saved):
        Path("out.png").write_text("precious")
        code, out, err = run("photo.png", "-o", "out.png")
        assert (code, out) == (2, "")
        assert "--overwrite" in err
        assert Path("out.png").read_text() == "precious"
        assert run("photo.png", "-o", "out.png", "--overwrite")[0] == 0
        assert read_picture("out.png").pixels.shape == saved.shape

    @pytest.mark.usefixtures("saved")
    def test_json_says_what_was_done(self, run):
        code, out, _ = run("photo.png", "--json")
        said = json.loads(out)
        assert code == 0
        assert said["model"] == "toy"
        assert said["failed"] == []
        assert said["painted"][0] | {"seconds": 0} == {
            "input": "photo.png",
            "output": "photo-noon.png",
            "width": 104,
            "height": 72,
            "seconds": 0,
        }

    @pytest.mark.parametrize("quality", [5, 95])
    @pytest.mark.usefixtures("saved")
    def test_quality_is_the_files(self, run, quality):
        assert run("photo.png", "-o", f"{quality}.jpg", "--quality", quality)[0] == 0
        sizes = {5: (0, 2000), 95: (2000, 50_000)}
        assert sizes[quality][0] < Path(f"{quality}.jpg").stat().st_size < sizes[quality][1]


class TestSeveralPhotos:
    def test_a_folder_becomes_a_folder(self, run, saved):
        Path("in").mkdir()
        for name in ("a.jpg", "b.webp", "notes.txt"):
            if name.endswith("txt"):
                Path("in", name).write_text("no picture, and not called one")
            else:
                Image.fromarray(saved).save(Path("in", name))
        code, out, err = run("in", "-o", "new/out")
        assert (code, err) == (0, "")
        assert len(out.splitlines()) == 2
        assert {"new/out/a-noon.jpg", "new/out/b-noon.webp"} <= set(files())

    def test_one_bad_file_does_not_stop_the_others(self, run, saved):
        Path("bad.jpg").write_text("no picture")
        Path("kept-noon.png").write_text("precious")
        Image.fromarray(saved).save("kept.png")
        code, out, err = run("bad.jpg", "kept.png", "photo.png", "absent.png")
        assert code == 1
        assert out.startswith("photo-noon.png")
        lines = err.splitlines()
        assert sorted(line.split(":")[1].strip() for line in lines) == ["absent.png", "bad.jpg", "kept.png"]
        assert Path("kept-noon.png").read_text() == "precious"
        assert files() == ["bad.jpg", "kept-noon.png", "kept.png", "photo-noon.png", "photo.png"]

    def test_when_all_fail_it_is_bad_input_and_nothing_is_left(self, run):
        Path("bad.jpg").write_text("no picture")
        code, out, err = run("bad.jpg", "absent.jpg", "-o", "new", "--json")
        assert code == 2
        assert [one["input"] for one in json.loads(out)["failed"]] == ["bad.jpg", "absent.jpg"]
        assert len(err.splitlines()) == 2
        assert files() == ["bad.jpg"]
        assert not Path("new").exists()

    def test_photos_of_one_name_both_arrive(self, run, saved):
        for folder in ("a", "b"):
            Path(folder).mkdir()
            Image.fromarray(saved).save(f"{folder}/same.png")
        assert run("a/same.png", "b/same.png", "-o", "out")[0] == 0
        assert {"out/same-noon.png", "out/same-noon-2.png"} <= set(files())

    def test_a_terminal_gets_a_progress_bar(self, run, saved, monkeypatch):
        monkeypatch.setattr(stylize.sys.stderr, "isatty", lambda: True)
        Image.fromarray(saved).save("other.png")
        code, out, _ = run("photo.png", "other.png")
        assert code == 0
        assert len(out.splitlines()) == 2


class TestRefusing:
    """One clear sentence, exit code 2, nothing left behind."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["photo.png", "--strength", "1.6"], "strength is 1.6, expected a number from 0 to 1.5"),
            (["photo.png", "--strength", "much"], "much"),
            (["photo.png", "--size", "0"], "size is 0"),
            (["photo.png", "--engine", "torch"], "torch"),
            (["photo.png", "--device", "cuda", "--engine", "openvino"], "no device 'cuda'"),
            (["photo.png", "--strenght", "1"], "--strength"),
            (["photo.png", "-o", "out.txt"], "suffix"),
            (["photo.png", "-o", "nowhere/out.png"], "does not exist"),
            (["photo.png", "-o", "photo.png", "--overwrite"], "photo itself"),
            (["photo.png", "-o", "-", "--json"], "--json"),
            (["absent.png"], "no such file"),
            ([], "PHOTO"),
        ],
    )
    @pytest.mark.usefixtures("saved")
    def test_bad_usage(self, run, arguments, words):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert words in err
        assert len(err.splitlines()) == 1
        assert err.startswith("impasto: ")
        assert files() == ["photo.png"]

    @pytest.mark.usefixtures("saved")
    def test_no_style_and_unknown_models(self, capsys):
        assert main(["stylize", "photo.png"]) == 2
        assert "--style" in capsys.readouterr().err
        assert main(["stylize", "photo.png", "--style", "noon", "--model", "defualt"]) == 2
        assert "did you mean 'default'" in capsys.readouterr().err

    @pytest.mark.parametrize("style", ["nooon", "absent.jpg", "noon:-1", "text.jpg"])
    @pytest.mark.usefixtures("saved")
    def test_bad_styles(self, run, style):
        Path("text.jpg").write_text("no picture")
        code, out, err = run("photo.png", style=[style])
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert files() == ["photo.png", "text.jpg"]

    @pytest.mark.usefixtures("saved")
    def test_hostile_files(self, run):
        whole = Path("photo.png").read_bytes()
        hostile = {
            "empty.jpg": b"",
            "text.jpg": b"no picture at all",
            "cut.png": whole[: len(whole) // 2],
            "bomb.png": _declaring(60_000, 60_000),
        }
        for name, content in hostile.items():
            Path(name).write_bytes(content)
            code, out, err = run(name)
            assert (code, out) == (2, ""), name
            assert len(err.splitlines()) == 1, name
            assert name in err
        assert files() == sorted([*hostile, "photo.png"])

    @pytest.mark.parametrize(
        ("name", "picture"),
        [
            ("dot.png", Image.new("RGB", (1, 1))),
            ("line.png", Image.new("L", (1, 900))),
            ("print.jpg", Image.new("CMYK", (40, 30))),
            ("palette.gif", Image.new("P", (40, 30))),
            ("deep.png", Image.new("I;16", (40, 30))),
            ("bit.tif", Image.new("1", (40, 30))),
        ],
    )
    def test_odd_files_are_painted(self, run, name, picture):
        picture.save(name)
        assert run(name, "-o", "out.png")[0] == 0
        assert opened("out.png").size == picture.size

    def test_a_picture_under_a_wrong_name_is_painted(self, run, photo):
        Image.fromarray(photo).save("really.png")
        Path("really.png").rename("called.jpg")
        assert run("called.jpg")[0] == 0
        assert opened("called-noon.jpg").format == "JPEG"

    @pytest.mark.usefixtures("saved")
    def test_an_interrupt_ends_with_130(self, run, monkeypatch):
        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(photo_room, "write_picture", interrupted)
        assert run("photo.png")[0] == 130
        assert files() == ["photo.png"]

    @pytest.mark.usefixtures("saved")
    def test_a_full_disk_and_a_lack_of_memory_are_one_line(self, run, monkeypatch):
        for error, words in ((OSError(28, "No space left on device"), "No space left"), (MemoryError(), "--size")):
            monkeypatch.setattr(photo_room, "write_picture", lambda *_, error=error, **__: (_ for _ in ()).throw(error))
            code, _, err = run("photo.png")
            assert code == 2
            assert words in err
            assert len(err.splitlines()) == 1


class TestStandardStreams:
    """Only a process of its own has real ones."""

    def run(self, toy_model, *arguments, **streams):
        command = [sys.executable, "-m", "impasto.cli.main", "stylize", *arguments, "--style", "noon"]
        return subprocess.run([*command, "--model", str(toy_model)], capture_output=True, check=False, **streams)

    def test_a_photo_passes_through_and_nothing_else_is_printed(self, toy_model, photo):
        data = io.BytesIO()
        Image.fromarray(photo).save(data, "PNG")
        done = self.run(toy_model, "-", input=data.getvalue())
        assert done.returncode == 0, done.stderr
        assert done.stderr == b""
        painted = opened(io.BytesIO(done.stdout))
        assert (painted.format, painted.size) == ("PNG", (104, 72))

    def test_bad_input_prints_no_bytes(self, toy_model):
        done = self.run(toy_model, "-", input=b"no picture")
        assert (done.returncode, done.stdout) == (2, b"")
        assert len(done.stderr.splitlines()) == 1

    @pytest.mark.skipif("sys.platform == 'win32'", reason="needs a pseudo terminal")
    @pytest.mark.usefixtures("saved")
    def test_a_terminal_is_no_place_for_pictures(self, toy_model):
        import pty

        _ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "impasto.cli.main", "stylize", "--style", "noon", "--model", str(toy_model)]
        for arguments, words in (
            (["photo.png", "-o", "-"], b"standard output is a terminal"),
            (["-", "-o", "x.png"], b"pipe"),
        ):
            done = subprocess.run(
                [*command, *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, check=False
            )
            assert done.returncode == 2
            assert words in done.stderr
        assert files() == ["photo.png"]


def _declaring(width, height):
    """A PNG that claims to be of this size."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
