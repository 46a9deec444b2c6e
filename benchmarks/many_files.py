"""Whether `manage.py classify` holds more memory the more files it judges."""

from __future__ import annotations

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from benchmarks.memory import Sample, Trend, sampled_memory
from benchmarks.report import table
from benchmarks.servers import ROOT
from tests.images import encode, picture

SIZES = (64, 64), (96, 64), (128, 96), (160, 120)
FORMATS = "JPEG", "PNG", "WEBP"
PARTS = 10
SPANS = 50


def main() -> None:
    """Write the files, judge half, kill the command, continue, and print memory."""
    parser = ArgumentParser(prog="python -m benchmarks.many_files", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, metavar="N")
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="many-files-") as name:
        folder, verdicts = Path(name, "files"), Path(name, "verdicts.csv")
        write_files(folder, count)
        first = _classify(folder, verdicts, until=count // 2)
        half = _rows(verdicts)
        second = _classify(folder, verdicts)
        rows = _rows_of_files(verdicts)
    most = max(rows.values(), default=0)
    sys.stdout.write(
        f"{len(rows)} of {count} files judged, with {most} row each at the most; "
        f"killed after {half} of them and continued.\n\n"
        f"The first part:\n\n{memory_table(*first)}\n\n"
        f"Continued:\n\n{memory_table(*second)}\n"
    )


def write_files(folder: Path, count: int) -> None:
    """Small pictures in one folder, of several sizes and formats, no two the same."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [
        (file_format.lower(), encode(picture(*size), file_format))
        for size in SIZES
        for file_format in FORMATS
    ]
    for number, (suffix, data) in zip(range(count), cycle(kinds), strict=False):
        # Decoders stop at the end of the picture and do not read the bytes behind it.
        path = folder / f"{number:08}.{suffix}"
        path.write_bytes(data + f"{number:08}".encode())


def memory_table(samples: list[Sample], files: int) -> str:
    """Memory in each tenth of the time; and its trend after the first of them.

    `files` is how many were judged meanwhile.
    """
    rows = [
        [f"{(part + 1) * 100 // PARTS} %", f"{max(values):.1f}", f"{values[-1]:.1f}"]
        for part, values in enumerate(_in_parts(samples, PARTS))
        if values
    ]
    # Samples of neighbouring seconds are alike; medians of longer spans say more.
    spans = [
        (number, statistics.median(values))
        for number, values in enumerate(_in_parts(samples, SPANS))
        if values and number >= SPANS // PARTS
    ]
    thousands = [number / SPANS * files / 1000 for number, _ in spans]
    trend = Trend.of(thousands, [mb for _, mb in spans]).sentence("thousand files")
    heading = f"Of {files} files", "highest MB", "MB at the end"
    return f"{table(heading, rows)}\n\nMemory after the first tenth: {trend}"


def _in_parts(samples: list[Sample], count: int) -> list[list[float]]:
    """The megabytes of the samples in spans of the same length."""
    parts: list[list[float]] = [[] for _ in range(count)]
    end = samples[-1].seconds
    for sample in samples:
        parts[min(count - 1, int(sample.seconds / end * count))].append(sample.mb)
    return parts


def _classify(
    folder: Path, verdicts: Path, until: int | None = None
) -> tuple[list[Sample], int]:
    """Memory of the command, and how many rows it wrote; killed after `until` rows."""
    before = _rows(verdicts)
    command = [sys.executable, "manage.py", "classify", str(folder)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--csv", str(verdicts), "--resume"],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
    )
    with sampled_memory(process.pid) as samples:
        if until is not None:
            _wait_for(lambda: _rows(verdicts) >= until or process.poll() is not None)
            process.kill()
        status = process.wait()
        found = samples()
    if status and until is None:
        sys.exit(status)
    return found, _rows(verdicts) - before


def _rows_of_files(verdicts: Path) -> Counter[str]:
    """How many rows with a verdict each file has."""
    with verdicts.open(newline="", encoding="utf-8") as file:
        return Counter(row["path"] for row in csv.DictReader(file) if row["verdict"])


def _rows(verdicts: Path) -> int:
    """Rows so far; none of these files has a name of two lines."""
    if not verdicts.exists():
        return 0
    with verdicts.open("rb") as file:
        return max(0, sum(1 for _ in file) - 1)


def _wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(1)


if __name__ == "__main__":
    main()
