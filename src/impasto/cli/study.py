"""``impasto study``: the literature's experiments, on pictures of one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, options_from
from impasto.cli.inputs import files_named
from impasto.cli.progress import Lines
from impasto.cli.table import print_table
from impasto.errors import ImageError, OutputExists, UsageError
from impasto.files import check_target, write_atomically
from impasto.image.io import read_picture, write_picture
from impasto.studies.catalog import STUDIES, Study, find_study, run_study
from impasto.studies.findings import Findings, cell_text
from impasto.studies.options import StudyOptions

if TYPE_CHECKING:
    from impasto.studies.laboratory import Progress

__all__ = ["command"]

EXAMPLES = """\b
Examples:
  impasto study --list
  impasto study init --content photo.jpg --style artwork.jpg -o studies
      Writes init.md, init.json and init.jpg: minutes, at 256 pixels.
  impasto study layers-style --style waves.jpg --style stars.jpg -o studies --layer relu1_1 --layer relu4_1
  impasto study losses --content a.jpg --style x.jpg --content b.jpg --style y.jpg -o studies --minutes 10
      Two pairs, in ten minutes of processor time.
  impasto study norm --photos photos --artworks artworks --content photo.jpg --style waves.jpg -o studies
      Trains two networks on the photos and paints photo.jpg with each.
"""


@click.command("study", epilog=EXAMPLES)
@click.argument("name", required=False)
@click.option("--list", "listing", is_flag=True, help="List the studies.")
@click.option(
    "--content",
    "contents",
    multiple=True,
    metavar="PHOTO",
    help="Photo; repeat for several. layers-style looks at none.",
)
@click.option(
    "--style",
    "styles",
    multiple=True,
    metavar="PICTURE",
    help="Style picture; repeat for several, which go with the photos in turns. layers-content looks at none.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder for NAME.json, NAME.md and the figure; made if it is missing.",
)
@click.option(
    "--figure",
    type=click.Choice(["jpg", "png"]),
    default="jpg",
    show_default=True,
    help="Kind of the figure's file.",
)
@click.option("--quality", type=click.IntRange(1, 100), default=85, show_default=True, help="Of a JPEG figure.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@options_from(StudyOptions)
@json_flag
def command(
    *,
    name: str | None,
    listing: bool,
    contents: tuple[str, ...],
    styles: tuple[str, ...],
    output: Path | None,
    figure: str,
    quality: int,
    overwrite: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Run the study NAME, an experiment of the literature, and write its table and its figure."""
    if listing:
        _list(as_json=as_json)
        return 0
    if name is None:
        raise UsageError("no study is named: give one of those that 'impasto study --list' lists")
    study = find_study(name)
    options = StudyOptions(**given)
    if output is None:
        raise UsageError("there is no folder for what the study finds: give one with -o")
    files = {suffix: output / f"{name}.{suffix}" for suffix in ("json", "md", figure)}
    for file in files.values():
        check_target(file, overwrite=overwrite, inputs=files_named(contents, styles))
    photos = _read(contents, f"a photo of your own with --content, as {name} paints it") if study.photos else {}
    pictures = _read(styles, f"a style picture with --style, as {name} looks at it") if study.styles else {}
    _check_folder(output)
    with needs_extra("train", "a study"), _bar(name) as progress:
        import matplotlib as mpl  # noqa: F401 - some figures have a plot, which comes last

        findings = run_study(name, photos, pictures, options, start=_model_pastiche, progress=progress)
    record = _record(name, study, options=options, contents=list(photos), styles=list(pictures), findings=findings)
    text = json.dumps(record, indent=1, ensure_ascii=False)
    output.mkdir(parents=True, exist_ok=True)
    write_picture(files[figure], findings.figure, quality=quality, overwrite=overwrite)
    _write(files["md"], findings.markdown(study.summary, files[figure].name), overwrite=overwrite)
    _write(files["json"], text + "\n", overwrite=overwrite)
    if as_json:
        click.echo(text)
    else:
        print_table(findings.columns, [[cell_text(value) for value in row.values()] for row in findings.rows])
        click.echo("\n".join(["", " ".join(findings.notes), "", *map(str, files.values())]))
    return 0


def _list(*, as_json: bool) -> None:
    if as_json:
        facts = [
            {
                "name": name,
                "summary": study.summary,
                "source": study.source,
                "steps": study.steps,
                "photos": study.photos,
                "styles": study.styles,
                "trains": study.trains,
            }
            for name, study in STUDIES.items()
        ]
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    rows = [[name, study.summary, _needs(study), str(study.steps)] for name, study in STUDIES.items()]
    print_table(["study", "what it shows", "needs", "steps"], rows)


def _needs(study: Study) -> str:
    flags = (("--content", study.photos), ("--style", study.styles), ("--photos --artworks", study.trains))
    return " ".join(flag for flag, needs in flags if needs)


def _read(names: Sequence[str], wanted: str) -> dict[str, NDArray[np.uint8]]:
    """Pictures by the stem of their file, with a number where two are called alike.

    Raises:
        UsageError: there is none; ``wanted`` says what to give.
        ImageError: one cannot be read.
    """
    if not names:
        raise UsageError(f"Impasto ships no pictures to study: give {wanted}")
    pictures: dict[str, NDArray[np.uint8]] = {}
    for name in names:
        stem, number = Path(name).stem, 1
        while stem in pictures:
            number += 1
            stem = f"{Path(name).stem} {number}"
        pictures[stem] = read_picture(name).visible
    return pictures


def _model_pastiche(photo: NDArray[np.uint8], style: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from impasto.inference.stylizer import Stylizer

    stylizer = Stylizer.load()
    return stylizer.stylize(photo, stylizer.encode_style(style), size=512)


def _record(
    name: str, study: Study, *, options: StudyOptions, contents: list[str], styles: list[str], findings: Findings
) -> dict[str, Any]:
    return {
        "study": name,
        "summary": study.summary,
        "source": study.source,
        "contents": contents,
        "styles": styles,
        "options": {**options.as_dict(), "steps": options.steps or study.steps},
        "notes": " ".join(findings.notes),
        "rows": list(findings.rows),
        **findings.data,
    }


def _check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or written, before the minutes that its content takes."""
    nearest = next((one for one in (folder, *folder.parents) if one.exists()), Path())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise UsageError(
            f"cannot write in {folder}, as {nearest} is no folder that may be written: name another with -o"
        )


def _write(path: Path, text: str, *, overwrite: bool) -> None:
    try:
        write_atomically(path, text.encode(), overwrite=overwrite)
    except FileExistsError:
        raise OutputExists(f"{path} has come into being meanwhile; give another folder with -o") from None
    except OSError as error:
        raise ImageError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(name, total=1.0)
        lines = Lines(name)

        def tell(now: Any) -> None:  # rich's own Progress hides ours here
            bar.update(task, completed=now.done, description=f"{name}: {now.doing}")
            lines.tell(now.done, now.doing)

        yield tell
