"""A request that is sent twice is done once: the header `Idempotency-Key`.

draft-ietf-httpapi-idempotency-key-header. A key belongs to its owner, is bound to the
request it came with, and is kept for 24 hours. Only what succeeded is kept: after an
error the same key tries again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import JsonResponse
from django.utils import timezone

from classifier.idempotency_errors import KeyRefused
from classifier.models import IdempotencyKey

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

KEPT = timedelta(hours=24)
# A server that died leaves its key locked; no request takes so long.
LOCKED = timedelta(minutes=3)
MAX_LENGTH = 255
CHUNK_BYTES = 256 * 1024
CSRF_FIELD = "csrfmiddlewaretoken"


@dataclass(frozen=True)
class Reply:
    """A successful answer; `body` is what JSON can hold."""

    body: dict[str, Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, **headers: str) -> JsonResponse:
        """The answer as HTTP."""
        return JsonResponse(
            self.body, status=self.status, headers={**self.headers, **headers}
        )


def answer_once(
    request: HttpRequest,
    *,
    owner: AbstractBaseUser | None,
    answer: Callable[[], Reply],
) -> JsonResponse:
    """The answer, or the stored one of the same request, marked as replayed.

    Without the header or an owner the request is simply answered. Raises `KeyRefused`,
    and whatever `answer` raises.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None or owner is None:
        return answer().response()
    fingerprint = fingerprint_of(request)
    kept = _lock(owner, _checked(given), fingerprint)
    if kept.status is not None:
        stored = Reply(kept.body, kept.status, kept.headers)
        return stored.response(**{"Idempotent-Replayed": "true"})
    try:
        reply = answer()
    except BaseException:
        kept.delete()
        raise
    IdempotencyKey.objects.filter(pk=kept.pk).update(
        status=reply.status, body=reply.body, headers=reply.headers
    )
    return reply.response()


def expired_keys() -> QuerySet[IdempotencyKey]:
    """Keys that are kept long enough; a nightly job deletes them."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT)


def fingerprint_of(request: HttpRequest) -> str:
    """SHA-256 of the address, the parameters, and the name and content of each file."""
    parts = [request.method or "", request.path_info]
    for values in (request.GET, request.POST):
        named = sorted(values.lists())
        parts += [f"{k}={v}" for k, vs in named for v in vs if k != CSRF_FIELD]
    parts.append(request.headers.get("Prefer", ""))
    for field_name, files in sorted(request.FILES.lists()):
        for file in files:
            digest = hashlib.sha256()
            for chunk in file.chunks(CHUNK_BYTES):
                digest.update(chunk)
            file.seek(0)
            parts.append(f"{field_name}={file.name}={digest.hexdigest()}")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _checked(given: str) -> str:
    """The key; the draft writes it in quotation marks, most clients without."""
    key = given.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not (key and len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
        raise KeyRefused("bad_idempotency_key")
    return key


def _lock(owner: AbstractBaseUser, key: str, fingerprint: str) -> IdempotencyKey:
    """The row of the key: new and ours to answer, or with the stored answer."""
    now = timezone.now()
    IdempotencyKey.objects.filter(
        owner=owner, key=key, created_at__lt=now - KEPT
    ).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                owner=owner, key=key, fingerprint=fingerprint
            )
    except IntegrityError:
        known = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if known is None:  # the other request failed at this very moment
        raise KeyRefused("idempotency_in_progress")
    if known.fingerprint != fingerprint:
        raise KeyRefused("idempotency_key_reused")
    if known.status is None:
        stale = IdempotencyKey.objects.filter(
            pk=known.pk, status=None, locked_at__lt=now - LOCKED
        )
        if not stale.update(locked_at=now):
            raise KeyRefused("idempotency_in_progress")
    return known
