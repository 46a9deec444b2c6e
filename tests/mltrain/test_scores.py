"""Scores are made once per picture and survive their file to the last digit."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.inference.detector import Detector, load_detector
from classifier.inference.images import decode_image
from mltrain.layouts import read_dataset
from mltrain.manifest import DatasetError
from mltrain.scores import Scores, read_scores, score_samples
from tests.mltrain.datasets import manifest_folder

HEADER = "name,label,split,source,generator,kind,perturbation,logit"


@pytest.fixture
def detector(bundle_folder: Path) -> Detector:
    return load_detector(bundle_folder, "onnx")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return manifest_folder(tmp_path / "data", {"validation": 3, "test": 4})


def score(detector: Detector, data: Path, *changes: str) -> Scores:
    samples = read_dataset(data).samples
    spec = detector.card.preprocessing
    names = changes or ("clean",)
    return score_samples(detector.engine, spec, samples, perturbations=names)


def test_a_score_is_the_logit_that_serving_gives(
    detector: Detector, data: Path
) -> None:
    for row in score(detector, data).rows:
        image = decode_image((data / row.name).read_bytes())
        assert row.logit == pytest.approx(detector.detect_image(image).logit, abs=1e-5)


def test_rows_keep_the_order_and_the_origins_of_the_samples(
    detector: Detector, data: Path
) -> None:
    samples = read_dataset(data).samples

    rows = score(detector, data, "clean", "web").rows

    assert [row.name for row in rows[::2]] == [s.name for s in samples]
    assert [row.perturbation for row in rows[:2]] == ["clean", "web"]
    assert {row.source for row in rows} == {"ai-source", "human-source"}


def test_a_file_of_scores_reads_back_exactly(
    detector: Detector, data: Path, tmp_path: Path
) -> None:
    scores = score(detector, data, "clean", "hard")
    scores.write(tmp_path / "scores.csv")

    assert read_scores(tmp_path / "scores.csv").rows == scores.rows


def test_a_broken_picture_is_named_and_skipped(detector: Detector, data: Path) -> None:
    broken = data / "images/test-ai-1.png"
    broken.write_bytes(broken.read_bytes()[:200])
    (data / "images/test-ai-2.png").write_text("no picture")

    scores = score(detector, data)

    assert len(scores.rows) == 12
    assert [line.split(":")[0] for line in scores.skipped] == [
        "images/test-ai-1.png",
        "images/test-ai-2.png",
    ]
    assert "damaged" in scores.skipped[0]


def test_progress_counts_every_picture_once(detector: Detector, data: Path) -> None:
    samples = read_dataset(data).samples
    seen: list[int] = []

    score_samples(
        detector.engine, detector.card.preprocessing, samples, progress=seen.append
    )

    assert sum(seen) == len(samples)


def test_rows_are_chosen_by_their_fields(detector: Detector, data: Path) -> None:
    scores = score(detector, data)

    assert len(scores.where(split="test").rows) == 8
    assert len(scores.where(split="all", label="ai").rows) == 7
    assert scores.where(split="test").labels.sum() == 4


def test_a_file_that_holds_no_scores_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("name,label\na.png,ai\n")
    with pytest.raises(DatasetError, match="logit"):
        read_scores(path)

    path.write_text(f"{HEADER},picture,model,dataset\na.png,ai,test,,,,clean,high,,,\n")
    with pytest.raises(DatasetError, match="row 2: the logit is no number"):
        read_scores(path)


def test_a_file_that_names_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(f"{HEADER}\na.png,ai,test,,,,clean,1.5\n")

    with pytest.raises(DatasetError, match="does not say which model"):
        read_scores(path)


def test_scores_of_two_models_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    rows = "".join(f"a.png,ai,test,,,,clean,1,,{name},\n" for name in ("one", "two"))
    path.write_text(f"{HEADER},picture,model,dataset\n{rows}")

    with pytest.raises(DatasetError, match="more than one model"):
        read_scores(path)
