"""Pages of a history that begin behind a row, however far down that is (keyset).

A page number would make the database count all rows before it, and rows that arrive
meanwhile would shift the pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.signing import b64_decode, b64_encode
from django.db.models import Q, QuerySet

from accounts.history_selectors import Sort
from classifier.models import Submission


class BadCursor(ValueError):  # noqa: N818 - an outcome of the input, not a fault
    """The text is no cursor of this order."""


@dataclass(frozen=True)
class Cursor:
    """The row that a page stands next to; `is_backward` pages end before it."""

    value: Any
    pk: UUID
    is_backward: bool = False

    def encode(self) -> str:
        """The cursor as text for an address."""
        value = self.value
        if isinstance(value, datetime):
            value = value.isoformat()
        parts = [value, self.pk.hex, int(self.is_backward)]
        return b64_encode(json.dumps(parts).encode()).decode()

    @classmethod
    def decode(cls, text: str, sort: Sort) -> Cursor:
        """Raises `BadCursor` for a text that `encode` did not make for this order."""
        try:
            value, pk, is_backward = json.loads(b64_decode(text.encode()))
            column = Submission._meta.get_field(sort.column)
            if isinstance(value, str) == (sort.column == "ai_probability"):
                raise BadCursor(text)
            clean = column.to_python(value)
            if clean is None or "\0" in str(value):
                raise BadCursor(text)
            return cls(clean, UUID(pk), bool(is_backward))
        except (ValueError, TypeError, AttributeError, ValidationError) as error:
            raise BadCursor(text) from error


@dataclass(frozen=True)
class HistoryPage:
    """Some rows, and the cursors of the pages on both sides, where there are any."""

    rows: list[Submission]
    next: str | None
    previous: str | None


def history_page(
    rows: QuerySet[Submission], *, sort: Sort, cursor: str = "", size: int
) -> HistoryPage:
    """The page behind or before the cursor, else the first; with predictions.

    Three queries: the ids, which an index holds, then their rows and predictions.
    Raises `BadCursor`.
    """
    at = Cursor.decode(cursor, sort) if cursor else None
    is_backward = at is not None and at.is_backward
    keys = _keys(rows, sort, at, size + 1)
    has_more = len(keys) > size
    keys = keys[:size]
    if is_backward:
        keys.reverse()
    has_next = bool(keys) and (has_more or is_backward)
    has_previous = bool(keys) and (has_more if is_backward else at is not None)
    return HistoryPage(
        rows=_in_order([pk for _, pk in keys]),
        next=Cursor(*keys[-1]).encode() if has_next else None,
        previous=Cursor(*keys[0], is_backward=True).encode() if has_previous else None,
    )


def all_rows(
    rows: QuerySet[Submission], *, sort: Sort, chunk: int = 500
) -> Iterator[Submission]:
    """Every row in order, without predictions; a chunk at a time is held.

    No query outlives its chunk, so a slow reader keeps no transaction open.
    """
    at = None
    while keys := _keys(rows, sort, at, chunk):
        found = Submission.objects.in_bulk([pk for _, pk in keys])
        yield from (found[pk] for _, pk in keys if pk in found)
        at = Cursor(*keys[-1])


def _keys(
    rows: QuerySet[Submission], sort: Sort, at: Cursor | None, limit: int
) -> list[tuple[Any, UUID]]:
    """Sort values and ids from the cursor on, in the direction of reading."""
    descending = sort.descending != (at is not None and at.is_backward)
    if at is not None:
        rows = rows.filter(_behind(sort.column, at, descending))
    sign = "-" if descending else ""
    ordered = rows.order_by(f"{sign}{sort.column}", f"{sign}id")
    return list(ordered.values_list(sort.column, "pk")[:limit])


def _behind(column: str, at: Cursor, descending: bool) -> Q:
    """Rows behind the cursor; the first condition is what an index can seek."""
    than = "lt" if descending else "gt"
    return Q(**{f"{column}__{than}e": at.value}) & (
        Q(**{f"{column}__{than}": at.value}) | Q(**{f"id__{than}": at.pk})
    )


def _in_order(ids: list[UUID]) -> list[Submission]:
    found = {
        row.pk: row for row in Submission.objects.filter(pk__in=ids).with_predictions()
    }
    return [found[pk] for pk in ids if pk in found]
