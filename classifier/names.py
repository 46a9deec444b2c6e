"""Names of files that strangers chose."""

from __future__ import annotations


def clean_name(name: str) -> str:
    """The name without control characters, short enough for its column."""
    return "".join(filter(str.isprintable, name))[:255]
