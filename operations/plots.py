"""Figures as the geometry of small SVG drawings; a template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 140


@dataclass(frozen=True)
class Bar:
    """One bar in a drawing of WIDTH × HEIGHT; `text` is what a reader hears of it."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Bars:
    """A bar for each of a series; `top` is the value at the upper edge."""

    bars: list[Bar]
    top: str
    first: str
    last: str


def bars(series: Sequence[tuple[str, float]], *, digits: int = 0) -> Bars:
    """Bars of values ≥ 0 with their labels, scaled to the largest."""
    top = max((value for _, value in series), default=0)
    step = WIDTH / max(1, len(series))
    drawn = []
    for index, (label, value) in enumerate(series):
        height = HEIGHT * value / top if top else 0
        drawn.append(
            Bar(
                x=round(index * step + step * 0.1, 2),
                y=round(HEIGHT - height, 2),
                width=round(step * 0.8, 2),
                height=round(height, 2),
                text=f"{label}: {value:,.{digits}f}",
            )
        )
    return Bars(
        bars=drawn,
        top=f"{top:,.{digits}f}",
        first=series[0][0] if series else "",
        last=series[-1][0] if series else "",
    )
