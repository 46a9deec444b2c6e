"""What a picture's file says of its own origin, read from the bytes received."""

from __future__ import annotations

from classifier.provenance.reader import read
from classifier.provenance.signals import Signal, TrustSettings

__all__ = ["Signal", "TrustSettings", "read"]
