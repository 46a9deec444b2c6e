"""Numbers → the rectangles of a bar chart, for a template to draw as SVG.

All positions are in units of the chart's view box and are text, so that no language's
decimal comma gets into them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 260
TOP, BOTTOM, SIDE = 16, 34, 52
GAP = 0.25


@dataclass(frozen=True)
class Bar:
    """A rectangle; `kind` names its colour."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Mark:
    """A word of an axis, and the line that belongs to it on the vertical one."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class Chart:
    """Everything that is drawn."""

    bars: list[Bar]
    columns: list[Mark]
    levels: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = SIDE


def bar_chart(
    *, columns: Sequence[Mapping[str, int]], labels: Sequence[str], every: int = 1
) -> Chart:
    """Stacked bars: each column maps kinds, from the bottom up, to counts.

    Each `every`-th label is written. The vertical axis ends at a round number.
    """
    top = _round_up(max((sum(column.values()) for column in columns), default=0))
    step = (WIDTH - SIDE) / max(1, len(columns))
    scale = (HEIGHT - TOP - BOTTOM) / top
    bars = []
    for index, column in enumerate(columns):
        base = float(HEIGHT - BOTTOM)
        for kind, number in column.items():
            height = number * scale
            base -= height
            left = SIDE + (index + GAP / 2) * step
            if number:
                bars.append(
                    Bar(kind, _at(left), _at(base), _at(step * (1 - GAP)), _at(height))
                )
    words = [
        Mark(_at(SIDE + (index + 0.5) * step), _at(HEIGHT - BOTTOM + 22), label)
        for index, label in enumerate(labels)
        if (len(labels) - 1 - index) % every == 0
    ]
    levels = [
        Mark(_at(SIDE - 8), _at(HEIGHT - BOTTOM - level * scale), f"{level:,}")
        for level in dict.fromkeys((0, top // 2 if top % 2 == 0 else 0, top))
    ]
    return Chart(bars, words, levels)


def _round_up(number: int) -> int:
    """1, 2 or 5 times a power of ten, at least as large."""
    if number <= 1:
        return 1
    power = 10 ** math.floor(math.log10(number))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= number)


def _at(position: float) -> str:
    return f"{position:.1f}"
