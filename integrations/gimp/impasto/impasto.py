#!/usr/bin/env python3
"""A GIMP 3 plug-in: Filters › Artistic › Impasto paints the image, and puts the pastiche above it as a layer.

GIMP has a Python of its own, so the plug-in calls the command ``impasto``; the variable IMPASTO names another one.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, Gio, GLib, GObject  # noqa: E402 - after the versions

NAME = "impasto-stylize"


class Impasto(Gimp.PlugIn):
    """The plug-in, with one procedure."""

    def do_query_procedures(self) -> list[str]:
        return [NAME]

    def do_set_i18n(self, _name: str) -> bool:
        return False

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, self.run, None)
        procedure.set_image_types("RGB*, GRAY*")
        procedure.set_menu_label("_Impasto: paint in a style…")
        procedure.add_menu_path("<Image>/Filters/Artistic")
        procedure.set_documentation("Paint the image in a style", "A preset's name, or a picture's file.", name)
        procedure.set_attribution("The Impasto authors", "The Impasto authors", "2026")
        flags = GObject.ParamFlags.READWRITE
        procedure.add_string_argument("style", "_Style", "A preset's name, or a picture's file", "starry-night", flags)
        procedure.add_double_argument("strength", "S_trength", "0 is the photo, 1 the full style", 0, 1.5, 1, flags)
        procedure.add_double_argument("stroke", "St_roke", "Size of the strokes", 0.25, 8, 1, flags)
        procedure.add_boolean_argument("keep-color", "_Keep the colours", "Of the photo", False, flags)
        return procedure

    def run(
        self,
        procedure: Gimp.Procedure,
        run_mode: Gimp.RunMode,
        image: Gimp.Image,
        _drawables: list[Gimp.Drawable],
        config: Gimp.ProcedureConfig,
        _data: object,
    ) -> Gimp.ValueArray:
        """Ask if need be, paint, and add the layer."""
        if run_mode == Gimp.RunMode.INTERACTIVE:
            GimpUi.init(NAME)
            dialog = GimpUi.ProcedureDialog.new(procedure, config, "Impasto")
            dialog.fill(None)
            wanted = dialog.run()
            dialog.destroy()
            if not wanted:
                return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
        style, strength, stroke, keep = (
            config.get_property(one) for one in ("style", "strength", "stroke", "keep-color")
        )
        Gimp.progress_init("Painting …")
        with tempfile.TemporaryDirectory() as folder:
            photo, pastiche = Path(folder, "photo.png"), Path(folder, "pastiche.png")
            Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(str(photo)), None)
            options = ["--style", style, "--strength", f"{strength:g}", "--stroke", f"{stroke:g}"]
            problem = paint(photo, pastiche, [*options, *(["--preserve-color"] if keep else [])])
            if problem:
                error = GLib.Error.new_literal(GLib.quark_from_string(NAME), problem, 0)
                return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(str(pastiche)))
        layer.set_name(f"Impasto: {style}")
        image.undo_group_start()
        image.insert_layer(layer, None, 0)
        image.undo_group_end()
        Gimp.displays_flush()
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)


def paint(photo: Path, pastiche: Path, options: list[str]) -> str | None:
    """Paint a file into another; what went wrong, in one sentence, or ``None``."""
    command = [*shlex.split(os.environ.get("IMPASTO", "impasto")), "stylize", str(photo), "-o", str(pastiche), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return f"the command {command[0]} is not found; install Impasto, or name its command in the variable IMPASTO"
    said = done.stderr.strip().splitlines() or ["impasto failed"]
    return said[-1].removeprefix("impasto: ") if done.returncode else None


if __name__ == "__main__":
    Gimp.main(Impasto.__gtype__, sys.argv)
