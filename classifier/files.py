"""Private files that are written before their rows, and removed should these fail."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def store_file(folder: str, content: bytes, undo: ExitStack, suffix: str = "") -> str:
    """Store bytes under a random name, and plan their removal should all fail."""
    name = default_storage.save(f"{folder}/{uuid4().hex}{suffix}", ContentFile(content))
    undo.callback(default_storage.delete, name)
    return name
