"""Twice what the site can take, for minutes: errors, memory and waiting over time."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.client import Load, send
from benchmarks.pictures import Picture
from benchmarks.processes import memory_mb
from benchmarks.rounds import quantile
from benchmarks.servers import Server

# What all processes together compute and let wait, and then as many again.
OVERLOAD = 2
# As a client does that was told to come back: it leaves the connection for a moment.
PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Minute:
    """One minute: how many answers of each kind, their p95, and the memory."""

    answered: int
    refused: int
    errors: int
    p95_ms: float
    largest_mb: float
    total_mb: float


def soak(
    server: Server,
    pictures: Sequence[Picture],
    minutes: int,
    capacity: int,
    progress: Callable[[str], None],
) -> list[Minute]:
    """Keep `OVERLOAD` times `capacity` clients busy with all pictures in turn."""
    found = []
    for number in range(1, minutes + 1):
        progress(f"soak: minute {number}/{minutes}")
        found.append(_minute(server, pictures, OVERLOAD * capacity))
    return found


def growth_mb(minutes: Sequence[Minute]) -> float:
    """Memory of all processes at the end, less that after the first two minutes.

    Each is a median of a third of the time, since one picture more or less in flight
    is worth as much as a leak. `nan` of fewer than five minutes.
    """
    settled = [minute.total_mb for minute in minutes[2:]]
    third = len(settled) // 3
    if not third:
        return float("nan")
    return statistics.median(settled[-third:]) - statistics.median(settled[:third])


def _minute(server: Server, pictures: Sequence[Picture], clients: int) -> Minute:
    until = time.monotonic() + 60
    lock = threading.Lock()
    turn = itertools.cycle(pictures)

    def bodies() -> Iterator[bytes]:
        while True:
            with lock:
                yield next(turn).unique()

    load: Load = send(
        server.address,
        bodies(),
        concurrency=clients,
        go_on=lambda _: time.monotonic() < until,
        pause_when_refused=PAUSE_SECONDS,
    )
    memory = [now for now, _ in memory_mb(server.pid or 0).values()]
    return Minute(
        answered=len(load.latencies),
        refused=load.refused,
        errors=load.errors,
        p95_ms=quantile(load.latencies, 0.95) * 1000,
        largest_mb=max(memory, default=0),
        total_mb=sum(memory),
    )
