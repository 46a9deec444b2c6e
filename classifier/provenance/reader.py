"""Bytes of an upload → everything they say about the picture's origin."""

from __future__ import annotations

from classifier.provenance.signals import Signal, TrustSettings


def read(data: bytes, trust: TrustSettings | None = None) -> list[Signal]:
    """Every statement of origin in `data`, the strongest first.

    Never raises on malformed metadata; an empty list means that the file says
    nothing, which is no evidence for anything.
    """
    return []
