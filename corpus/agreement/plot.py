"""Plot the figures of agreement: a chart for each layer, and a heat map of documents by layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.model import CorpusError
from ..files import replace_file
from .measure import Result
from .render import TITLES

if TYPE_CHECKING:
    import pandas as pd

ENDS = (".png", ".svg")
_DOCUMENTS = 60
"""The most documents in the heat map, worst first."""


def plot(result: Result, path: Path) -> None:
    """Write the plot to a .png or .svg file. Raises CorpusError for another suffix, or without matplotlib."""
    if path.suffix.lower() not in ENDS:
        raise CorpusError(f"{path}: a plot must be a {' or '.join(ENDS)} file")
    if not result.documents:
        raise CorpusError("no document was annotated by two of these annotators, so there is nothing to plot")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise CorpusError("a plot needs matplotlib: pip install 'on-the-record[plot]'") from None
    overall = result.overall
    layers = list(dict.fromkeys(overall["layer"]))
    heights = [max(1, int((overall["layer"] == layer).sum())) for layer in layers]
    worst = result.worst.head(_DOCUMENTS)
    with mpl.rc_context({"svg.hashsalt": "agreement", "font.family": "DejaVu Sans", "svg.fonttype": "path"}):
        size = max(0.26 * sum(heights) + 0.6 * len(layers), 0.3 * len(worst) + 2)
        figure = Figure(figsize=(14, max(4.0, size)), layout="constrained")
        halves: Any = figure.subfigures(1, 2, width_ratios=(3, 2))
        left, right = halves
        for axes, layer in zip(_axes(left, heights), layers, strict=True):
            _chart(axes, layer, overall[overall["layer"] == layer])
        if len(worst):
            _heat_map(right, worst)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        with replace_file(path) as out:
            figure.savefig(out, format=path.suffix[1:].lower(), metadata=metadata)


def _axes(figure: Any, heights: list[int]) -> list[Any]:
    grid = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)
    return list(grid[:, 0])


def _chart(axes: Any, layer: str, figures: pd.DataFrame) -> None:
    names = [f"{row.field} {TITLES[row.measure]}".strip() for row in figures.itertuples()]
    for at, row in enumerate(figures.itertuples()):
        if row.value == row.value:
            axes.plot([row.value], [at], "o", color="tab:blue")
        if row.low == row.low:
            axes.plot([row.low, row.high], [at, at], color="tab:blue")
    axes.set_title(layer, loc="left")
    axes.set_yticks(range(len(names)), [name.replace("$", r"\$") for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(min(0.0, float(figures[["value", "low"]].min().min())), 1.02)
    axes.grid(axis="x", alpha=0.4)


def _heat_map(figure: Any, worst: pd.DataFrame) -> None:
    axes = figure.subplots()
    image = axes.imshow(worst.to_numpy(float), vmin=0, vmax=1, aspect="auto", cmap="viridis")
    axes.set_xticks(range(len(worst.columns)), list(worst.columns), rotation=45, ha="right")
    axes.set_yticks(range(len(worst)), list(worst.index))
    axes.set_title("Documents, the worst first:\nrecords with equal labels, F1")
    figure.colorbar(image, ax=axes, shrink=0.5)
