"""Bytes of an upload → everything they say about the picture's origin."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable

from classifier.provenance.container import Metadata, read_metadata
from classifier.provenance.credentials import read_credentials
from classifier.provenance.exif import read_exif
from classifier.provenance.generation import read_comment, read_texts
from classifier.provenance.iptc import read_iptc
from classifier.provenance.signals import Signal, Strength, TrustSettings
from classifier.provenance.xmp import read_xmp

logger = logging.getLogger(__name__)

MAX_SIGNALS = 20

_ORDER: dict[Strength, int] = {"trusted": 0, "signed": 1, "unsigned": 2, "broken": 3}


def read(data: bytes, trust: TrustSettings | None = None) -> list[Signal]:
    """Every statement of origin in `data`, the strongest first.

    `data` is the file as received, before anything is stripped. Never raises on
    malformed metadata, never opens a connection, decodes no pixel. At most
    `MAX_SIGNALS` signals; an empty list means that the file says nothing, which is
    no evidence for anything.
    """
    with warnings.catch_warnings():
        # Pillow warns of odd metadata; that is what the signals are for.
        warnings.simplefilter("ignore")
        found = _attempt(lambda: read_credentials(data, trust or TrustSettings()))
        found += _attempt(lambda: _read_unsigned(data))
    distinct: dict[tuple[str, ...], Signal] = {}
    for signal in found:
        distinct.setdefault(_gist(signal), signal)
    ordered = sorted(distinct.values(), key=lambda signal: _ORDER[signal.strength])
    return ordered[:MAX_SIGNALS]


def _gist(signal: Signal) -> tuple[str, ...]:
    """Equal for one statement that stands in the file twice, as in EXIF and XMP."""
    words = signal.data.get("software", signal.detail)
    return signal.strength, signal.claim, words


def _read_unsigned(data: bytes) -> list[Signal]:
    metadata: Metadata = read_metadata(data)
    return [
        *_attempt(lambda: read_xmp(metadata.xmp)),
        *_attempt(lambda: read_iptc(metadata.iptc)),
        *_attempt(lambda: read_exif(metadata.exif)),
        *_attempt(lambda: read_texts("png", metadata.texts)),
        *_attempt(lambda: read_comment(metadata.comment)),
    ]


def _attempt(reader: Callable[[], list[Signal]]) -> list[Signal]:
    """What `reader` finds, or nothing: broken metadata never breaks a prediction."""
    try:
        return reader()
    except Exception as error:  # noqa: BLE001 - parsers meet bytes of any strangers
        logger.info("metadata skipped: %s", type(error).__name__)
        return []
