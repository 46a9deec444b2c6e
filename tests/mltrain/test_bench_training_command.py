"""`bench_training` tells whether the pipeline keeps up with the step."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.mltrain.datasets import manifest_folder

pytestmark = pytest.mark.training


def run(folder: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("bench_training", "--data", str(folder), *options, stdout=out)
    return out.getvalue()


def test_it_prints_and_writes_three_rates_and_a_ratio(tmp_path: Path) -> None:
    data = manifest_folder(tmp_path / "data", {"train": 3, "validation": 2})
    options = ["--backbones", "mobilenetv2", "--image-size", "32", "--batch-size", "2"]

    text = run(data, *options, "--steps", "4", "--json", str(tmp_path / "rates.json"))

    assert "pictures/s" in text
    (row,) = json.loads((tmp_path / "rates.json").read_text())
    assert row["backbone"] == "mobilenetv2"
    assert row["ratio"] == pytest.approx(row["pipeline"] / row["step"])
    assert row["together"] > 0
    assert f"{row['step']:.1f}" in text


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
