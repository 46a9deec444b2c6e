"""How templates write a measured rate."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from classifier.error_rates import Rate

register = template.Library()


@register.filter
def rate(value: Rate | None) -> SafeString | str:
    """The share in per cent, then the counts and the 95 % interval."""
    if value is None:
        return "not measured"
    return format_html(
        "<strong>{}%</strong> <small>{} of {}, {}–{}%</small>",
        _per_cent(value.share),
        value.count,
        value.n,
        _per_cent(value.low),
        _per_cent(value.high),
    )


def _per_cent(share: float) -> str:
    """One digit behind the point below 10 %, where it matters."""
    return f"{share * 100:.1f}" if 0 < share < 0.0995 else f"{share * 100:.0f}"
