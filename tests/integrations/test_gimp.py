"""The plug-in against a stand-in for GIMP's interface, and the command that it calls against the real one."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import pytest
from PIL import Image

from impasto.cli.main import main
from impasto.image.io import read_picture
from impasto.inference.stylizer import Stylizer
from impasto.weights.catalog import MODELS


@pytest.fixture
def gimp(monkeypatch, photo):
    """GIMP's module, as far as the plug-in uses it: it writes the photo, and reads layers back as pixels."""
    stand_in = MagicMock()
    stand_in.PlugIn = object
    stand_in.file_save = lambda _mode, _image, file, _options: Image.fromarray(photo).save(file)
    stand_in.file_load_layer = lambda _mode, _image, file: SimpleNamespace(
        pixels=read_picture(file).pixels, set_name=lambda _name: None
    )
    repository = ModuleType("gi.repository")
    repository.Gimp = stand_in
    repository.GimpUi = repository.GLib = repository.GObject = MagicMock()
    repository.Gio = SimpleNamespace(File=SimpleNamespace(new_for_path=lambda path: path))
    gi = ModuleType("gi")
    gi.require_version = lambda _name, _version: None
    monkeypatch.setitem(sys.modules, "gi", gi)
    monkeypatch.setitem(sys.modules, "gi.repository", repository)
    return stand_in


@pytest.fixture
def plug_in(load, gimp, monkeypatch, toy_model, capsys):
    """The plug-in, whose command is run in this process."""
    monkeypatch.setitem(MODELS, "default", toy_model)

    def run(command, **_details):
        code = main(command[1:])
        return subprocess.CompletedProcess(command, code, *capsys.readouterr())

    monkeypatch.setattr(subprocess, "run", run)
    return load("gimp/impasto/impasto.py")


def painted(plug_in, gimp, **settings):
    """Run it as GIMP does; the answer's status, its error and the layers that were added."""
    values = {"style": "dusk", "strength": 1.0, "stroke": 1.0, "keep-color": False, **settings}
    image, procedure = MagicMock(), MagicMock()
    config = SimpleNamespace(get_property=values.__getitem__)
    plug_in.Impasto().run(procedure, gimp.RunMode.NONINTERACTIVE, image, [], config, None)
    status, error = procedure.new_return_values.call_args.args
    return status, error, [one.args[0] for one in image.insert_layer.call_args_list]


def test_the_pastiche_becomes_a_layer(plug_in, gimp, photo, toy_model):
    status, error, (layer,) = painted(plug_in, gimp, strength=0.5, **{"keep-color": True})
    assert status is gimp.PDBStatusType.SUCCESS
    assert error is None
    expected = Stylizer.load(toy_model).stylize(photo, "dusk", strength=0.5, preserve_color=True)
    assert np.abs(layer.pixels.astype(int) - expected).max() <= 1


def test_what_goes_wrong_is_gimps_error_and_adds_no_layer(plug_in, gimp):
    status, error, layers = painted(plug_in, gimp, style="nosuch")
    assert status is gimp.PDBStatusType.EXECUTION_ERROR
    assert error is not None
    assert layers == []


def test_a_missing_command_is_said(plug_in, monkeypatch, tmp_path):
    def absent(command, **_details):
        raise FileNotFoundError(command[0])

    monkeypatch.setattr(subprocess, "run", absent)
    monkeypatch.setenv("IMPASTO", "/nowhere/impasto")
    problem = plug_in.paint(tmp_path / "a.png", tmp_path / "b.png", [])
    assert problem.startswith("the command /nowhere/impasto is not found")


def test_it_asks_for_what_it_reads(plug_in, gimp):
    procedure = plug_in.Impasto().do_create_procedure("impasto-stylize")
    kinds = ("add_string_argument", "add_double_argument", "add_boolean_argument")
    asked = {one.args[0] for kind in kinds for one in getattr(procedure, kind).call_args_list}
    assert asked == {"style", "strength", "stroke", "keep-color"}
