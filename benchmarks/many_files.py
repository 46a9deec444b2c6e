"""Whether `manage.py classify` holds more memory the more files it judges."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from benchmarks.memory import Sample, Trend, sampled_memory
from benchmarks.report import table
from benchmarks.servers import ROOT
from tests.images import encode, picture

FILES_IN_A_FOLDER = 1000
PARTS = 10


def main() -> None:
    """Write the files, judge them, and print memory over time."""
    parser = ArgumentParser(prog="python -m benchmarks.many_files", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, metavar="N")
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="many-files-") as name:
        folder, verdicts = Path(name, "files"), Path(name, "verdicts.csv")
        write_files(folder, count)
        seconds, samples = _classify(folder, verdicts)
        with verdicts.open(newline="", encoding="utf-8") as file:
            judged = sum(1 for row in csv.DictReader(file) if row["verdict"])
    speed = count / seconds
    summary = f"{judged} of {count} files judged, {speed:.1f} a second."
    sys.stdout.write(f"{summary}\n\n{memory_table(samples, speed)}\n")


def write_files(folder: Path, count: int) -> None:
    """Small pictures, none with the bytes of another."""
    data = encode(picture(96, 96), "JPEG", quality=80)
    for number in range(count):
        path = folder / f"{number // FILES_IN_A_FOLDER:05}" / f"{number:08}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Decoders stop at the end of the picture and do not read the bytes behind it.
        path.write_bytes(data + f"{number:08}".encode())


def memory_table(samples: list[Sample], per_second: float) -> str:
    """Memory in each tenth of the time; and its trend after the first of them."""
    end = samples[-1].seconds
    parts = [
        [s.mb for s in samples if part <= s.seconds / end * PARTS < part + 1]
        for part in range(PARTS)
    ]
    rows = [
        [f"{(part + 1) * 100 // PARTS} %", f"{max(values):.1f}", f"{values[-1]:.1f}"]
        for part, values in enumerate(parts)
        if values
    ]
    settled = [s for s in samples if s.seconds > end / PARTS]
    thousands = [s.seconds * per_second / 1000 for s in settled]
    trend = Trend.of(thousands, [s.mb for s in settled]).sentence("thousand files")
    heading = "Files judged", "highest MB", "MB at the end"
    return f"{table(heading, rows)}\n\nMemory after the first tenth: {trend}"


def _classify(folder: Path, verdicts: Path) -> tuple[float, list[Sample]]:
    """Seconds that the command took, and its memory."""
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "classify", str(folder), "--csv", str(verdicts)],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
    )
    with sampled_memory(process.pid) as samples:
        status = process.wait()
        found = samples()
    if status:
        sys.exit(status)
    return time.monotonic() - started, found


if __name__ == "__main__":
    main()
