"""`bench_training` tells whether the pipeline keeps up with the step."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.mltrain.datasets import manifest_folder

pytestmark = pytest.mark.training
OPTIONS = ["--backbones", "mobilenetv2", "--image-size", "32", "--batch-size", "2"]


def run(folder: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("bench_training", "--data", str(folder), *options, stdout=out)
    return out.getvalue()


def test_it_prints_and_writes_three_rates_and_a_ratio(tmp_path: Path) -> None:
    data = manifest_folder(tmp_path / "data", {"train": 3, "validation": 2})

    text = run(data, *OPTIONS, "--steps", "4", "--json", str(tmp_path / "rates.json"))

    assert "pictures/s" in text
    (row,) = json.loads((tmp_path / "rates.json").read_text())
    assert row["backbone"] == "mobilenetv2"
    assert row["ratio"] == pytest.approx(row["pipeline"] / row["step"])
    assert row["together"] > 0
    assert row["pipeline_share"] == max(0, 1 - row["together"] / row["step"])
    assert f"{row['step']:.1f}" in text
    assert "pipeline's share" in text


def test_no_graph_is_traced_while_the_clock_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mltrain import throughput
    from mltrain.steps import TrainingStep

    traced: list[object] = []  # Python runs a step's body only to trace it
    while_timed: list[int] = []
    update, seconds = TrainingStep._update, throughput._seconds

    def noted(self: TrainingStep, batches: object) -> object:
        traced.append(self)
        return update(self, batches)

    def timed(work: Callable[[], object]) -> float:
        before = len(traced)
        duration = seconds(work)
        while_timed.append(len(traced) - before)
        return duration

    monkeypatch.setattr(TrainingStep, "_update", noted)
    monkeypatch.setattr(throughput, "_seconds", timed)
    data = manifest_folder(tmp_path / "data", {"train": 3, "validation": 2})

    run(data, *OPTIONS, "--steps", "4")

    assert traced
    assert while_timed == [0, 0, 0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "0"], "--steps is 0"),
        (["--augment", "blurr=1"], "no augmentation 'blurr'"),
        (["--batch-size", "0"], "--batch-size is 0"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, options: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(tmp_path, *options)


def test_a_wrong_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder"):
        run(tmp_path / "nowhere")
