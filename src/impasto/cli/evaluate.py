"""``impasto evaluate``: figures of a model's pastiches, or of somebody else's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.inputs import files_named
from impasto.cli.pastiches import Pastiche, Pixels, found_in, name_of, painted_by, painted_by_preset, read_samples
from impasto.cli.progress import progress
from impasto.errors import ImageError, UsageError
from impasto.files import check_no_input, check_target, write_atomically
from impasto.image.io import WRITABLE, write_picture
from impasto.image.resize import resize
from impasto.image.sheet import PAPER, contact_sheet
from impasto.options import EngineOptions, option

if TYPE_CHECKING:
    from impasto.inference.stylizer import Stylizer
    from impasto.metrics.report import Report, Sample

__all__ = ["EvaluateOptions", "command"]

CELL = 192  # pixels of a picture on the sheet
LONGEST_LABEL = 22  # characters that fit below it
DIGITS = {"content": 2, "style": 2, "gram": 2, "ssim": 3, "fringes": 3, "grain": 3}  # after the point, in the table


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions(EngineOptions):
    """What is measured."""

    content: str = option("Folder of photos", metavar="FOLDER")
    style: str = option("Folder of style pictures", metavar="FOLDER")
    limit_content: int | None = option("Use only the first photos, by name", None, metavar="N", at_least=1)
    limit_style: int | None = option("Use only the first style pictures, by name", None, metavar="N", at_least=1)
    size: int = option("Side of the centre crops in pixels", 512, metavar="PX", at_least=64, at_most=4096)
    pastiches: str | None = option(
        "Measure the pictures PHOTO--STYLE.png in this folder, whoever painted them, instead of a model's",
        None,
        metavar="FOLDER",
    )


@click.command("evaluate")
@options_from(EvaluateOptions)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Keep report.json, sheet.jpg and all pastiches in FOLDER.",
)
@click.option("--sheet", type=click.Path(path_type=Path), metavar="FILE", help="Write a contact sheet of all pairs.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@click.option(
    "--record", is_flag=True, help="Write the means into the model's manifest, where 'impasto models' reads them."
)
@json_flag
def command(
    *, output: Path | None, sheet: Path | None, overwrite: bool, record: bool, as_json: bool, **given: Any
) -> int:
    """Measure pastiches of every photo in every style, beside the photo itself.

    Content, style, Gram, SSIM, fringes and grain: docs/measuring.md says what each asks, and how far people agree.
    """
    options = EvaluateOptions(**given)
    with needs_extra("train", "evaluating"):
        import torch

        from impasto.export.folder import update_manifest
        from impasto.metrics.report import Report, measure, probe, probe_steps
        from impasto.metrics.stylization import Meter
        from impasto.nn.vgg_weights import load_vgg19
    if record and options.pastiches is not None:
        raise UsageError(
            "--record and --pastiches were both given; only what a model paints is recorded in its manifest"
        )
    inputs = files_named(options.content, options.style, options.pastiches)
    targets = _Targets(output, sheet, overwrite=overwrite, inputs=inputs)
    photos, bad_photos = read_samples(Path(options.content), options.limit_content, options.size)
    styles, bad_styles = read_samples(Path(options.style), options.limit_style, options.size)
    skipped = bad_photos + bad_styles
    for reason in skipped:
        click.echo(f"impasto: skipped: {reason}", err=True)
    stylizer: Stylizer | None
    if options.pastiches is None:
        model = load_stylizer(options)
        painter = _facts_of(model)
        if model.manifest.encodes:
            stylizer, pastiche, probes = model, painted_by(model), probe_steps(len(photos), len(styles))
        else:  # it cannot be asked for a picture in its own style, or for less of one
            stylizer, pastiche, probes = None, painted_by_preset(model), 0
    else:
        stylizer, painter, probes = None, {"pastiches": options.pastiches}, 0
        pastiche = found_in(Path(options.pastiches), photos, styles, options.size)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    meter = Meter(load_vgg19())
    pairs = []
    with progress("measuring", len(photos) * len(styles) + probes) as advance:
        for pair in measure(meter, photos, styles, targets.keeping(pastiche)):
            pairs.append(pair)
            advance()
        report = Report(tuple(pairs), *(probe(meter, photos, styles, stylizer, advance) if stylizer else ()))
    facts = {
        "painter": painter,
        "size": options.size,
        "photos": len(photos),
        "styles": len(styles),
        "skipped": skipped,
        **report.as_dict(),
    }
    targets.write(facts, photos, styles)
    if record:
        pairs_of = {"photos": len(photos), "styles": len(styles), "size": options.size}
        update_manifest(model.manifest.folder, quality={"losses": {**facts["mean"], **pairs_of}})
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(report)
    return 0


class _Targets:
    """The files to write. They are checked before the measuring, which takes minutes.

    Raises:
        OutputExists, UsageError, ImageError: a file exists, has an unknown suffix, or has no folder.
    """

    def __init__(
        self, folder: Path | None, sheet: Path | None, *, overwrite: bool, inputs: Sequence[Path] = ()
    ) -> None:
        self._report = folder / "report.json" if folder else None
        self._sheets = [path for path in (sheet, folder / "sheet.jpg" if folder else None) if path]
        self._pastiches = folder / "pastiches" if folder else None
        self._overwrite = overwrite
        self._small: dict[tuple[str, str], Pixels] = {}
        if self._pastiches is not None:
            check_no_input(self._pastiches, inputs)
            try:
                self._pastiches.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ImageError(f"cannot make the folder {self._pastiches}: {error.strerror}") from None
        for target in [*self._sheets, *filter(None, [self._report])]:
            check_target(target, overwrite=overwrite, inputs=inputs)
            if not target.parent.is_dir():
                raise ImageError(f"cannot write {target}: the folder {target.parent} does not exist")
        if sheet is not None and sheet.suffix.lower() not in WRITABLE:
            raise UsageError(f"cannot write {sheet}: its suffix is none of {', '.join(WRITABLE)}")

    def keeping(self, pastiche: Pastiche) -> Pastiche:
        """The same pastiches, each saved or made small for the sheet as it passes."""

        def passed(photo: Sample, style: Sample) -> Pixels:
            pixels = pastiche(photo, style)
            if self._sheets:
                self._small[photo.name, style.name] = resize(pixels, CELL, CELL)
            if self._pastiches is not None:
                write_picture(self._pastiches / name_of(photo, style), pixels, overwrite=self._overwrite)
            return pixels

        return passed

    def write(self, facts: dict[str, Any], photos: Sequence[Sample], styles: Sequence[Sample]) -> None:
        for target in self._sheets:
            write_picture(target, self._sheet(photos, styles), overwrite=self._overwrite)
        if self._report is not None:
            text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
            write_atomically(self._report, text.encode(), overwrite=self._overwrite)

    def _sheet(self, photos: Sequence[Sample], styles: Sequence[Sample]) -> Pixels:
        """Photos across, styles down, the originals in the margins."""

        def original(sample: Sample) -> tuple[str, Pixels]:
            return sample.name[:LONGEST_LABEL], resize(sample.pixels, CELL, CELL)

        corner = np.full((1, 1, 3), PAPER, np.uint8)
        cells = [("", corner), *map(original, photos)]
        for style in styles:
            cells += [original(style), *(("", self._small[photo.name, style.name]) for photo in photos)]
        return contact_sheet(cells, columns=len(photos) + 1, side=CELL)


def _facts_of(stylizer: Stylizer) -> dict[str, Any]:
    manifest, engine = stylizer.manifest, stylizer.engine
    return {
        "model": manifest.name,
        "sha256": {name: entry.sha256 for name, entry in manifest.files.items()},
        "engine": f"{engine.name} {engine.version}",
        "device": engine.device,
    }


def _print(report: Report) -> None:
    from impasto.cli.table import print_table

    groups = [("the photo itself", report.unpainted), (f"painted, {len(report.pairs)} pairs", report.painted)]
    groups += [(f"  style {name}", found) for name, found in report.by_style.items()]
    groups += [(f"  photo {name}", found) for name, found in report.by_photo.items()]
    rows = [_row(label, **found.as_dict()) for label, found in groups]
    if report.identity is not None:
        rows.append(_row("painted in its own style", ssim=report.identity.mean))
        rows.append(_row("  the lowest", ssim=report.identity.lowest))
    rows += [_row(f"strength {step.strength:g}", style=step.style, ssim=step.ssim) for step in report.strengths]
    print_table(("", "content", *(f"{name:>7}" for name in ("style", "Gram", "SSIM", "fringes", "grain"))), rows)


def _row(label: str, **values: float) -> tuple[str, ...]:
    return label, *(f"{values[name]:7.{digits}f}" if name in values else "" for name, digits in DIGITS.items())
