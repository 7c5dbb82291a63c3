r"""A blind jury: sheets of several painters' pastiches without their names, and the count of what jurors choose.

    python benchmarks/jury.py sheets --content photos --style artworks -o round1 \
        --painter ours=pastiches --painter theirs=their-pastiches --rows 40
    python benchmarks/jury.py count round1/key.json ranks-ann.txt ranks-ben.json
    python benchmarks/jury.py figures round1/key.json ranks-*.json --content photos --style artworks \
        --painter ours=pastiches --painter theirs=their-pastiches

`sheets` writes round1/sheets, a folder to hand to a juror (pictures and how to answer), and round1/key.json, which no
juror may see. `count` tells who was chosen. `figures` tells how often each figure of `impasto evaluate` would have
chosen as the jurors did. Pastiches are named PHOTO--STYLE.png, as `impasto evaluate` writes them; PHOTO__STYLE.png is
found too. docs/measuring.md describes how to ask. `COMMAND --help` lists what each takes. Needs the extra [train].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations, permutations
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np

from impasto import read_picture, write_picture
from impasto.cli.pastiches import Pixels, read_samples
from impasto.errors import ImpastoError, UsageError
from impasto.files import write_atomically
from impasto.image.sheet import contact_sheet
from impasto.metrics.stylization import Features, Figures, Meter, centre_crop, mean
from impasto.nn.vgg_weights import load_vgg19

LETTERS = "ABCDEFGH"
SEPARATORS = ("--", "__")
RESAMPLES = 2000
ASK = """\
Every row of a sheet shows a photo, an artwork, and the photo painted like the artwork by {painters} painters:
{letters}.
Which would you hang, if you had asked for your photo painted like this artwork?

Look at each sheet at full size, row by row. For every row write the letters, best first, and a few words why.
Write one line for a row into a text file: the sheet's number, the row's number, the letters, the words. For example

    1 1 {example} the whole face is there; the second keeps the photo's colours
    1 2 {second} paint everywhere, sky too; the last is muddy

Rank all {rows} rows, without ties. Look at nothing else, and ask nobody.
"""

Row: TypeAlias = "tuple[int, int]"  # the sheet's number, and the row's on it


@dataclass(frozen=True)
class Shown:
    """A row that was shown: whose photo and artwork, and who was behind the letters."""

    photo: str
    style: str
    painters: dict[str, str]


@dataclass(frozen=True)
class Ranking:
    """One juror's order of one row, painters' names, best first."""

    juror: str
    row: Row
    style: str
    order: tuple[str, ...]

    @property
    def choices(self) -> Iterator[tuple[str, str]]:
        """Every two painters, the better one first."""
        return combinations(self.order, 2)


def main() -> None:
    """Make sheets, count, or compare figures with jurors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    painters = argparse.ArgumentParser(add_help=False)
    painters.add_argument("--content", type=Path, required=True, help="folder of photos")
    painters.add_argument("--style", type=Path, required=True, help="folder of artworks")
    painters.add_argument(
        "--painter",
        action="append",
        required=True,
        metavar="NAME=FOLDER",
        help="a painter and the folder of its pastiches, once for each",
    )
    rankings = argparse.ArgumentParser(add_help=False)
    rankings.add_argument("key", type=Path, help="key.json of the round")
    rankings.add_argument(
        "ranks",
        type=Path,
        nargs="+",
        help="a juror's rankings: lines 'SHEET ROW BAC why', or JSON [[sheet, row, \"BAC\"], ...], best first",
    )
    rankings.add_argument("--json", action="store_true", help="print JSON instead of tables")

    sheets = commands.add_parser("sheets", parents=[painters], help="make blind sheets and their key")
    sheets.set_defaults(run=_sheets)
    sheets.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="a new folder")
    sheets.add_argument("--pairs", type=Path, metavar="FILE", help="show only these pairs, PHOTO--STYLE a line")
    sheets.add_argument("--rows", type=int, default=40, help="how many pairs are shown (40)")
    sheets.add_argument("--rows-per-sheet", type=int, default=4, help="(4)")
    sheets.add_argument("--side", type=int, default=360, help="of a picture on the sheet, in pixels (360)")
    sheets.add_argument("--seed", type=int, default=1, help="another one gives other rows and other letters (1)")
    count = commands.add_parser("count", parents=[rankings], help="count the rankings that jurors return")
    count.set_defaults(run=_count)
    figures = commands.add_parser("figures", parents=[rankings, painters], help="compare figures with jurors")
    figures.set_defaults(run=_figures)
    figures.add_argument("--size", type=int, default=512, help="side of the pastiches, in pixels (512)")
    arguments = parser.parse_args()
    try:
        print(arguments.run(arguments))
    except ImpastoError as error:
        print(f"jury: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _sheets(arguments: argparse.Namespace) -> str:
    folders = painters_from(arguments.painter)
    if min(arguments.rows, arguments.rows_per_sheet) < 1 or not 32 <= arguments.side <= 4096:
        raise UsageError("expected at least 1 row, 1 row per sheet, and a side of 32 to 4096 px")
    if arguments.output.exists():
        raise UsageError(f"{arguments.output} exists already; give a new folder, as jurors may have ranked that one")
    photos, styles = (_originals(getattr(arguments, role), arguments.side) for role in ("content", "style"))
    wanted = None if arguments.pairs is None else set(_text(arguments.pairs).split())
    found = pairs_of(folders, photos, styles, wanted)
    dice = random.Random(arguments.seed)
    chosen = chosen_rows(found, arguments.rows, dice)
    key, cells = [], []
    for index, ((photo, style), names) in enumerate(zip(chosen, _orders(list(folders), dice), strict=False)):
        sheet, row = (number + 1 for number in divmod(index, arguments.rows_per_sheet))
        behind = dict(zip(LETTERS, names, strict=False))
        key.append({"sheet": sheet, "row": row, "photo": photo, "style": style, "painters": behind})
        pastiches = ((letter, _pastiche(folders[name], photo, style)) for letter, name in behind.items())
        shown = ((letter, centre_crop(read_picture(file).pixels, arguments.side)) for letter, file in pastiches if file)
        pictures = [("photo", photos[photo]), ("artwork", styles[style]), *shown]
        cells.append([(f"{row}  {label}", picture) for label, picture in pictures])
    folder = arguments.output / "sheets"
    folder.mkdir(parents=True)
    for first in range(0, len(cells), arguments.rows_per_sheet):
        rows = cells[first : first + arguments.rows_per_sheet]
        sheet_of = contact_sheet(list(chain(*rows)), columns=len(rows[0]), side=arguments.side)
        write_picture(folder / f"sheet-{first // arguments.rows_per_sheet + 1}.png", sheet_of)
    letters = LETTERS[: len(folders)]
    ask = ASK.format(
        painters=len(folders), letters=", ".join(letters), example=letters[::-1], second=letters, rows=len(chosen)
    )
    write_atomically(folder / "how-to-answer.txt", ask.encode(), overwrite=False)
    write_atomically(arguments.output / "key.json", (json.dumps(key, indent=1) + "\n").encode(), overwrite=False)
    return f"{len(chosen)} rows: hand {folder} to each juror, and keep {arguments.output / 'key.json'} from them"


def painters_from(given: Sequence[str]) -> dict[str, Path]:
    """The painters' folders by name, of ``NAME=FOLDER``.

    Raises:
        UsageError: one is not of that form, is no folder, or is named twice; or they are too few or too many.
    """
    folders: dict[str, Path] = {}
    for one in given:
        name, _, folder = one.partition("=")
        if not name or not Path(folder).is_dir() or not folder:
            raise UsageError(f"--painter {one} is not NAME=FOLDER with a folder that exists")
        if name in folders:
            raise UsageError(f"two painters are named {name}; give each its own name")
        folders[name] = Path(folder)
    if not 2 <= len(folders) <= len(LETTERS):
        raise UsageError(f"got {len(folders)} painters, expected 2 to {len(LETTERS)}")
    return folders


def pairs_of(
    folders: dict[str, Path], photos: Iterable[str], styles: Iterable[str], wanted: set[str] | None
) -> list[tuple[str, str]]:
    """The pairs, photo and style, that every painter has painted, by name.

    Args:
        wanted: names PHOTO--STYLE or PHOTO__STYLE; only these, and each of them. All that there are unless given.

    Raises:
        UsageError: there are none, or a painter lacks a wanted one.
    """
    styles, left = sorted(styles), set(wanted or ())
    pairs = []
    for photo in sorted(photos):
        for style in styles:
            names = {photo + separator + style for separator in SEPARATORS}
            if wanted is not None and not names & wanted:
                continue
            left -= names
            lacking = [name for name, folder in folders.items() if _pastiche(folder, photo, style) is None]
            if not lacking:
                pairs.append((photo, style))
            elif wanted is not None:
                raise UsageError(f"{folders[lacking[0]]} lacks {photo}--{style}.png, which {lacking[0]} was to paint")
    if left:
        raise UsageError(f"there are no photo and artwork for the pair {min(left)}; expected PHOTO--STYLE a line")
    if not pairs:
        raise UsageError("there is no PHOTO--STYLE.png that all painters have, of a photo and an artwork given")
    return pairs


def chosen_rows(pairs: Sequence[tuple[str, str]], count: int, dice: random.Random) -> list[tuple[str, str]]:
    """Pairs to show: styles in turn, of each the photo that was shown least; all pairs if there are no more."""
    left = list(pairs)
    dice.shuffle(left)
    turns = list(dict.fromkeys(style for _, style in left))
    photos: Counter[str] = Counter()
    rows: list[tuple[str, str]] = []
    while left and len(rows) < count:
        for style in turns:
            mine = [pair for pair in left if pair[1] == style]
            if mine and len(rows) < count:
                pair = min(mine, key=lambda one: photos[one[0]])
                left.remove(pair)
                photos[pair[0]] += 1
                rows.append(pair)
    return rows


def _orders(names: list[str], dice: random.Random) -> Iterator[tuple[str, ...]]:
    """Orders of the painters, each as often as any other, so that no place on the sheet favours one."""
    while True:
        deck = list(permutations(names))
        dice.shuffle(deck)
        yield from deck


def _originals(folder: Path, side: int) -> dict[str, Pixels]:
    samples, skipped = read_samples(folder, None, side)
    for reason in skipped:
        print(f"jury: skipped: {reason}", file=sys.stderr)
    return {sample.name: sample.pixels for sample in samples}


def _pastiche(folder: Path, photo: str, style: str) -> Path | None:
    files = (folder / f"{photo}{separator}{style}.png" for separator in SEPARATORS)
    return next((file for file in files if file.is_file()), None)


def read_key(file: Path) -> dict[Row, Shown]:
    """The rows of a round, as ``sheets`` wrote them.

    Raises:
        UsageError: it is no such file.
    """
    try:
        rows = {(one["sheet"], one["row"]): Shown(one["photo"], one["style"], one["painters"]) for one in _json(file)}
    except (KeyError, TypeError):
        rows = {}
    if not rows:
        raise UsageError(f"{file} is not a round's key; give the key.json that 'jury.py sheets' wrote")
    return rows


def read_rankings(file: Path, key: dict[Row, Shown]) -> list[Ranking]:
    """What one juror answered. The juror's name is the file's, without ``ranks-``.

    Args:
        file: lines 'SHEET ROW BAC why', or if its name ends in .json, [[sheet, row, "BAC"], ...], best first.

    Raises:
        UsageError: it cannot be read, has a row that was not shown or was ranked before, or an order that does not
            name each painter of the row once.
    """
    if file.suffix == ".json":
        answers = _json(file)
    else:
        answers = [line.split(maxsplit=3) for line in _text(file).splitlines() if line.strip()]
    rankings: dict[Row, Ranking] = {}
    for answer in answers:
        try:
            sheet, row, letters = answer[:3]
            place = int(sheet), int(row)
            letters = letters.upper()
        except (TypeError, ValueError, AttributeError):
            raise UsageError(
                f'{file} holds {answer!r}; expected the sheet, the row and an order such as "BAC"'
            ) from None
        if place not in key or place in rankings:
            why = "was ranked twice" if place in rankings else "was not shown"
            raise UsageError(f"{file} ranks row {place[1]} of sheet {place[0]}, which {why}; mend that line")
        shown = key[place]
        if sorted(letters) != sorted(shown.painters):
            expected = "".join(sorted(shown.painters))
            raise UsageError(
                f"{file} ranks row {place[1]} of sheet {place[0]} as {letters}; expected each of {expected} once"
            )
        order = tuple(shown.painters[letter] for letter in letters)
        rankings[place] = Ranking(file.stem.removeprefix("ranks-"), place, shown.style, order)
    if not rankings:
        raise UsageError(f"{file} ranks no row; expected a line 'SHEET ROW BAC' for each")
    return list(rankings.values())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file} as text: {error}") from None


def _json(file: Path) -> list[Any]:
    try:
        found = json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise UsageError(f"{file} is not JSON: {error}") from None
    if not isinstance(found, list):
        raise UsageError(f"{file} holds no JSON list")
    return found


def _count(arguments: argparse.Namespace) -> str:
    rankings = _rankings(arguments)
    facts = counted(rankings)
    return json.dumps(facts, indent=1, ensure_ascii=False) if arguments.json else tables(facts)


def _rankings(arguments: argparse.Namespace) -> list[Ranking]:
    key = read_key(arguments.key)
    rankings = [ranking for file in arguments.ranks for ranking in read_rankings(file, key)]
    twice = Counter((ranking.juror, ranking.row) for ranking in rankings)
    if twice and max(twice.values()) > 1:
        (juror, _), _ = twice.most_common(1)[0]
        raise UsageError(f"two files are of the juror {juror}; name each file after its own juror")
    return rankings


def counted(rankings: Sequence[Ranking]) -> dict[str, Any]:
    """Who was chosen how often: together, by juror and by style; who over whom; and how far jurors agree."""
    painters = sorted({name for ranking in rankings for name in ranking.order})
    wins = Counter(choice for ranking in rankings for choice in ranking.choices)
    jurors = _grouped(rankings, "juror")
    together = _places(rankings, painters)
    for name, (first, last) in _spreads(rankings, painters).items():
        together[name] |= {"first_95": first, "last_95": last}
    return {
        "rows": len({ranking.row for ranking in rankings}),
        "rankings": len(rankings),
        "together": together,
        "over": {name: {other: wins[name, other] for other in painters if other != name} for name in painters},
        "by_juror": {juror: _places(theirs, painters) for juror, theirs in jurors.items()},
        "by_style": {style: _places(found, painters) for style, found in sorted(_grouped(rankings, "style").items())},
        "agreement": [_agreement(jurors, one, other) for one, other in combinations(jurors, 2)],
    }


def _grouped(rankings: Iterable[Ranking], field: str) -> dict[str, list[Ranking]]:
    groups: dict[str, list[Ranking]] = {}
    for ranking in rankings:
        groups.setdefault(getattr(ranking, field), []).append(ranking)
    return groups


def _places(rankings: Sequence[Ranking], painters: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in painters:
        places = [ranking.order.index(name) + 1 for ranking in rankings if name in ranking.order]
        last = sum(ranking.order[-1] == name for ranking in rankings)
        if places:
            counts = Counter(places)
            found[name] = {"first": counts[1], "second": counts[2], "last": last, "mean_place": fmean(places)}
    return dict(sorted(found.items(), key=lambda one: one[1]["mean_place"]))


def _spreads(rankings: Sequence[Ranking], painters: Sequence[str]) -> dict[str, list[list[float]]]:
    """95 % intervals of the shares of firsts and of lasts, by drawing the rows again and again.

    Rows, not rankings: two jurors' opinions of one row are not two rows.
    """
    rows = sorted({ranking.row for ranking in rankings})
    drawn = np.random.default_rng(0).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), RESAMPLES)
    of_row = [[ranking for ranking in rankings if ranking.row == row] for row in rows]
    totals = drawn @ np.array([len(found) for found in of_row])
    return {
        name: [
            np.percentile(
                drawn @ np.array([sum(one.order[place] == name for one in found) for found in of_row]) / totals,
                (2.5, 97.5),
            ).tolist()
            for place in (0, -1)
        ]
        for name in painters
    }


def _agreement(jurors: dict[str, list[Ranking]], one: str, other: str) -> dict[str, Any]:
    """Of the rows that both ranked: the share of choices between two painters, and of firsts, that are the same."""
    theirs = {ranking.row: ranking for ranking in jurors[other]}
    both = [(ranking, theirs[ranking.row]) for ranking in jurors[one] if ranking.row in theirs]
    same = [choice in set(second.choices) for first, second in both for choice in first.choices]
    firsts = [first.order[0] == second.order[0] for first, second in both]
    return {
        "jurors": [one, other],
        "rows": len(both),
        "choices": fmean(same) if same else None,
        "firsts": fmean(firsts) if firsts else None,
    }


def _figures(arguments: argparse.Namespace) -> str:
    rankings, key, folders = _rankings(arguments), read_key(arguments.key), painters_from(arguments.painter)
    pairs = {row: (key[row].photo, key[row].style) for row in sorted({ranking.row for ranking in rankings})}
    unknown = {name for row in pairs for name in key[row].painters.values()} - set(folders)
    if unknown:
        raise UsageError(f"{arguments.key} shows the painter {min(unknown)}; give its folder with --painter")
    photos, styles = (_originals(getattr(arguments, role), arguments.size) for role in ("content", "style"))
    pairs_of(folders, photos, styles, {"--".join(pair) for pair in pairs.values()})
    meter = Meter(load_vgg19())

    @cache
    def of_photo(name: str) -> Features:
        return meter.features(photos[name])

    @cache
    def of_style(name: str) -> Features:
        return meter.features(styles[name])

    found: dict[Row, dict[str, Figures]] = {}
    for row, (photo, style) in pairs.items():
        files = {name: _pastiche(folders[name], photo, style) for name in key[row].painters.values()}
        found[row] = {
            name: meter.compare(
                centre_crop(read_picture(file).pixels, arguments.size), of_photo(photo), of_style(style)
            )
            for name, file in files.items()
            if file
        }
    facts = {
        "rows": len(pairs),
        "choices": sum(len(list(ranking.choices)) for ranking in rankings),
        "agreement": agreement_of_figures(found, rankings),
        "means": {
            name: mean([of_row[name] for of_row in found.values() if name in of_row]).as_dict() for name in folders
        },
    }
    if arguments.json:
        return json.dumps(facts, indent=1)
    means = facts["means"].values()
    rows = (
        [figure, f"{share:.0%}", *(f"{of_painter[figure]:.3f}" for of_painter in means)]
        for figure, share in facts["agreement"].items()
    )
    return (
        f"How often a figure chooses as the jurors did, of {facts['choices']} choices between two painters on "
        f"{facts['rows']} rows (by chance 50 %), and its means:\n\n{_table(['', 'agrees', *facts['means']], rows)}"
    )


def agreement_of_figures(found: dict[Row, dict[str, Figures]], rankings: Iterable[Ranking]) -> dict[str, float]:
    """Of all choices between two painters, the share in which the preferred one has the better figure.

    Equal figures count a half. Lower is better but for SSIM.
    """
    shares: dict[str, list[float]] = {}
    for ranking in rankings:
        figures = {name: one.as_dict() for name, one in found[ranking.row].items()}
        for better, other in ranking.choices:
            for figure, value in figures[better].items():
                behind = figures[other][figure] - value
                right = -behind if figure == "ssim" else behind
                shares.setdefault(figure, []).append(0.5 + 0.5 * float(np.sign(right)))
    return {figure: fmean(values) for figure, values in shares.items()}


def tables(facts: dict[str, Any]) -> str:
    """What :func:`counted` found, as Markdown."""
    together, over = facts["together"], facts["over"]
    names = list(together)
    parts = [
        f"Rows: {facts['rows']}, jurors: {len(facts['by_juror'])}, rankings: {facts['rankings']}; 95 % intervals:",
        _table(
            ["", "first", "second", "last", "mean place", "first, share", "last, share"],
            (
                [
                    *_row_of(name, found),
                    _share(found["first"] / facts["rankings"], found["first_95"]),
                    _share(found["last"] / facts["rankings"], found["last_95"]),
                ]
                for name, found in together.items()
            ),
        ),
        "Preferred (row over column):",
        _table(
            ["", *names],
            (
                [name, *("" if other == name else f"{over[name][other]} : {over[other][name]}" for other in names)]
                for name in names
            ),
        ),
        "By juror:",
        _table(
            ["", "", "first", "second", "last", "mean place"],
            (
                [juror, *_row_of(name, found)]
                for juror, places in facts["by_juror"].items()
                for name, found in places.items()
            ),
        ),
        "By artwork, mean place (times first):",
        _table(["", *names], ([style, *_cells(places, names)] for style, places in facts["by_style"].items())),
    ]
    if facts["agreement"]:
        parts += [
            f"How often jurors agree, of two painters (by chance 50 %) and of the first ({1 / len(names):.0%}):",
            _table(
                ["", "rows", "choices", "firsts"],
                (
                    [
                        " and ".join(one["jurors"]),
                        str(one["rows"]),
                        *("–" if one[of] is None else f"{one[of]:.0%}" for of in ("choices", "firsts")),
                    ]
                    for one in facts["agreement"]
                ),
            ),
        ]
    return "\n\n".join(parts)


def _row_of(name: str, found: dict[str, Any]) -> list[str]:
    return [name, *(str(found[place]) for place in ("first", "second", "last")), f"{found['mean_place']:.2f}"]


def _cells(places: dict[str, dict[str, Any]], names: Sequence[str]) -> list[str]:
    return [f"{places[name]['mean_place']:.1f} ({places[name]['first']})" if name in places else "" for name in names]


def _share(share: float, interval: Sequence[float]) -> str:
    return f"{share:.0%} ({interval[0]:.0%} to {interval[1]:.0%})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
