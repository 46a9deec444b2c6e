"""One database's half of `benchmarks.history`: fill it, then time the requests."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

SHORT = 100
CHUNK = 2000
PAGE = "/accounts/history/?view=grid"
API = "/api/v1/history/"
# What is found a few times in either history, however long it is.
FEW = 10


def requests() -> dict[str, Callable[[Client], str]]:
    """What is asked for, by name; some addresses are found in an answer before."""

    def fixed(address: str) -> Callable[[Client], str]:
        return lambda client: address

    def second_page(client: Client) -> str:
        return client.get(API).json()["next"]

    def deep(client: Client) -> str:
        """As many rows from the oldest as from the newest: cursors know no depth."""
        found = client.get(f"{API}?sort=likeliest_human&limit=1").json()["next"]
        return found.replace("limit=1&", "")

    fresh = itertools.count()
    return {
        "History page": fixed(PAGE),
        "The same as a table": fixed("/accounts/history/?view=table"),
        "Search, many found": fixed(f"{PAGE}&search=holiday"),
        "Search, few found": fixed(f"{PAGE}&search=needle"),
        "Search, none found": fixed(f"{PAGE}&search=nowhere"),
        "Search, likeliest AI first": fixed(f"{PAGE}&search=needle&sort=likeliest_ai"),
        "Few of a verdict": fixed(f"{PAGE}&verdict=uncertain"),
        "Few with an appeal": fixed(f"{PAGE}&feedback=open"),
        "Likeliest AI first": fixed(f"{PAGE}&sort=likeliest_ai"),
        "By name": fixed(f"{PAGE}&sort=name"),
        "API list": fixed(API),
        "API list, the next page": second_page,
        "API list, by score": deep,
        "API list, few found": fixed(f"{API}?search=needle"),
        # A part of the name that nobody asked for keeps the count from being kept.
        "Summary, counted": lambda client: (
            f"/accounts/history/?view=summary&date_from=19{next(fresh) % 90 + 10}-01-01"
        ),
        "Summary, kept": fixed("/accounts/history/?view=summary"),
    }


def main(rows: int, rounds: int) -> None:
    """Print a line for each request: vendor, name, queries, times, ratio."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    clients = {size: _client(_filled(size)) for size in (SHORT, rows)}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")  # what autovacuum does in its time
            # All that is computed shall be found in the one process.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
    for name, address in requests().items():
        best = dict.fromkeys(clients, float("inf"))
        queries = max(_queries(client, address(client)) for client in clients.values())
        for _ in range(rounds):
            for size, client in clients.items():
                best[size] = min(best[size], _cpu_seconds(client, address(client)))
        short, long = (1000 * best[size] for size in (SHORT, rows))
        figures = [str(queries), f"{short:.1f}", f"{long:.1f}", f"{long / short:.2f}"]
        sys.stdout.write("\t".join([connection.vendor, name, *figures]) + "\n")


def _cpu_seconds(client: Client, address: str) -> float:
    start = time.process_time() + _database_seconds()
    response = client.get(address)
    seconds = time.process_time() + _database_seconds() - start
    if response.status_code != 200:
        sys.exit(f"{address}: {response.status_code}")
    return seconds


def _database_seconds() -> float:
    """CPU time of the process that serves this connection; SQLite has none."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _queries(client: Client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def _client(owner: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(owner)
    return client


def _filled(size: int) -> User:
    """An account with so many pictures, an hour apart; few of them are rare ones."""
    from accounts.models import User
    from classifier.models import Prediction, Submission

    Submission._meta.get_field("created_at").auto_now_add = False
    owner = User.objects.create_user(f"owner{size}", f"owner{size}@example.org")
    for start in range(0, size, CHUNK):
        numbers = range(start, min(size, start + CHUNK))
        rows = [Submission(owner=owner, **_facts(size, n)) for n in numbers]
        Submission.objects.bulk_create(rows)
        Prediction.objects.bulk_create(
            Prediction(
                submission=row,
                model_name="detector",
                model_version=row.model.split()[1],
                engine="onnx",
                ai_probability=row.ai_probability,
                logit=0.0,
                verdict=row.verdict,
                ai_threshold=0.7,
                human_threshold=0.3,
                elapsed_ms=20.0,
            )
            for row in rows
        )
    return owner


def _facts(size: int, number: int) -> dict[str, Any]:
    is_rare = number % (size // FEW) == 0
    probability = 0.5 if is_rare else (number * 7919 % 10_000) / 10_000
    verdict = "ai" if probability > 0.5 else "human"
    name = "needle" if is_rare else ("holiday" if number % 3 else "picture")
    return {
        "id": uuid4(),
        "created_at": datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        "source": "api" if number % 2 else "page",
        "original_name": f"{name} {number:06}.jpg",
        "sha256": f"{number:064x}",
        "byte_size": 1_000_000,
        "width": 1024,
        "height": 768,
        "format": "JPEG",
        "preview": f"previews/{number:06}.webp",
        "verdict": "uncertain" if is_rare else verdict,
        "final_verdict": "uncertain" if is_rare else verdict,
        "ai_probability": probability,
        "model": f"detector {number % 3}",
        "feedback": "open" if is_rare else "none",
        "name_key": f"{name} {number:06}.jpg",
    }


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]))
