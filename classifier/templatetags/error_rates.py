"""How templates write a measured rate."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from classifier.error_rates import Rate

register = template.Library()


@register.filter
def rate(value: Rate | None) -> SafeString:
    """The share in per cent, then the counts and the 95 % interval."""
    if value is None:
        return format_html("<small>{}</small>", gettext("not measured"))
    counts = gettext("%(count)s of %(n)s")
    return format_html(
        # The range keeps its direction in a text that runs from right to left.
        "<strong>{}%</strong> <small>{}</small> <small><bdi>{}–{}%</bdi></small>",
        _per_cent(value.share),
        counts % {"count": f"{value.count:,}", "n": f"{value.n:,}"},
        _per_cent(value.low),
        _per_cent(value.high),
    )


def _per_cent(share: float) -> str:
    """One digit behind the point below 10 %, where it matters."""
    return f"{share * 100:.1f}" if 0.0005 <= share < 0.0995 else f"{share * 100:.0f}"
