"""No verb changes a file that it reads, and none replaces a file unasked, however the file is named."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.cli.inputs import files_named
from impasto.cli.main import main
from impasto.inference.stylizer import Stylizer

av = pytest.importorskip("av", reason="needs impasto[video]")
pytest.importorskip("cv2", reason="needs impasto[video]")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and modes of POSIX")


def drawing(number, side=32):
    y, x = np.mgrid[:side, :side]
    return np.stack([(x * 5 + number) % 256, (y * 7) % 256, (x + y) * 3 % 256], -1).astype(np.uint8)


def write_film(path, frames=3):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        for number in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(drawing(number), format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """What users have: a photo, an artwork, a film, frames, and finished work."""
    folder = tmp_path_factory.mktemp("originals")
    (folder / "frames").mkdir()
    for number in (1, 2):
        Image.fromarray(drawing(number)).save(folder / "frames" / f"{number:05d}.png")
    for number, name in enumerate(("photo.png", "art.png", "done.png")):
        Image.fromarray(drawing(number)).save(folder / name)
    write_film(folder / "film.mp4")
    write_film(folder / "done.mp4", 2)
    (folder / "done.json").write_text("{}")
    return folder


@pytest.fixture
def place(originals, tmp_path, monkeypatch):
    shutil.copytree(originals, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def one_model(toy_model, monkeypatch):
    """Loading the model takes longer than all else here."""
    model = Stylizer.load(toy_model)
    for verb in ("stylize", "video", "live", "sheet", "encode", "styles"):
        monkeypatch.setattr(f"impasto.cli.{verb}.load_stylizer", lambda _: model)


def contents(folder):
    return {one.relative_to(folder): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


VERBS = {
    "stylize": (["stylize", "photo.png", "--style", "art.png"], "photo.png", "-o"),
    "style of stylize": (["stylize", "photo.png", "--style", "art.png:2"], "art.png", "-o"),
    "sheet": (["sheet", "photo.png", "--style", "noon", "--cell", "32", "--size", "32"], "photo.png", "-o"),
    "styles": (["styles", "--sheet", "photo.png"], "photo.png", "-o"),
    "encode": (["encode", "photo.png"], "photo.png", "-o"),
    "video": (["video", "film.mp4", "--style", "art.png@0s"], "film.mp4", "-o"),
    "style of video": (["video", "film.mp4", "--style", "art.png@0s"], "art.png", "-o"),
    "frames": (["video", "frames", "--style", "noon"], "frames/00001.png", "-o"),
    "learn": (["learn", "art.png", "--minutes", "1", "-o", "new.npz"], "art.png", "--preview"),
    "live": (["live", "film.mp4", "--style", "noon", "--headless", "--size", "32"], "film.mp4", "--record"),
}


def named(original: Path, how: str) -> str:
    """A name that leads to a file."""
    if how == "another spelling":
        return f"{original.parent}/../{original.absolute().parent.name}/{original.name}"
    if how == "in a linked folder":
        Path("way").symlink_to(original.absolute().parent)
        return f"way/{original.name}"
    other = Path(f"other{original.suffix}")
    if how == "symbolic link":
        other.symlink_to(original)
    elif how == "hard link":
        os.link(original, other)
    else:
        return str(original)
    return str(other)


@settings(max_examples=45, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    verb=st.sampled_from(sorted(VERBS)),
    how=st.sampled_from(["itself", "another spelling", "symbolic link", "hard link", "in a linked folder"]),
    flags=st.sampled_from([(), ("--overwrite",)]),
)
def test_no_input_is_ever_changed(originals, tmp_path_factory, verb, how, flags):
    command, original, option = VERBS[verb]
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(originals, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        target = named(Path(original), how)
        before = contents(folder)
        assert main([*command, option, target, *flags]) == 2
        assert contents(folder) == before


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    verb=st.sampled_from(sorted(VERBS)),
    how=st.sampled_from(["itself", "another spelling", "symbolic link", "in a linked folder"]),
    resume=st.booleans(),
)
def test_no_finished_work_is_replaced_unasked(originals, tmp_path_factory, verb, how, resume):
    command, original, option = VERBS[verb]
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(originals, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        suffix = ".mp4" if original.endswith("mp4") else ".png"
        target = named(Path(f"done{suffix}"), how)
        before = contents(folder)
        assert main([*command, option, target, *(["--resume"] if resume and command[0] == "video" else [])]) == 2
        assert contents(folder) == before


@pytest.mark.parametrize("flags", [(), ("--overwrite",), ("--resume",)])
def test_numbered_frames_onto_their_sources_are_refused(place, capsys, flags):
    before = contents(place)
    assert main(["video", "frames", "--style", "noon", "-o", "frames/%05d.png", *flags]) == 2
    assert "is itself an input" in capsys.readouterr().err
    assert contents(place) == before


def test_numbered_frames_replace_nothing_unasked(place, capsys):
    (place / "out").mkdir()
    (place / "out" / "2.png").write_bytes(b"mine")
    assert main(["video", "frames", "--style", "noon", "-o", "out/%d.png"]) == 2
    assert [one.name for one in (place / "out").iterdir()] == ["2.png"]
    assert main(["video", "frames", "--style", "noon", "-o", "out/%d.png", "--overwrite"]) == 0
    assert sorted(one.name for one in (place / "out").iterdir()) == ["1.png", "2.png"]


@pytest.mark.parametrize("option", ["--preview", "--plot", "--film", "--trace", "--save-every"])
def test_side_outputs_of_optimize_spare_inputs_and_finished_work(place, capsys, option):
    suffix = {"--film": ".mp4", "--trace": ".json"}.get(option, ".png")
    command = ["optimize", "photo.png", "--style", "art.png", "-o", "out.png"]
    Path("out-00010.png").write_bytes(b"mine")
    before = contents(place)
    target = "10" if option == "--save-every" else f"done{suffix}"
    assert main([*command, option, target]) == 2
    assert "exists already" in capsys.readouterr().err
    if suffix == ".png" and option != "--save-every":
        for original in ("photo.png", "art.png"):
            assert main([*command, option, original, "--overwrite"]) == 2
            assert "is itself an input" in capsys.readouterr().err
        assert main([*command, option, "out.png"]) == 2
        assert "one and the same" in capsys.readouterr().err
    assert contents(place) == before


def test_a_link_stays_a_link_and_a_mode_stays_a_mode(place):
    Path("done.png").chmod(0o600)
    Path("link.png").symlink_to("done.png")
    Path("dangling.mp4").symlink_to("new.mp4")
    assert main(["stylize", "photo.png", "--style", "noon", "-o", "link.png", "--overwrite"]) == 0
    assert main(["video", "film.mp4", "--style", "noon", "-o", "dangling.mp4"]) == 0
    assert Path("link.png").readlink() == Path("done.png")
    assert Path("done.png").stat().st_mode & 0o777 == 0o600
    assert (np.asarray(Image.open("done.png")) != drawing(2)).any()
    assert Path("dangling.mp4").is_symlink()
    assert not Path("new.mp4").is_symlink()
    Path("done.mp4").chmod(0o640)
    assert main(["video", "film.mp4", "--style", "noon", "-o", "done.mp4", "--overwrite"]) == 0
    assert Path("done.mp4").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("verb", ["stylize", "sheet", "encode", "video", "live"])
def test_pipes_devices_and_folders_are_no_targets(place, capsys, verb):
    command, _, option = VERBS[verb]
    suffix = {"video": ".mp4", "live": ".mp4", "encode": ".npz"}.get(verb, ".png")
    os.mkfifo(f"pipe{suffix}")
    Path(f"device{suffix}").symlink_to("/dev/null")
    before = contents(place)
    for name, kind in (("pipe", "it is a pipe"), ("device", "it is a device")):
        assert main([*command, option, f"{name}{suffix}", "--overwrite"]) == 2
        said = capsys.readouterr().err
        assert kind in said
        assert said.count("\n") == 1
    assert Path(f"pipe{suffix}").is_fifo()
    assert contents(place) == before


def test_a_recording_that_exists_is_replaced_only_if_asked(place, capsys):
    command = [*VERBS["live"][0], "--record", "done.mp4"]
    before = Path("done.mp4").read_bytes()
    assert main(command) == 2
    assert Path("done.mp4").read_bytes() == before
    assert main([*command, "--overwrite"]) == 0
    assert Path("done.mp4").read_bytes() != before
    assert not list(place.glob(".impasto*"))


def test_a_pastiche_never_gets_a_name_that_leads_to_a_photo(place):
    Path("many").mkdir()
    Image.fromarray(drawing(1)).save("many/a.png")
    os.link("many/a.png", "many/a-noon.png")
    before = Path("many/a.png").read_bytes()
    assert main(["stylize", "many", "--style", "noon", "-o", "many", "--overwrite", "--jobs", "1"]) == 0
    assert Path("many/a.png").read_bytes() == Path("many/a-noon.png").read_bytes() == before
    assert Path("many/a-noon-2.png").exists()


def test_names_as_long_as_the_file_system_allows(place):
    Path("film.mp4").rename(film := "f" * 251 + ".mp4")
    Path("photo.png").rename(photo := "ü" * 125 + ".png")
    assert main(["video", film, "--style", "noon"]) == 0
    assert main(["video", film, "--style", "noon", "-o", "g" * 251 + ".mp4"]) == 0
    assert main(["stylize", photo, "--style", "noon"]) == 0
    assert main(["sheet", photo, "--style", "noon", "--cell", "32", "--size", "32"]) == 0
    assert sorted(one.name[-10:] for one in place.glob("?" * 100 + "*")) == sorted(
        [film[-10:], "f" * 1 + "-noon.mp4", "gggggg.mp4", photo[-10:], "ü-noon.png", "-sheet.jpg"]
    )


def test_a_pipe_can_be_painted(place):
    os.mkfifo("pipe.png")
    data = Path("photo.png").read_bytes()
    writer = threading.Thread(target=lambda: Path("pipe.png").write_bytes(data), daemon=True)
    writer.start()
    assert main(["stylize", "pipe.png", "--style", "noon", "-o", "out.png"]) == 0
    writer.join(5)
    assert Path("out.png").exists()


def test_pictures_of_kinds_that_are_not_read_are_named(place, capsys):
    Path("many/deeper").mkdir(parents=True)
    for name in ("a.jpe", "b.jfif"):
        Image.fromarray(drawing(1)).save(f"many/{name}", "JPEG")
    Path("many/c.CR2").touch()
    Path("many/._d.cr2").touch()
    Path("many/deeper/e.nef").touch()
    assert main(["stylize", "many", "--style", "noon", "-o", "out", "--json", "--jobs", "1"]) == 0
    said = capsys.readouterr()
    assert "1 files (many/c.CR2)" in said.err
    assert json.loads(said.out)["left_out"] == ["many/c.CR2"]
    assert sorted(one.name for one in Path("out").iterdir()) == ["a-noon.jpe", "b-noon.jfif"]


def test_of_several_pictures_in_a_file_it_is_said_that_one_is_painted(place, capsys, caplog):
    frames = [Image.fromarray(drawing(number)) for number in range(3)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    assert main(["stylize", "a.gif", "--style", "noon", "-o", "o.png"]) == 0
    assert "of 3 pictures only the first is painted" in caplog.text


@pytest.mark.parametrize("name", ["10:30.mp4", "file:a.mp4", "a%20b.mp4", "100%d.mp4", "a b's.mp4"])
def test_films_may_be_called_anything(place, name):
    Path("film.mp4").rename(name)
    assert main(["video", name, "--style", "noon", "--steady", "0", "-o", f"out {name}"]) == 0
    assert main(["video", name, "--style", "noon", "--steady", "0"]) == 0
    assert Path(f"{name[:-4]}-noon.mp4").exists()
    assert Path(f"out {name}").exists()


def test_a_film_is_no_pipe(place, capsys):
    os.mkfifo("pipe.mp4")
    assert main(["video", "pipe.mp4", "--style", "noon", "-o", "o.mp4"]) == 2
    assert "it is a pipe" in capsys.readouterr().err


def test_files_in_arguments_are_found(place):
    Path("a:b=c.png").touch()
    found = files_named("photo.png", ["art.png:2", "done.png=noon", "film.mp4@1:30"], None, ["a:b=c.png", "nothing:1"])
    assert {one.name for one in found} == {"photo.png", "art.png", "done.png", "film.mp4", "a:b=c.png"}
