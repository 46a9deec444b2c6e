"""Counters that all processes share, each with a limit and an end.

One atomic step counts against every limit of a request, or against none: in the cache
where that can do it (Redis: `operations.cache`), else in the database by one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection
from django.db.models import F

from classifier.limits_models import Counter


@dataclass(frozen=True)
class Limit:
    """`amount` is to be counted under `name`, where `most` are allowed until the end.

    `resets_at` ends the count, in seconds since 1970, if none runs yet.
    """

    name: str
    amount: int
    most: int
    resets_at: int


@dataclass(frozen=True)
class Tally:
    """The state of a limit after a request, which it refused or not."""

    limit: Limit
    used: int
    resets_at: int
    is_refused: bool = False

    @property
    def remaining(self) -> int:
        """How much is left, at least 0."""
        return max(0, self.limit.most - self.used)


# name → (used, resets_at)
Rows = dict[str, tuple[int, int]]
# The names of the limits that refused, and the state of all.
Taken = tuple[set[str], Rows]


def take(limits: Sequence[Limit], *, now: int) -> list[Tally]:
    """Count against all limits, or against none if one of them refuses."""
    in_cache = getattr(cache, "take", None)
    refusing, rows = in_cache(limits, now) if in_cache else _take(limits, now)
    return [_tally(limit, rows, limit.name in refusing) for limit in limits]


def give_back(limits: Sequence[Limit]) -> None:
    """Undo `take` for these limits."""
    in_cache = getattr(cache, "give_back", None)
    if in_cache:
        in_cache(limits)
        return
    for limit in limits:
        Counter.objects.filter(name=limit.name, used__gte=limit.amount).update(
            used=F("used") - limit.amount
        )


def look(limit: Limit, *, now: int) -> Tally:
    """The state of a limit; nothing is counted."""
    in_cache = getattr(cache, "look", None)
    names = [limit.name]
    rows = in_cache(names, now) if in_cache else _look(names, now)
    return _tally(limit, rows, is_refused=False)


def _tally(limit: Limit, rows: Rows, is_refused: bool) -> Tally:
    used, resets_at = rows.get(limit.name, (0, limit.resets_at))
    return Tally(limit, used, resets_at, is_refused)


# A row that would pass its limit is left alone, and so is not returned.
_UPSERT = """
INSERT INTO {table} (name, used, most, resets_at) VALUES {rows}
ON CONFLICT (name) DO UPDATE SET
  used = CASE WHEN {table}.resets_at <= %s
         THEN excluded.used ELSE {table}.used + excluded.used END,
  resets_at = CASE WHEN {table}.resets_at <= %s
              THEN excluded.resets_at ELSE {table}.resets_at END,
  most = excluded.most
WHERE {table}.resets_at <= %s OR {table}.used + excluded.used <= excluded.most
RETURNING name, used, resets_at
"""


def _take(limits: Sequence[Limit], now: int) -> Taken:
    impossible = {limit.name for limit in limits if limit.amount > limit.most}
    rows = {} if impossible else _add(limits, now)
    refusing = impossible or {limit.name for limit in limits} - rows.keys()
    if not refusing:
        return set(), rows
    give_back([limit for limit in limits if limit.name in rows])
    return refusing, _look([limit.name for limit in limits], now)


def _add(limits: Sequence[Limit], now: int) -> Rows:
    # Always in the same order, so that no two requests wait for each other.
    ordered = sorted(limits, key=lambda limit: limit.name)
    values = [v for x in ordered for v in (x.name, x.amount, x.most, x.resets_at)]
    statement = _UPSERT.format(
        table=connection.ops.quote_name(Counter._meta.db_table),
        rows=", ".join(["(%s, %s, %s, %s)"] * len(ordered)),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, now, now, now])
        return {name: (used, end) for name, used, end in cursor.fetchall()}


def _look(names: Sequence[str], now: int) -> Rows:
    running = Counter.objects.filter(name__in=names, resets_at__gt=now)
    return {
        name: (used, end)
        for name, used, end in running.values_list("name", "used", "resets_at")
    }
