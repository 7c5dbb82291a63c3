"""The losses of a painting over its steps, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

__all__ = ["plot_losses"]


def plot_losses(trace: Sequence[Mapping[str, Any]], title: str = "") -> bytes:
    """The objective and every term over the steps, on a logarithmic scale, with a line where a scale begins.

    Args:
        trace: :attr:`impasto.optimize.Painting.trace`.
        title: stands above it.

    Returns:
        a PNG of 1200×720 pixels.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    from matplotlib.figure import Figure  # without pyplot: no window, no global state

    figure = Figure(figsize=(10, 6), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    steps = [record["step"] for record in trace]
    for name in trace[0]["terms"] if trace else ():
        values = [record["terms"][name] for record in trace]
        axes.plot(steps, [value if value > 0 else float("nan") for value in values], linewidth=1, label=name)
    axes.plot(steps, [record["objective"] for record in trace], color="black", linewidth=2, label="objective")
    for record, before in zip(trace[1:], trace, strict=False):
        if record["scale"] != before["scale"]:
            axes.axvline(record["step"], color="0.8", linewidth=1, zorder=0)
    axes.set(xlabel="step", ylabel="loss before weights; objective", yscale="log", title=title)
    axes.legend(fontsize="small", loc="upper right")
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
