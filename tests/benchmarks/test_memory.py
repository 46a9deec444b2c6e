"""Growth of memory is told apart from memory that goes up and down."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.many_files import memory_table, write_files
from benchmarks.memory import Sample, Trend, sampled_memory
from benchmarks.report import soak_table
from benchmarks.soak import Minute

MINUTES = range(18)
NOISE = np.random.default_rng(0).normal(0, 40, len(MINUTES))


def minute(mb: float) -> Minute:
    return Minute(
        answered=500, refused=3000, errors=0, p95_ms=7000, median_mb=mb, highest_mb=mb
    )


def test_memory_that_goes_up_and_down_does_not_grow() -> None:
    trend = Trend.of(MINUTES, 600 + NOISE)

    assert not trend.grows


def test_a_leak_is_growth_in_spite_of_noise() -> None:
    trend = Trend.of(MINUTES, [600 + 20 * at + NOISE[at] for at in MINUTES])

    assert trend.grows
    assert trend.slope == pytest.approx(20, abs=5)


def test_a_steady_rise_by_less_than_a_hundredth_is_no_growth() -> None:
    trend = Trend.of(MINUTES, [600 + 0.1 * at for at in MINUTES])

    assert trend.low > 0
    assert not trend.grows


def test_two_values_show_no_trend() -> None:
    trend = Trend.of([1, 2], [5, 9])

    assert math.isnan(trend.slope)
    assert not trend.grows


def test_a_process_that_takes_memory_is_seen_to_grow() -> None:
    code = "import time; a = bytearray(50_000_000); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        with sampled_memory(process.pid) as samples:
            while not any(sample.mb > 50 for sample in samples()):
                assert process.poll() is None
                time.sleep(0.2)
        process.kill()


def test_the_first_two_minutes_of_a_soak_do_not_count() -> None:
    minutes = [minute(100), minute(300), *(minute(500 + noise) for noise in NOISE)]

    assert "after the first 2 minutes" in soak_table(minutes)
    assert "no growth." in soak_table(minutes)


def test_a_soak_that_grows_says_so() -> None:
    assert soak_table([minute(500 + 9 * at) for at in MINUTES]).endswith(": growth.")


def test_a_short_soak_shows_its_minutes_alone() -> None:
    assert "growth" not in soak_table([minute(500)] * 4)


def test_each_tenth_of_the_files_has_its_memory() -> None:
    samples = [Sample(float(at), 150.0 + at % 2) for at in range(1, 101)]

    table = memory_table(samples, files=1000)

    assert table.count(" % |") == 10
    assert table.endswith("no growth.")


def test_no_two_of_the_files_are_the_same(tmp_path: Path) -> None:
    write_files(tmp_path, 30)

    files = list(tmp_path.iterdir())
    assert len({path.read_bytes() for path in files}) == 30
    assert {path.suffix for path in files} == {".jpeg", ".png", ".webp"}
