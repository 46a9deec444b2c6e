"""All that is held on a person, as the entries of an archive."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.db.models.fields.files import FieldFile

from accounts.holdings import holdings_of
from accounts.models import ApiToken, User, WebhookDelivery, WebhookEndpoint
from accounts.zip_stream import Entry
from classifier.models import (
    Batch,
    Dispute,
    IdempotencyKey,
    StoredPrint,
    Submission,
    UserLimits,
)
from classifier.names import clean_name
from classifier.originals import render_clean

BATCH = 200
# A reviewer is another person, and speaks to the owner by the decision alone.
UNDECIDED = {"reviewer", "reviewer_label", "reviewed_at", "decision_note"}

README = """\
Everything that the AI Image Detector held on you when you asked for it.

account.json   your account, log-ins, API tokens and second steps; no secrets
results.json   each picture's hash, facts, name and verdicts, with appeals and links
previews/      the small copies of your pictures
heatmaps/      the heat maps, by the id of their prediction
originals/     the originals you asked us to keep, in full size. They are encoded anew:
               position, camera and other metadata are left out, so that you can pass
               this archive on. The hash in results.json is that of the file you sent.
evidence/      the files that you attached to appeals, byte for byte, WITH whatever
               metadata they have

A file that results.json names and that is missing here could not be read.
A verdict is an estimate, never proof.
"""


def archive_entries(*, user: User) -> Iterator[Entry]:
    """Names and contents, a file at a time; a missing file is left out."""
    yield "README.txt", [README.encode()]
    yield "account.json", [_json(_account(user)).encode()]
    keys = list(
        Submission.objects.filter(owner=user)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    yield "results.json", _results(keys)
    for submission in _in_batches(keys):
        yield from _files_of(submission)


def _account(user: User) -> dict[str, Any]:
    return {
        "account": _row(user, "id", "password", "is_superuser"),
        "addresses": [
            _row(row, "id", "user") for row in EmailAddress.objects.filter(user=user)
        ],
        "second_steps": [
            {
                "type": row.type,
                "name": str(row),
                "created_at": row.created_at,
                "last_used_at": row.last_used_at,
            }
            for row in Authenticator.objects.filter(user=user)
        ],
        "log_ins": [
            _row(row, "id", "user", "session_key", "data")
            for row in UserSession.objects.filter(user=user)
        ],
        "api_tokens": [
            _row(row, "user", "digest") for row in ApiToken.objects.filter(user=user)
        ],
        "webhooks": [
            _row(row, "user", "sealed_secret")
            for row in WebhookEndpoint.objects.filter(user=user)
        ],
        "webhook_messages": [
            _row(row) for row in WebhookDelivery.objects.filter(endpoint__user=user)
        ],
        "batches": [
            {
                **_row(batch, "owner"),
                "items": [_row(item, "batch") for item in batch.items.all()],
            }
            for batch in Batch.objects.filter(owner=user).prefetch_related("items")
        ],
        "idempotency_keys": [
            _row(row, "owner") for row in IdempotencyKey.objects.filter(owner=user)
        ],
        "limits": [_row(row, "user") for row in UserLimits.objects.filter(user=user)],
        "what_is_held": [asdict(holding) for holding in holdings_of(user=user)],
    }


def _results(keys: list[UUID]) -> Iterator[bytes]:
    """A JSON list, a result a line."""
    start = "[\n"
    for submission in _in_batches(keys):
        yield (start + _json(_result(submission), indent=None)).encode()
        start = ",\n"
    yield b"[]\n" if start == "[\n" else b"\n]\n"


def _in_batches(keys: list[UUID]) -> Iterator[Submission]:
    """A bounded number of rows in memory, however long the history is."""
    whole = Submission.objects.select_related(
        "original", "stored_print", "share_link"
    ).prefetch_related("predictions", "disputes__evidence")
    for start in range(0, len(keys), BATCH):
        yield from whole.filter(pk__in=keys[start : start + BATCH]).order_by("pk")


def _result(submission: Submission) -> dict[str, Any]:
    original = getattr(submission, "original", None)
    printed = getattr(submission, "stored_print", None)
    link = getattr(submission, "share_link", None)
    return {
        **_row(submission, "owner"),
        "predictions": [
            _row(row, "submission") for row in submission.predictions.all()
        ],
        "original": original and _row(original, "submission"),
        "print": printed and base64.b64encode(_bytes(printed)).decode(),
        "share_link": link and _row(link, "id", "submission"),
        "disputes": [_dispute(row) for row in submission.disputes.all()],
    }


def _bytes(printed: StoredPrint) -> bytes:
    # Some databases give a memory view.
    return bytes(printed.bits) + bytes(printed.thumb)


def _dispute(dispute: Dispute) -> dict[str, Any]:
    hidden = UNDECIDED if dispute.is_pending else {"reviewer"}
    return {
        **_row(dispute, "submission", *hidden),
        "evidence": [_row(row, "dispute") for row in dispute.evidence.all()],
    }


def _files_of(submission: Submission) -> Iterator[Entry]:
    yield from _file(f"previews/{submission.pk}.webp", submission.preview)
    for prediction in submission.predictions.all():
        yield from _file(f"heatmaps/{prediction.pk}.webp", prediction.heatmap)
    original = getattr(submission, "original", None)
    clean = original and render_clean(original)
    if clean:
        ending, content = clean
        yield f"originals/{submission.pk}.{ending}", [content]
    for dispute in submission.disputes.all():
        for evidence in dispute.evidence.all():
            # A name must not lead out of the folder where the archive is unpacked.
            name = clean_name(evidence.name).replace("/", "_").replace("\\", "_")
            yield from _file(f"evidence/{evidence.pk}-{name}", evidence.file)


def _file(name: str, file: FieldFile | None) -> Iterator[Entry]:
    if not file:
        return
    try:
        with file.open("rb") as opened:
            yield name, opened.chunks()
    except FileNotFoundError:
        return


def _row(row: Model, *without: str) -> dict[str, Any]:
    """The columns of a row; a file by the name under which it is stored."""
    fields = [f for f in row._meta.concrete_fields if f.name not in without]
    values = {field.name: field.value_from_object(row) for field in fields}
    return {
        name: value.name if isinstance(value, FieldFile) else value
        for name, value in values.items()
    }


def _json(value: Iterable[Any] | dict[str, Any], indent: int | None = 2) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=indent, ensure_ascii=False)
