"""Typed readers of environment variables that reject bad values with a sentence."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

TRUE_WORDS = ("true", "1", "yes", "on")
FALSE_WORDS = ("false", "0", "no", "off")

KEY_BYTES = 32

# The units that both django-ninja and Django REST framework understand.
RATE = re.compile(r"[1-9]\d*/(s|sec|m|min|h|hour|d|day)")


class Environment:
    """Variables by name; an empty or blank value counts as unset.

    Every reader raises `ImproperlyConfigured` with the name, the rule and the value.
    """

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self._values = values

    @classmethod
    def load(cls, dotenv: Path) -> Environment:
        """The process's variables, and below them those of an optional `.env` file."""
        return cls({**dotenv_values(dotenv), **os.environ})

    def text(self, name: str, default: str = "") -> str:
        """Any text, without the blanks around it."""
        return (self._values.get(name) or "").strip() or default

    def boolean(self, name: str, default: bool) -> bool:
        """`true` or `false` (also 1/0, yes/no, on/off) in any case."""
        value = self.text(name)
        if not value:
            return default
        if value.lower() in TRUE_WORDS:
            return True
        if value.lower() in FALSE_WORDS:
            return False
        raise _rejected(name, "true or false", value)

    def integer(self, name: str, default: int, minimum: int = 0) -> int:
        """A whole number of at least `minimum`."""
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]+", value) or int(value) < minimum:
            raise _rejected(name, f"a whole number of at least {minimum}", value)
        return int(value)

    def items(self, name: str, default: list[str]) -> list[str]:
        """A list whose items are separated by commas."""
        value = self.text(name)
        if not value:
            return default
        return [item.strip() for item in value.split(",") if item.strip()]

    def path(self, name: str, default: Path) -> Path:
        """A path; a relative one is taken from the working directory."""
        value = self.text(name)
        return Path(value).expanduser().resolve() if value else default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`, in any case."""
        value = self.text(name, default).lower()
        if value not in choices:
            raise _rejected(name, f"one of {', '.join(choices)}", value)
        return value

    def rate(self, name: str, default: str) -> str:
        """Requests per period, such as `30/min`."""
        value = self.text(name, default)
        if not RATE.fullmatch(value):
            raise _rejected(name, "a number per s, min, hour or day (30/min)", value)
        return value

    def keys(self, name: str) -> list[bytes]:
        """Keys of 32 bytes in base64url, separated by commas; never shown in errors."""
        return [_key(name, item) for item in self.items(name, default=[])]

    def key(self, name: str) -> bytes | None:
        """One such key; None where it is unset."""
        value = self.text(name)
        return _key(name, value) if value else None


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(
            f"{name} must hold keys of {KEY_BYTES} bytes in base64url; "
            "docs/receipts.md says how to make one."
        )
    return key


def _rejected(name: str, rule: str, value: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} must be {rule}, not {value!r}.")
