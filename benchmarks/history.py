"""`python -m benchmarks.history`: pages of a short and of a long history.

Fills SQLite and PostgreSQL (a cluster of its own) with an account of 100 and one of
100,000 pictures, asks for the same pages of both in turns, and prints a Markdown table.
The figures are CPU time of the site's process and of its database connection together,
the least of all rounds: they hold on a busy machine too. It needs Linux.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import table

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure on both databases, in processes of their own, and print the table."""
    options = _parse()
    with tempfile.TemporaryDirectory(prefix="bench-history-") as folder:
        rows = _measured(f"sqlite:///{folder}/db.sqlite3", options)
    with _postgres() as url:
        rows += _measured(url, options)
    heading = "Database", "Request", "Queries", "100 rows, CPU ms"
    text = table((*heading, f"{options.rows:,} rows, CPU ms", "Ratio"), rows)
    sys.stdout.write(text + "\n")


def _parse() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=8, metavar="N")
    return parser.parse_args()


def _measured(url: str, options: Namespace) -> list[list[str]]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "detector_site.settings",
        "SECRET_KEY": "for-one-measurement-only-but-long-and-varied-0123456789",
        "DATABASE_URL": url,
        "CACHE_URL": "locmem://",
        "HTTPS_ONLY": "false",
        "ALLOWED_HOSTS": "testserver",
        "THROTTLE_USER": "1000000/min",
        # The names of static files without a manifest, which only a server has.
        "DEBUG": "true",
    }
    program = [sys.executable, "-W", "ignore", "-m", "benchmarks.history_requests"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*program, str(options.rows), str(options.rounds)],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


@contextmanager
def _postgres() -> Iterator[str]:
    from tests.detector_site.servers import postgres, postgres_programs

    programs = postgres_programs()
    if programs is None:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    with postgres(programs) as url:
        yield url


if __name__ == "__main__":
    main()
