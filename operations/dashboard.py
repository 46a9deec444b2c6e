"""What staff want to know of a running site, in a few grouped queries."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from classifier.detector_provider import describe
from classifier.models import Dispute, Prediction, Submission, Verdict
from operations.drift import ZONES, stability_index, validation_shares

if TYPE_CHECKING:
    from classifier.inference.bundle import ModelCard

DAYS, WEEKS, DRIFT_WEEKS = 30, 26, 12
# Percentiles of more would cost more memory and say the same.
NEWEST_ANSWERS = 10_000
PERCENTILES = (50, 90, 95, 99)
# Before there were signatures and changed copies, the verdict was the score's.
OLD_ROW = Q(score_verdict="")
KEEP_SECONDS = 300
KEEP_DISK_SECONDS = 3600


@dataclass(frozen=True)
class Drift:
    """The scores of one week; `index` is `None` for too few pictures."""

    week: date
    counts: tuple[int, ...]
    index: float | None


@dataclass(frozen=True)
class ModelVersion:
    """A version that has answered: how often, and from when to when."""

    name: str
    version: str
    answers: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Disk:
    """Bytes; `media` is `None` where files are not in a folder of this machine."""

    media: int | None
    free: int | None
    database: int


@dataclass(frozen=True)
class Dashboard:
    """The figures of one moment. `latency` is in ms by percentile."""

    made_at: datetime
    days: list[tuple[date, int]]
    weeks: list[tuple[date, int]]
    verdicts: list[tuple[Verdict, int]]
    latency: list[tuple[int, float]]
    answers_timed: int
    model: str
    expected: tuple[float, ...] | None
    drift: list[Drift]
    versions: list[ModelVersion]
    disk: Disk
    appeals: int
    oldest_appeal: datetime | None


def dashboard() -> Dashboard:
    """The figures, at most KEEP_SECONDS old: many readers cost what one costs."""
    return cache.get_or_set("operations.dashboard", _build, KEEP_SECONDS)


def _build() -> Dashboard:
    today = timezone.now().date()
    by_day = _submissions_by_day(today)
    card = describe()
    expected = None
    if card is not None:
        overall = card.metrics.get("validation", {}).get("overall")
        expected = validation_shares(overall)
    elapsed = _newest_elapsed()
    appeals = Dispute.objects.filter(decided_at=None).aggregate(
        n=Count("pk"), oldest=Min("created_at")
    )
    return Dashboard(
        made_at=timezone.now(),
        days=[
            (day, by_day.get(day, 0))
            for day in (today - timedelta(days=n) for n in reversed(range(DAYS)))
        ],
        weeks=_by_week(by_day, today),
        verdicts=_verdicts(today),
        latency=[
            (percentile, float(np.percentile(elapsed, percentile)))
            for percentile in PERCENTILES
            if elapsed
        ],
        answers_timed=len(elapsed),
        model=f"{card.name} {card.version}" if card else "",
        expected=expected,
        drift=_drift(card, expected, today),
        versions=_versions(),
        disk=Disk(**_disk(), database=_database_bytes()),
        appeals=appeals["n"],
        oldest_appeal=appeals["oldest"],
    )


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def _submissions_by_day(today: date) -> dict[date, int]:
    since = monday(today) - timedelta(weeks=WEEKS - 1)
    rows = Submission.objects.filter(created_at__gte=_midnight(since))
    counted = rows.annotate(day=TruncDate("created_at")).order_by().values("day")
    return {row["day"]: row["n"] for row in counted.annotate(n=Count("pk"))}


def _by_week(by_day: dict[date, int], today: date) -> list[tuple[date, int]]:
    weeks = {
        monday(today) - timedelta(weeks=back): 0 for back in reversed(range(WEEKS))
    }
    for day, count in by_day.items():
        if monday(day) in weeks:
            weeks[monday(day)] += count
    return list(weeks.items())


def _verdicts(today: date) -> list[tuple[Verdict, int]]:
    rows = Prediction.objects.filter(
        created_at__gte=_midnight(today - timedelta(days=DAYS - 1))
    )
    counted = rows.order_by().values("verdict").annotate(n=Count("pk"))
    found = {row["verdict"]: row["n"] for row in counted}
    return [(verdict, found.get(verdict.value, 0)) for verdict in Verdict]


def _newest_elapsed() -> list[float]:
    newest = Prediction.objects.order_by("-pk").values_list("elapsed_ms", flat=True)
    return list(newest[:NEWEST_ANSWERS])


def _drift(
    card: ModelCard | None,
    expected: tuple[float, ...] | None,
    today: date,
) -> list[Drift]:
    """Weeks with answers of the model in use about uploads, oldest first.

    By what the thresholds alone say of the score: signatures and changed copies, which
    may overrule it, were no part of the validation.
    """
    if card is None or expected is None:
        return []
    since = monday(today) - timedelta(weeks=DRIFT_WEEKS - 1)
    rows = Prediction.objects.filter(
        model_name=card.name,
        model_version=card.version,
        scored_on="upload",
        created_at__gte=_midnight(since),
    )
    zones = {
        zone: Count("pk", filter=Q(score_verdict=zone) | OLD_ROW & Q(verdict=zone))
        for zone in ZONES
    }
    by_day = rows.annotate(day=TruncDate("created_at")).order_by().values("day")
    weeks: dict[date, list[int]] = {}
    for row in by_day.annotate(**zones):
        week = weeks.setdefault(monday(row["day"]), [0] * len(ZONES))
        for index, zone in enumerate(ZONES):
            week[index] += row[zone]
    return [
        Drift(week, tuple(counts), stability_index(counts, expected))
        for week, counts in sorted(weeks.items())
    ]


def _versions() -> list[ModelVersion]:
    rows = Prediction.objects.order_by().values("model_name", "model_version")
    counted = rows.annotate(
        n=Count("pk"), first=Min("created_at"), last=Max("created_at")
    )
    return [
        ModelVersion(
            row["model_name"], row["model_version"], row["n"], row["first"], row["last"]
        )
        for row in counted.order_by("-last")
    ]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def _disk() -> dict[str, int | None]:
    """Walking a folder of many files takes seconds, so the sum is kept for longer."""
    folder = Path(settings.MEDIA_ROOT)
    if "s3" in settings.MEDIA_STORAGE["BACKEND"] or not folder.is_dir():
        return {"media": None, "free": None}
    media = cache.get_or_set(
        "operations.media_bytes", lambda: _folder_bytes(folder), KEEP_DISK_SECONDS
    )
    return {"media": media, "free": shutil.disk_usage(folder).free}


def _folder_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                total += path.stat().st_size
        except FileNotFoundError:  # deleted meanwhile
            continue
    return total


def _database_bytes() -> int:
    """Of the data with its indexes, as the database itself counts."""
    query = (
        "SELECT pg_database_size(current_database())"
        if connection.vendor == "postgresql"
        else "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
