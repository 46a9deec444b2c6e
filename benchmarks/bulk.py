"""`manage.py classify FOLDER` beside the bare floor on all cores."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.floor import Floor
from benchmarks.pictures import Picture
from benchmarks.rounds import CORES
from benchmarks.servers import ROOT

FILES = 240


@dataclass(frozen=True)
class BulkRound:
    """Files per second and milliseconds of CPU per file, of both sides."""

    per_second: float
    cpu_ms: float
    floor_per_second: float
    floor_cpu_ms: float


def measure_bulk(
    folder: Path,
    bundle: Path,
    pictures: Sequence[Picture],
    floor: Floor,
    rounds: int,
    progress: Callable[[str], None],
) -> list[BulkRound]:
    """Both judge the same files in turn; the start of Python is left out.

    The command runs once on one file and once on all: what the others took more is
    their time.
    """
    folder.mkdir()
    data = [picture.data for picture in pictures]
    for number in range(FILES):
        picture = pictures[number % len(pictures)]
        (folder / f"{number:05}.{picture.suffix}").write_bytes(picture.data)
    first = next(folder.iterdir())
    found = []
    for number in range(1, rounds + 1):
        progress(f"round {number}/{rounds}: classify")
        start, start_cpu = _classify(first, bundle)
        seconds, cpu = _classify(folder, bundle)
        judged = floor.judge(data, FILES, processes=CORES)
        found.append(
            BulkRound(
                per_second=(FILES - 1) / (seconds - start),
                cpu_ms=(cpu - start_cpu) * 1000 / (FILES - 1),
                floor_per_second=FILES / judged.seconds,
                floor_cpu_ms=judged.cpu_seconds * 1000 / FILES,
            )
        )
    return found


def _classify(path: Path, bundle: Path) -> tuple[float, float]:
    """Elapsed seconds and seconds of CPU of one run of the command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "classify", str(path)],
        cwd=ROOT,
        env={**os.environ, "DETECTOR_BUNDLE": str(bundle)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    elapsed = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, used
