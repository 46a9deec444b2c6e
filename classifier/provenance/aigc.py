"""China's mandatory label for generated content (GB 45438-2025, in force 2025-09-01).

The label is a JSON object with `Label`, `ContentProducer`, `ProduceID` and four more
names, alone or inside `{"AIGC": …}`. Practice guide TC260-PG-20259A puts it in XMP,
in the EXIF UserComment, or in a PNG text named AIGC.
"""

from __future__ import annotations

import json

from classifier.provenance.signals import Claim, Signal, Source, finding

MAX_LABEL = 16 * 1024

_STATEMENTS: dict[str, tuple[Claim, str]] = {
    "1": ("ai", "the picture is AI-generated"),
    "2": ("unknown", "the picture may be AI-generated"),
    "3": ("unknown", "a platform suspects the picture to be AI-generated"),
}
_PRODUCER_NAMES = ("ContentProducer", "ServiceProvider")


def from_label(source: Source, text: str) -> Signal | None:
    """The signal of an AIGC label in `text`; `None` when there is none."""
    label = _parse(text)
    if label is None:
        return None
    producer = next((label[name] for name in _PRODUCER_NAMES if label.get(name)), None)
    stated = str(label.get("Label", "1"))
    claim, words = _STATEMENTS.get(stated, ("unknown", "the picture is labelled"))
    return finding(
        source,
        claim,
        f"China's AIGC label states that {words}; the label is not signed.",
        label=stated,
        producer=producer,
        content_id=label.get("ProduceID"),
    )


def _parse(text: str) -> dict[str, object] | None:
    if len(text) > MAX_LABEL or "{" not in text:
        return None
    try:
        value = json.loads(text[text.index("{") : text.rindex("}") + 1])
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict) and isinstance(value.get("AIGC"), dict):
        value = value["AIGC"]
    if not isinstance(value, dict):
        return None
    known = {"ContentProducer", "ProduceID", "ContentPropagator", "ServiceProvider"}
    return value if known & value.keys() else None
