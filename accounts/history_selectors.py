"""Which of a person's submissions a page, an export or the API shows, in what order.

Nothing here grows with the length of the history where an index can help it: a page is
found through an index that holds all columns of the filters, and counts stop early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from classifier.history_columns import name_key
from classifier.models import Submission

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import User

COUNT_LIMIT = 1000
MAX_MODELS = 50


@dataclass(frozen=True)
class Sort:
    """An order: by one column, and by id where that is equal."""

    label: Promise
    column: str
    descending: bool


SORTS = {
    "newest": Sort(_("Newest first"), "created_at", True),
    "oldest": Sort(_("Oldest first"), "created_at", False),
    "likeliest_ai": Sort(_("Likeliest AI first"), "ai_probability", True),
    "likeliest_human": Sort(_("Likeliest human first"), "ai_probability", False),
    "name": Sort(_("Name"), "name_key", False),
}
DEFAULT_SORT = "newest"


@dataclass(frozen=True)
class HistoryFilters:
    """What to show; an empty value leaves everything in.

    `verdict` is the final one, a reviewer's where there is a correction, and `label`
    the model's own. Both ends of the dates are included, in UTC.
    """

    search: str = ""
    verdict: str = ""
    label: str = ""
    source: str = ""
    model: str = ""
    feedback: str = ""
    external_id: str = ""
    date_from: date | None = None
    date_to: date | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything may be left out."""
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class BoundedCount:
    """How many rows there are, or that they are more than `number`."""

    number: int
    is_more: bool


def history_of(*, user: User, filters: HistoryFilters) -> QuerySet[Submission]:
    """The person's submissions that the filters let through, in no order."""
    conditions = Q(owner_id=user.pk)
    columns = ("source", "model", "feedback", "external_id")
    for column in columns:
        if value := getattr(filters, column):
            conditions &= Q(**{column: value})
    if filters.verdict:
        conditions &= Q(final_verdict=filters.verdict)
    if filters.label:
        conditions &= Q(verdict=filters.label)
    if filters.search:
        conditions &= Q(name_key__contains=name_key(filters.search))
    if filters.date_from:
        start = datetime.combine(filters.date_from, time.min, UTC)
        conditions &= Q(created_at__gte=start)
    if filters.date_to:
        end = datetime.combine(filters.date_to, time.max, UTC)
        conditions &= Q(created_at__lte=end)
    return Submission.objects.filter(conditions).order_by()


def bounded_count(rows: QuerySet[Submission], limit: int = COUNT_LIMIT) -> BoundedCount:
    """Count no further than `limit`: that takes as long for any history."""
    found = rows.values("pk")[: limit + 1].count()
    return BoundedCount(min(found, limit), found > limit)


def selected(*, user: User, ids: Sequence[object]) -> QuerySet[Submission]:
    """Those of the ids that are the person's own, newest first, with predictions."""
    return Submission.objects.filter(owner_id=user.pk, pk__in=ids).with_predictions()


_MODELS = """
WITH RECURSIVE seen(model) AS (
    SELECT (
        SELECT MIN(model) FROM classifier_submission WHERE owner_id = %s AND model > ''
    )
    UNION ALL
    SELECT (
        SELECT MIN(found.model) FROM classifier_submission AS found
        WHERE found.owner_id = %s AND found.model > seen.model
    )
    FROM seen WHERE seen.model IS NOT NULL
)
SELECT model FROM seen WHERE model IS NOT NULL LIMIT %s
"""


def models_in_history(*, user: User) -> list[str]:
    """Every model version that judged something of the person's, by name.

    One step through the index for each version instead of a look at each row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MODELS, [user.pk, user.pk, MAX_MODELS])
        return [model for (model,) in cursor.fetchall()]
