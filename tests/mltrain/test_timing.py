"""A network's time is what it takes undisturbed."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from mltrain.timing import time_engines


def test_a_busy_moment_of_the_machine_does_not_count(
    bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of three rounds are disturbed: their median would be, too."""
    rounds = [0.050, 0.010, 0.400]
    clock = chain.from_iterable((at, at + rounds[at]) for at in range(3))
    monkeypatch.setattr("mltrain.timing.perf_counter", lambda: next(clock))

    (times,) = time_engines([bundle_folder], ["onnx"], rounds=3)

    assert times == {"onnx": pytest.approx(10)}
