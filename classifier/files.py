"""Private files that are written before their rows, and removed should these fail."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import uuid4

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage


def store_file(folder: str, content: bytes, undo: ExitStack, suffix: str = "") -> str:
    """Store bytes under a random name, and plan their removal should all fail."""
    name = default_storage.save(f"{folder}/{uuid4().hex}{suffix}", ContentFile(content))
    undo.callback(default_storage.delete, name)
    return name


def store_stream(folder: str, file: File, undo: ExitStack) -> str:
    """The same of a file that may lie on disk; it never is in memory as a whole."""
    name = default_storage.save(f"{folder}/{uuid4().hex}", file)
    undo.callback(default_storage.delete, name)
    return name
