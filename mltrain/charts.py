"""Line charts as SVG text, for a report that needs no other file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 460, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 40, 14, 46
# Okabe and Ito's colours, which people with any colour vision can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


@dataclass(frozen=True)
class Series:
    """One line: its name and its points (x, y), from left to right."""

    name: str
    points: Sequence[tuple[float, float]]
    marked: bool = False


@dataclass(frozen=True)
class Chart:
    """A line chart over the given ranges.

    `ticks` places words on the x axis instead of numbers; `diagonal` draws the line
    from corner to corner.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    ticks: Sequence[tuple[float, str]] = field(default_factory=tuple)
    diagonal: bool = False

    def svg(self) -> SafeString:
        """The chart as one `<svg>` element; every text in it is escaped."""
        return format_html(
            '<figure><figcaption>{}</figcaption><svg viewBox="0 0 {} {}" role="img" '
            'aria-label="{}">{}{}{}</svg>{}</figure>',
            self.title,
            WIDTH,
            HEIGHT,
            self.title,
            self._axes(),
            self._diagonal(),
            self._lines(),
            self._legend(),
        )

    def _x(self, value: float) -> str:
        return _place(value, self.x_range, LEFT, WIDTH - RIGHT)

    def _y(self, value: float) -> str:
        return _place(value, self.y_range, HEIGHT - BOTTOM, TOP)

    def _axes(self) -> SafeString:
        x_ticks = self.ticks or [(v, f"{v:g}") for v in _steps(self.x_range)]
        vertical = format_html_join(
            "",
            '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>',
            ((self._x(at), HEIGHT - BOTTOM + 16, word) for at, word in x_ticks),
        )
        horizontal = format_html_join(
            "",
            '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
            '<text class="tick" x="{}" y="{}" dy="4" text-anchor="end">{}</text>',
            (
                (LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y, f"{value:g}")
                for value in _steps(self.y_range)
                for y in [self._y(value)]
            ),
        )
        labels = format_html(
            '<text x="{}" y="{}" text-anchor="middle">{}</text>'
            '<text x="14" y="{}" text-anchor="middle" transform="rotate(-90 14 {})">'
            "{}</text>",
            (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8,
            self.x_label,
            (TOP + HEIGHT - BOTTOM) / 2,
            (TOP + HEIGHT - BOTTOM) / 2,
            self.y_label,
        )
        return format_html("{}{}{}", horizontal, vertical, labels)

    def _diagonal(self) -> SafeString:
        if not self.diagonal:
            return mark_safe("")
        return format_html(
            '<line class="diagonal" x1="{}" y1="{}" x2="{}" y2="{}"/>',
            self._x(self.x_range[0]),
            self._y(self.y_range[0]),
            self._x(self.x_range[1]),
            self._y(self.y_range[1]),
        )

    def _lines(self) -> SafeString:
        lines = format_html_join(
            "",
            '<polyline fill="none" stroke="{}" stroke-width="2" points="{}"/>',
            (
                (colour, " ".join(f"{self._x(x)},{self._y(y)}" for x, y in s.points))
                for s, colour in self._coloured()
            ),
        )
        dots = format_html_join(
            "",
            '<circle cx="{}" cy="{}" r="3" fill="{}"/>',
            (
                (self._x(x), self._y(y), colour)
                for s, colour in self._coloured()
                if s.marked
                for x, y in s.points
            ),
        )
        return format_html("{}{}", lines, dots)

    def _legend(self) -> SafeString:
        items = format_html_join(
            "",
            '<li><span style="background:{}"></span>{}</li>',
            ((colour, s.name) for s, colour in self._coloured()),
        )
        return format_html('<ul class="legend">{}</ul>', items)

    def _coloured(self) -> list[tuple[Series, str]]:
        return [(s, COLOURS[i % len(COLOURS)]) for i, s in enumerate(self.series)]


def _place(value: float, bounds: tuple[float, float], first: int, last: int) -> str:
    """Where a value lies in pixels, kept inside the frame."""
    low, high = bounds
    share = min(1.0, max(0.0, (value - low) / ((high - low) or 1)))
    return f"{first + share * (last - first):.1f}"


def _steps(bounds: tuple[float, float], count: int = 5) -> list[float]:
    low, high = bounds
    return [round(low + (high - low) * i / count, 4) for i in range(count + 1)]
