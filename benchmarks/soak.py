"""Twice what the site can take, for minutes: errors, memory and waiting over time."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.client import Load, send
from benchmarks.memory import Trend, sampled_memory
from benchmarks.pictures import Picture
from benchmarks.rounds import quantile
from benchmarks.servers import Server

# What all processes together compute and let wait, and then as many again.
OVERLOAD = 2
# As a client does that was told to come back: it leaves the connection for a moment.
PAUSE_SECONDS = 0.2
# Minutes in which every thread meets its largest picture.
SETTLING = 2


@dataclass(frozen=True)
class Minute:
    """One minute: how many answers of each kind, their p95, and the memory.

    That of all processes, sampled each second: its median and its highest.
    """

    answered: int
    refused: int
    errors: int
    p95_ms: float
    median_mb: float
    highest_mb: float


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


def memory_trend(minutes: Sequence[Minute]) -> Trend:
    """How much memory grows each minute, the first two left out."""
    settled = [minute.median_mb for minute in minutes[SETTLING:]]
    return Trend.of(range(len(settled)), settled)


def _minute(server: Server, pictures: Sequence[Picture], clients: int) -> Minute:
    until = time.monotonic() + 60
    lock = threading.Lock()
    turn = itertools.cycle(pictures)

    def bodies() -> Iterator[bytes]:
        while True:
            with lock:
                yield next(turn).unique()

    with sampled_memory(server.pid or 0) as samples:
        load: Load = send(
            server.address,
            bodies(),
            concurrency=clients,
            go_on=lambda _: time.monotonic() < until,
            pause_when_refused=PAUSE_SECONDS,
        )
        memory = [sample.mb for sample in samples()]
    return Minute(
        answered=len(load.latencies),
        refused=load.refused,
        errors=load.errors,
        p95_ms=quantile(load.latencies, 0.95) * 1000,
        median_mb=statistics.median(memory),
        highest_mb=max(memory),
    )
