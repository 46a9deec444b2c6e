"""What a history holds, in numbers: verdicts by week and how the scores are spread."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db.models import CharField, Count, Func, IntegerField, QuerySet
from django.utils import timezone

from accounts.history_selectors import HistoryFilters, bounded_count, history_of
from classifier.models import Submission, Verdict

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    from accounts.models import User

WEEKS = 12
BINS = 10
ORDER = (Verdict.HUMAN, Verdict.UNCERTAIN, Verdict.AI)
# A long history is counted at most this often, in seconds.
KEEP_SECONDS = 300


@dataclass(frozen=True)
class Week:
    """The pictures of seven days from a Monday on, by final verdict."""

    monday: date
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Summary:
    """`weeks` end with the newest picture; `bins` count tenths of the probability."""

    total: int
    weeks: list[Week]
    bins: list[int]
    counted_at: datetime


class Day(Func):
    """A time → its day in UTC as `YYYY-MM-DD`, without calling Python for each row."""

    output_field = CharField()
    template = "substr(%(expressions)s, 1, 10)"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, list[Any]]:
        """PostgreSQL keeps no text."""
        template = "to_char((%(expressions)s) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
        return self.as_sql(compiler, connection, template=template, **context)


class Bin(Func):
    """A probability in 0–1 → the tenth it is in, 0–9; 1 itself is in the last."""

    output_field = IntegerField()
    template = f"min(CAST(%(expressions)s * {BINS} AS INTEGER), {BINS - 1})"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, list[Any]]:
        """A cast would round, and `min` is an aggregate there."""
        template = f"least(floor(%(expressions)s * {BINS})::integer, {BINS - 1})"
        return self.as_sql(compiler, connection, template=template, **context)


def history_summary(*, user: User, filters: HistoryFilters) -> Summary | None:
    """The summary of what the filters let through; None where that is nothing.

    Two grouped queries. Of more than a thousand pictures it is kept for some minutes,
    because they are too many to be counted with every look.
    """
    rows = history_of(user=user, filters=filters)
    if not bounded_count(rows).is_more:
        return _counted(rows)
    described = hashlib.sha256(repr(filters).encode()).hexdigest()[:32]
    key = f"history-summary:{user.pk}:{described}"
    return cache.get_or_set(key, lambda: _counted(rows), KEEP_SECONDS)


def _counted(rows: QuerySet[Submission]) -> Summary | None:
    newest = rows.order_by("-created_at", "-id").values_list("created_at").first()
    if newest is None:
        return None
    tenths = rows.values_list(Bin("ai_probability")).annotate(number=Count("pk"))
    counts = dict(tenths)
    bins = [counts.get(tenth, 0) for tenth in range(BINS)]
    return Summary(
        total=sum(bins),
        weeks=_weeks(rows, newest[0].astimezone(UTC).date()),
        bins=bins,
        counted_at=timezone.now(),
    )


def _weeks(rows: QuerySet[Submission], last_day: date) -> list[Week]:
    last = _monday(last_day)
    mondays: Sequence[date] = [
        last - timedelta(weeks=ago) for ago in reversed(range(WEEKS))
    ]
    since = datetime.combine(mondays[0], time.min, UTC)
    days = (
        rows.filter(created_at__gte=since)
        .values_list(Day("created_at"), "final_verdict")
        .annotate(number=Count("pk"))
    )
    counts: Counter[tuple[date, str]] = Counter()
    for day, verdict, number in days:
        counts[_monday(date.fromisoformat(day)), verdict] += number
    return [
        Week(monday, {verdict: counts[monday, verdict] for verdict in ORDER})
        for monday in mondays
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
