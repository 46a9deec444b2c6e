"""A browser in two words, from what it says of itself."""

from __future__ import annotations

from django.utils.translation import gettext

# Each browser names its ancestors too, so the youngest comes first.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """Such as “Firefox on Windows”; for display only, since anybody can write it."""
    browser = _first(BROWSERS, user_agent) or gettext("A browser")
    system = _first(SYSTEMS, user_agent)
    if system is None:
        return browser
    return gettext("%(browser)s on %(system)s") % {
        "browser": browser,
        "system": system,
    }


def _first(names: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in names if mark in text), None)
