"""Milliseconds of CPU for each way to decode each picture of the benchmark."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.decoders.ways import Decode, UnreadError
from benchmarks.pictures import Picture
from benchmarks.report import median, table

TIMES = 5
# Way → picture → milliseconds of CPU in each round.
Timings = dict[str, dict[str, list[float]]]


def time_ways(
    ways: Mapping[str, Decode], pictures: Sequence[Picture], rounds: int
) -> Timings:
    """All ways take turns; the CPU is that of the process, with any threads of theirs.

    A way that does not read a picture has no figures for it.
    """
    timings: Timings = {name: defaultdict(list) for name in ways}
    for _ in range(rounds):
        for picture in pictures:
            for name, decode in ways.items():
                try:
                    decode(picture.data)
                except UnreadError:
                    continue
                cpu = time.process_time()
                for _ in range(TIMES):
                    decode(picture.data)
                spent = (time.process_time() - cpu) * 1000 / TIMES
                timings[name][picture.name].append(spent)
    return timings


def time_table(timings: Timings) -> str:
    """Medians over the rounds."""
    pictures = list(dict.fromkeys(name for way in timings.values() for name in way))
    rows = [
        [name, *(f"{median(found[p]):.1f}" if p in found else "" for p in pictures)]
        for name, found in timings.items()
    ]
    return table(("CPU ms", *pictures), rows)
