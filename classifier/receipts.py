"""Signed receipts of verdicts: issued, published and checked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classifier import signing
from classifier.models import Dispute, Prediction, Submission
from classifier.signing import ReceiptInvalid

FORMAT = "ai-image-detector/receipt/1"
OFF = _(
    "This site issues no receipts, because it has no signing key. Its owner turns them "
    "on with RECEIPT_SIGNING_KEY."
)


# What `classifier.signing`, which speaks English alone, says to programs.
INVALID = {
    "malformed": _(
        "This is not a receipt that this site reads: it is a JSON object with key_id "
        "and signature. Paste the whole text of the file, unchanged."
    ),
    "unknown_key": _(
        "The receipt names a key that is none of the keys of this site. Check it on "
        "the site that issued it."
    ),
    "bad_signature": _(
        "The signature does not fit the content: something was changed after it was "
        "signed. Ask for the receipt as it was downloaded."
    ),
}


class ReceiptsOff(Exception):  # noqa: N818 - an outcome of the configuration
    """There is no signing key."""

    def __init__(self) -> None:
        super().__init__(str(OFF))


@dataclass(frozen=True)
class Checked:
    """A receipt whose signature is good, and what became of its verdict.

    `correction` is a reviewer's decision after the receipt was issued. `picture` says
    whether the picture compared is the one judged; None when none was given.
    """

    content: dict[str, Any]
    correction: Dispute | None
    picture: bool | None


def receipts_are_on() -> bool:
    """Whether there is a key to sign with."""
    return settings.RECEIPT_SIGNING_KEY is not None


def receipt_for(*, submission: Submission, prediction: Prediction) -> dict[str, Any]:
    """The signed receipt of one prediction. Raises `ReceiptsOff`.

    docs/receipts.md explains the fields. Nothing in it names a person or a file.
    """
    if not receipts_are_on():
        raise ReceiptsOff
    content = {
        "format": FORMAT,
        "id": str(submission.pk),
        "image": {
            "sha256": submission.sha256,
            "width": submission.width,
            "height": submission.height,
            "format": submission.format,
            "byte_size": submission.byte_size,
        },
        "verdict": prediction.verdict,
        "ai_probability": prediction.ai_probability,
        "thresholds": {
            "ai": prediction.ai_threshold,
            "human": prediction.human_threshold,
        },
        "model": {
            "name": prediction.model_name,
            "version": prediction.model_version,
            "sha256": prediction.model_sha256 or None,
        },
        "scored_on": prediction.scored_on,
        "judged_at": _moment(prediction.created_at),
        "issued_at": _moment(timezone.now()),
        "correction": _correction(submission.correction),
    }
    return signing.sign(content, settings.RECEIPT_SIGNING_KEY)


def public_keys() -> dict[str, Ed25519PublicKey]:
    """The keys whose receipts count here: the present one and retired ones."""
    raw = list(settings.RECEIPT_RETIRED_KEYS)
    if receipts_are_on():
        raw.insert(0, signing.public_of(settings.RECEIPT_SIGNING_KEY))
    return signing.keys_by_id(raw)


def verify_receipt(text: str, keys: signing.Keys) -> dict[str, Any]:
    """The content of a genuine receipt. Raises `ReceiptInvalid`; needs no database."""
    content = signing.verify(text, keys)
    if content.get("format") != FORMAT:
        raise ReceiptInvalid(
            "malformed", "It is signed, but no receipt that this version reads."
        )
    return content


def check_receipt(*, text: str, sha256: str = "") -> Checked:
    """A receipt of this site, compared with a picture's hash where one is given.

    Raises `ReceiptInvalid`.
    """
    content = verify_receipt(text, public_keys())
    return Checked(
        content=content,
        correction=_later_correction(content),
        picture=sha256.lower() == content["image"]["sha256"] if sha256 else None,
    )


def _later_correction(content: Mapping[str, Any]) -> Dispute | None:
    if content["correction"]:
        return None
    found = Submission.objects.select_related("correction")
    submission = found.filter(pk=UUID(content["id"])).first()
    return submission and submission.correction


def _correction(dispute: Dispute | None) -> dict[str, str] | None:
    if dispute is None:
        return None
    return {
        "verdict": dispute.reviewer_label,
        "decided_at": _moment(dispute.decided_at),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
