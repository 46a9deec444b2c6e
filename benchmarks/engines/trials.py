"""Each engine in a process of its own: its memory, its time, its answers."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.runners import Run
from benchmarks.processes import memory_mb
from classifier.inference.preprocessing import scale_pixels

SINGLES = 20
BATCHES = 4
BATCH = 5


@dataclass(frozen=True)
class Timing:
    """Milliseconds for one picture alone, and for a batch of five."""

    cpu: float
    wall: float
    batch_cpu: float


class Trial:
    """A process that holds one engine and one file."""

    def __init__(self, pool: ProcessPoolExecutor, grown: float) -> None:
        self._pool = pool
        self.grown_mb = grown

    def time(self) -> Timing:
        """One round."""
        return self._pool.submit(_time).result()

    def logits(self, views: Path) -> NDArray[np.float32]:
        """(n,) answers to a `.npy` file of (n, size, size, 3) uint8, one at a time."""
        return self._pool.submit(_logits, views).result()


@contextmanager
def trial(load: Callable[[Path], Run], path: Path, size: int) -> Iterator[Trial]:
    """Start the process; its network is loaded and warm when this yields.

    `grown_mb` is how much resident memory grew by the import of the engine, the
    network and its first pictures, the pages of its libraries included.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        yield Trial(pool, pool.submit(_load, load, path, size).result())


_run: Run
_singles: NDArray[np.float32]


def _load(load: Callable[[Path], Run], path: Path, size: int) -> float:
    global _run, _singles
    noise = np.random.default_rng(0).random((SINGLES, size, size, 3))
    _singles = noise.astype(np.float32)
    del noise
    before = _resident_mb()
    _run = load(path)
    for single in _singles:
        _run(single[np.newaxis])
    grown = _resident_mb() - before
    _run(_singles[:BATCH])
    return grown


def _time() -> Timing:
    cpu, wall = time.process_time(), time.perf_counter()
    for single in _singles:
        _run(single[np.newaxis])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    _run(_singles[:BATCH])  # an engine may have to plan for another length
    batch_cpu = time.process_time()
    for _ in range(BATCHES):
        _run(_singles[:BATCH])
    batch_cpu = time.process_time() - batch_cpu
    _run(_singles[:1])
    return Timing(
        cpu=cpu * 1000 / SINGLES,
        wall=wall * 1000 / SINGLES,
        batch_cpu=batch_cpu * 1000 / BATCHES,
    )


def _logits(views: Path) -> NDArray[np.float32]:
    pixels = np.load(views, mmap_mode="r")
    return np.concatenate([_run(scale_pixels(view)[np.newaxis]) for view in pixels])


def _resident_mb() -> float:
    return memory_mb(os.getpid())[os.getpid()][0]
