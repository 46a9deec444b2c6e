"""Counters of several processes at once, in each place where they may be kept."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import caches
from pytest_django import Settings

from classifier import counters
from classifier.counters import Limit
from detector_site.service_urls import cache_from_url
from tests.detector_site.processes import run_python
from tests.detector_site.servers import free_port, postgres, postgres_programs

NOW = 2_000_000_000
SITE = {"DJANGO_SETTINGS_MODULE": "detector_site.settings"}
TABLE = """
import django; django.setup()
from django.db import connection
from classifier.models import Counter
with connection.schema_editor() as editor:
    editor.create_model(Counter)
"""
RACE = """
import django; django.setup()
from classifier import counters
from classifier.counters import Limit
counted = (("b", 100), ("a", 999))
limits = [Limit(f"race:{x}:1", 1, most, 4 * 10**9) for x, most in counted]
taken = [counters.take(limits, now=1) for _ in range(60)]
print(sum(not any(tally.is_refused for tally in tallies) for tallies in taken))
"""


def limit(name: str = "a:b:c", amount: int = 1, most: int = 3) -> Limit:
    return Limit(name, amount, most, NOW + 60)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Redis on a loopback port; yields its URL."""
    port = free_port()
    options = ["--port", str(port), "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", *options], stdout=subprocess.DEVNULL
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed: apt-get install redis-server")
    with redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["database", "redis"])
def _place(request: pytest.FixtureRequest, db: None, settings: Settings) -> None:
    """Where the counters are."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CACHES = {"default": cache_from_url(url)}
        deadline = time.monotonic() + 60
        while not caches["default"].add("up", 1) and time.monotonic() < deadline:
            time.sleep(0.1)
        caches["default"].clear()


@pytest.mark.usefixtures("_place")
class TestEachPlace:
    """The same behaviour in the database and in Redis."""

    def test_counts_until_the_limit(self) -> None:
        taken = [counters.take([limit()], now=NOW)[0] for _ in range(4)]

        assert [(t.used, t.remaining, t.is_refused) for t in taken] == [
            (1, 2, False),
            (2, 1, False),
            (3, 0, False),
            (3, 0, True),
        ]
        assert {t.resets_at for t in taken} == {NOW + 60}

    def test_all_limits_or_none(self) -> None:
        narrow, wide = limit("n:n:n", most=1), limit("w:w:w", most=9)
        counters.take([narrow, wide], now=NOW)

        refused = counters.take([narrow, wide], now=NOW)

        assert [t.is_refused for t in refused] == [True, False]
        assert counters.look(wide, now=NOW).used == 1

    def test_an_amount_over_the_limit_never_passes(self) -> None:
        (refused,) = counters.take([limit(amount=4)], now=NOW)

        assert refused.is_refused
        assert counters.look(limit(), now=NOW).used == 0

    def test_gives_back(self) -> None:
        counters.take([limit(amount=3)], now=NOW)
        counters.give_back([limit(amount=2)])

        assert counters.look(limit(), now=NOW).used == 1


@pytest.mark.django_db
def test_a_new_window_starts_from_nothing() -> None:
    counters.take([limit(amount=3)], now=NOW)
    later = Limit("a:b:c", 1, 3, NOW + 120)

    (taken,) = counters.take([later], now=NOW + 60)

    assert (taken.used, taken.resets_at) == (1, NOW + 120)


def race(**environment: str) -> list[int]:
    """How often each of two processes was let through at the same time."""
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(run_python, "-c", RACE, **SITE, **environment) for _ in range(2)
        ]
    return [int(run.result().stdout.strip() or run.result().stderr) for run in runs]


def race_in(url: str) -> list[int]:
    """The same in a new database."""
    made = run_python("-c", TABLE, DATABASE_URL=url, **SITE)
    assert made.returncode == 0, made.stderr
    return race(DATABASE_URL=url)


def test_processes_count_together_in_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"

    assert sum(race_in(url)) == 100


def test_processes_count_together_in_redis(redis_url: str) -> None:
    assert sum(race(CACHE_URL=redis_url)) == 100


@pytest.mark.postgres
def test_processes_count_together_in_postgresql() -> None:
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres(programs) as url:
        assert sum(race_in(url)) == 100
