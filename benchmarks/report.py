"""The figures as Markdown tables."""

from __future__ import annotations

import math
import platform
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bulk import BulkRound
from benchmarks.pictures import Picture
from benchmarks.processes import memory_mb, memory_together_mb
from benchmarks.rounds import CONCURRENCIES, CORES, Figures, Results, together
from benchmarks.servers import Server
from benchmarks.soak import SETTLING, Minute, memory_trend

MAKE_BENCH = "make bench"


def machine_line(rounds: int, others: float) -> str:
    """Where and when the figures come from."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {CORES} cores, {platform.machine()}, "
        f"Python {platform.python_version()}; medians over {rounds} round(s); other "
        f"programs kept {others:.1f} cores busy meanwhile."
    )


def load_table(results: Results, pictures: Sequence[Picture]) -> str:
    """Every picture and concurrency: latencies, throughput and CPU of each subject."""
    rows = []
    for picture in pictures:
        for concurrency in CONCURRENCIES:
            for subject in dict.fromkeys(name for name, *_ in results):
                key = subject, picture.name, concurrency
                rows.append(_load_row(*key, together(results[key])))
    heading = "Picture", "Clients", "Who", "p50 ms", "p95 ms", "p99 ms", "per s"
    return table((*heading, "CPU ms", "Errors", "503"), rows)


def ratio_table(results: Results, pictures: Sequence[Picture]) -> str:
    """How the site compares, each ratio within one round and then its median."""
    names = {name for name, *_ in results}
    others = [name for name in ("baseline", "floor") if name in names]
    rows = []
    for picture in pictures:
        for concurrency in CONCURRENCIES:
            row = [picture.name, str(concurrency)]
            for other in others:
                pairs = list(
                    zip(
                        results["site", picture.name, concurrency],
                        results[other, picture.name, concurrency],
                        strict=True,
                    )
                )
                row += [
                    _times(median(b.p50 / a.p50 for a, b in pairs)),
                    _times(median(a.per_second / b.per_second for a, b in pairs)),
                    _times(median(a.cpu_ms / b.cpu_ms for a, b in pairs)),
                ]
            rows.append(row)
    heading = ["Picture", "Clients"]
    for other in others:
        heading += [f"{other} p50 ÷ site", f"site per s ÷ {other}", f"CPU ÷ {other}"]
    return table(heading, rows)


def server_table(servers: Sequence[Server]) -> str:
    """How long each server took to start, and the memory it holds after the load."""
    rows = []
    for server in servers:
        if server.pid is None:
            continue
        memory = memory_mb(server.pid).values()
        rows.append(
            [
                server.name,
                f"{server.health_seconds:.1f}",
                f"{server.first_seconds:.1f}",
                f"{max(now for now, _ in memory):.0f}",
                f"{max(peak for _, peak in memory):.0f}",
                f"{memory_together_mb(server.pid):.0f}",
            ]
        )
    return table(
        (
            *("Who", "/health after s", "first answer after s"),
            *("largest process MB", "its peak MB", "all processes MB"),
        ),
        rows,
    )


def bulk_table(rounds: Sequence[BulkRound]) -> str:
    """`manage.py classify` beside the floor; the share is the median of the rounds."""
    ours = median(found.per_second for found in rounds)
    floor = median(found.floor_per_second for found in rounds)
    share = median(found.per_second / found.floor_per_second for found in rounds)
    cpu = median(found.cpu_ms for found in rounds)
    floor_cpu = median(found.floor_cpu_ms for found in rounds)
    return table(
        ("Who", "files per s", "CPU ms per file", "share of the floor"),
        [
            ["manage.py classify", f"{ours:.1f}", f"{cpu:.1f}", f"{share:.0%}"],
            [f"floor, {CORES} processes", f"{floor:.1f}", f"{floor_cpu:.1f}", ""],
        ],
    )


def soak_table(minutes: Sequence[Minute]) -> str:
    """Every minute, and how much memory grew after the first two."""
    rows = [
        [
            str(number),
            str(minute.answered),
            str(minute.refused),
            str(minute.errors),
            f"{minute.p95_ms:.0f}",
            f"{minute.median_mb:.0f}",
            f"{minute.highest_mb:.0f}",
        ]
        for number, minute in enumerate(minutes, start=1)
    ]
    heading = "Minute", "answered", "503", "errors", "p95 ms of the answered"
    memory = "memory MB, median", "highest"
    rows_only = table((*heading, *memory), rows)
    if len(minutes) < SETTLING + 3:
        return rows_only
    trend = memory_trend(minutes).sentence("minute")
    return f"{rows_only}\n\nMemory after the first {SETTLING} minutes: {trend}"


def table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, numbers to the right."""
    heading = list(heading)
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def marks(command: str) -> tuple[str, str]:
    """The lines of a page between which a command writes its figures."""
    begin = f"<!-- Written by {command}: begin -->"
    return begin, begin.replace("begin", "end")


def write_between_marks(page: Path, text: str, command: str = MAKE_BENCH) -> None:
    """Replace what stands between a command's marks; raises `ValueError`."""
    begin, end = marks(command)
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page} lacks the lines {begin} and {end}.")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def median(values: Iterable[float]) -> float:
    """The median of those that are not `nan`; `nan` of none."""
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else float("nan")


def _load_row(
    subject: str, picture: str, concurrency: int, figures: Figures
) -> list[str]:
    values = figures.p50, figures.p95, figures.p99, figures.per_second, figures.cpu_ms
    counts = figures.errors, figures.refused
    numbers = [_number(value) for value in values] + [
        f"{count:.0f}" for count in counts
    ]
    return [picture, str(concurrency), subject, *numbers]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1f}"


def _times(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
