"""Charts as inline SVG: shares by split, and figures with intervals. Their numbers are also in a table beside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_ROW, _LEFT, _WIDTH, _RIGHT = 24, 150, 400, 60
_LOWEST = (0.8, 0.5, 0.0)
"""Where the axis of figures may begin: an axis from 0 to 1 would press high figures together."""


def bar(counts: Sequence[int], most: int, width: int = 160) -> Markup:
    """Return a bar with a segment for each count; `most` is the sum that fills the width, in pixels."""
    parts, at = [], 0.0
    for i, count in enumerate(counts):
        length = width * count / most if most else 0.0
        if count:
            shown = max(length - 1, 1)
            parts.append(f'<rect class="s{i % 6}" x="{_px(at)}" width="{_px(shown)}" height="10" y="1"/>')
        at += length
    size = f'width="{width}" height="12" viewBox="0 0 {width} 12"'
    return Markup(f'<svg class="bar" {size} aria-hidden="true">{"".join(parts)}</svg>')


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a chart: its name, value and interval (None where it is not defined), and its kind, 0 or 1."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    kind: int = 0


def intervals(figures: Sequence[Figure], title: str) -> Markup:
    """Return a chart with a row for each figure: a dot, a line for its interval, and the value in digits."""
    least = min(
        (one.low if one.low is not None else one.value for one in figures if one.value is not None), default=0.0
    )
    start = next((one for one in _LOWEST if one <= least - 0.02), min(0.0, least))
    height = _ROW * len(figures) + 26
    parts = []
    for step in range(6):
        value = start + (1 - start) * step / 5
        x = _px(_x(value, start))
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="2" y2="{height - 22}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{height - 6}" text-anchor="middle">{value:.2f}</text>')
    for i, one in enumerate(figures):
        parts.append(_row(one, start, _ROW * i + _ROW // 2 + 4))
    width = _LEFT + _WIDTH + _RIGHT
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{Markup.escape(title)}">{"".join(parts)}</svg>'
    )


def _row(one: Figure, start: float, y: int) -> str:
    place = f'x="{_LEFT - 14}" y="{y + 4}" text-anchor="end"'
    parts = [f'<text class="name k{one.kind}" {place}>{Markup.escape(one.name)}</text>']
    if one.value is None:
        parts.append(f'<text class="tick" x="{_LEFT + 4}" y="{y + 4}">not defined</text>')
        return "".join(parts)
    if one.low is not None and one.high is not None:
        left, right = _px(_x(one.low, start)), _px(_x(one.high, start))
        parts.append(f'<line class="span k{one.kind}" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')
    x = _x(one.value, start)
    if one.kind:
        parts.append(f'<rect class="dot k1" x="{_px(x - 4)}" y="{y - 4}" width="8" height="8"/>')
    else:
        parts.append(f'<circle class="dot k0" cx="{_px(x)}" cy="{y}" r="4.5"/>')
    parts.append(f'<text class="value" x="{_LEFT + _WIDTH + 12}" y="{y + 4}">{one.value:.3f}</text>')
    return "".join(parts)


def _x(value: float, start: float) -> float:
    return _LEFT + _WIDTH * (value - start) / (1 - start)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
