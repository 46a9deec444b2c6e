"""The bare floor: decode and run the network in a loop, with no web around it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from classifier.inference.detector import Detector, load_detector


@dataclass(frozen=True)
class Judged:
    """Elapsed seconds, the seconds of each picture, and seconds of CPU."""

    seconds: float
    latencies: list[float]
    cpu_seconds: float


class Floor:
    """Processes that hold a detector each and do nothing but judge."""

    def __init__(self, pools: Sequence[ProcessPoolExecutor]) -> None:
        self._pools = pools

    def judge(self, pictures: Sequence[bytes], count: int, *, processes: int) -> Judged:
        """Judge `count` pictures, taken in turn, shared out among the processes."""
        shares = [
            count // processes + (i < count % processes) for i in range(processes)
        ]
        started = time.perf_counter()
        running = [
            pool.submit(_judge, pictures, share)
            for pool, share in zip(self._pools, shares, strict=False)
        ]
        parts = [future.result() for future in running]
        return Judged(
            seconds=time.perf_counter() - started,
            latencies=[seconds for latencies, _ in parts for seconds in latencies],
            cpu_seconds=sum(cpu_seconds for _, cpu_seconds in parts),
        )


@contextmanager
def bare_floor(bundle: Path, processes: int, threads: int = 1) -> Iterator[Floor]:
    """Start the processes; their networks are loaded and warm when this yields.

    Each runs its network on `threads` threads.
    """
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pools = [
            stack.enter_context(
                ProcessPoolExecutor(1, context, _load, (bundle, threads))
            )
            for _ in range(processes)
        ]
        for pool in pools:
            pool.submit(_judge, [], 0).result()
        yield Floor(pools)


_detector: Detector


def _load(bundle: Path, threads: int) -> None:
    global _detector
    _detector = load_detector(bundle, threads=threads)
    _detector.warm()


def _judge(pictures: Sequence[bytes], count: int) -> tuple[list[float], float]:
    latencies = []
    cpu = time.process_time()
    for number in range(count):
        started = time.perf_counter()
        _detector.detect(pictures[number % len(pictures)])
        latencies.append(time.perf_counter() - started)
    return latencies, time.process_time() - cpu
