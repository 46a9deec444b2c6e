"""Batches as tests send them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from tests.images import encode, plain

ADDRESS = "/predict/batch"


def red() -> bytes:
    """A picture that the tiny model calls `ai`."""
    return encode(plain("red"))


def blue() -> bytes:
    """A picture that the tiny model calls `human`."""
    return encode(plain("blue"))


def send(client: Client, *files: bytes, query: str = "", **more: Any) -> HttpResponse:
    """Post the files, named 0.png, 1.png, …; `more` are fields and headers."""
    headers = more.pop("headers", {})
    named = [SimpleUploadedFile(f"{n}.png", data) for n, data in enumerate(files)]
    return client.post(ADDRESS + query, {"files": named, **more}, headers=headers)


def labels(answer: dict[str, Any]) -> list[str | None]:
    """The verdict for each file, None where there is none."""
    return [item["result"] and item["result"]["label"] for item in answer["items"]]
