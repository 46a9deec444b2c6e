"""One measurement after the other, in alternating rounds, and their medians."""

from __future__ import annotations

import itertools
import math
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.client import Load, send
from benchmarks.floor import Floor, Judged
from benchmarks.pictures import Picture
from benchmarks.processes import Usage
from benchmarks.servers import Server

CONCURRENCIES = (1, 4, 16)
WARM_UP = 64
LEAST_REQUESTS = 20
# Below, the 99th percentile would be the slowest of all.
ENOUGH_FOR_P99 = 100
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Figures:
    """What one burst of requests showed, or several together.

    Latencies and CPU are in milliseconds, the latter per picture and `nan` where it is
    not known; `others` is the number of cores that other programs kept busy meanwhile.
    """

    latencies: tuple[float, ...]
    per_second: float
    cpu_ms: float
    others: float
    errors: float
    refused: float

    @property
    def p50(self) -> float:
        """The median latency."""
        return quantile(self.latencies, 0.5)

    @property
    def p95(self) -> float:
        """What 95 % of the answers did not exceed."""
        return quantile(self.latencies, 0.95)

    @property
    def p99(self) -> float:
        """What 99 % of the answers did not exceed; `nan` of too few answers."""
        if len(self.latencies) < ENOUGH_FOR_P99:
            return math.nan
        return quantile(self.latencies, 0.99)


@dataclass(frozen=True)
class Subject:
    """Who is measured, by a function of picture, concurrency and count."""

    name: str
    burst: Callable[[Picture, int, int], Figures]


Results = dict[tuple[str, str, int], list[Figures]]


def measure(
    subjects: Sequence[Subject],
    pictures: Sequence[Picture],
    rounds: int,
    progress: Callable[[str], None],
) -> Results:
    """(subject, picture, concurrency) → the figures of every round.

    The subjects take turns at each picture and concurrency, so that a busy moment of
    the machine hits all of them.
    """
    results: Results = defaultdict(list)
    for subject in subjects:  # every process and thread has its first request
        subject.burst(pictures[0], max(CONCURRENCIES), WARM_UP)
    for number in range(1, rounds + 1):
        for picture, concurrency in itertools.product(pictures, CONCURRENCIES):
            progress(f"round {number}/{rounds}: {picture.name}, {concurrency} clients")
            for subject in subjects:
                figures = subject.burst(
                    picture, concurrency, max(LEAST_REQUESTS, 2 * concurrency)
                )
                results[subject.name, picture.name, concurrency].append(figures)
    return results


def together(bursts: Sequence[Figures]) -> Figures:
    """All latencies in one, errors and refusals summed, and medians of the rest."""

    def middle(name: str) -> float:
        return statistics.median(getattr(burst, name) for burst in bursts)

    return Figures(
        latencies=tuple(itertools.chain(*(burst.latencies for burst in bursts))),
        per_second=middle("per_second"),
        cpu_ms=middle("cpu_ms"),
        others=middle("others"),
        errors=sum(burst.errors for burst in bursts),
        refused=sum(burst.refused for burst in bursts),
    )


def server_subject(
    server: Server, *, name: str = "", token: str = "", repeated: bool = False
) -> Subject:
    """A server as a subject; `repeated` sends the same bytes again and again."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def burst(picture: Picture, concurrency: int, count: int) -> Figures:
        def bodies() -> Iterator[bytes]:
            while True:
                yield picture.data if repeated else picture.unique()

        before, own = _usage(server), time.process_time()
        load = send(
            server.address,
            bodies(),
            concurrency=concurrency,
            go_on=lambda sent: sent < count,
            headers=headers,
        )
        client_cpu = time.process_time() - own
        return _of_load(load, before, _usage(server), client_cpu, server.pid)

    return Subject(name or server.name, burst)


def floor_subject(floor: Floor, name: str = "floor") -> Subject:
    """The bare floor, with as many processes as clients but no more than cores."""

    def burst(picture: Picture, concurrency: int, count: int) -> Figures:
        before = Usage.of(os.getpid())
        judged = floor.judge([picture.data], count, processes=min(CORES, concurrency))
        after = Usage.of(os.getpid())
        busy = (after.machine - before.machine) - (after.own - before.own)
        return _of_judged(judged, busy / judged.seconds)

    return Subject(name, burst)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed; nan of none."""
    if not values:
        return math.nan
    return sorted(values)[math.ceil(len(values) * share) - 1]


def _usage(server: Server) -> Usage:
    return Usage.of(server.pid or os.getpid())


def _of_load(
    load: Load, before: Usage, after: Usage, client_cpu: float, pid: int | None
) -> Figures:
    served = after.own - before.own if pid else float("nan")
    busy = after.machine - before.machine - client_cpu - (served if pid else 0)
    return Figures(
        latencies=_milliseconds(load.latencies),
        per_second=len(load.latencies) / load.seconds,
        cpu_ms=served * 1000 / max(1, len(load.latencies)),
        others=max(0.0, busy / load.seconds),
        errors=load.errors,
        refused=load.refused,
    )


def _of_judged(judged: Judged, others: float) -> Figures:
    count = len(judged.latencies)
    return Figures(
        latencies=_milliseconds(judged.latencies),
        per_second=count / judged.seconds,
        cpu_ms=judged.cpu_seconds * 1000 / count,
        others=max(0.0, others),
        errors=0,
        refused=0,
    )


def _milliseconds(seconds: Sequence[float]) -> tuple[float, ...]:
    return tuple(value * 1000 for value in seconds)
