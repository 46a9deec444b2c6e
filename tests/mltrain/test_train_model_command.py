"""`manage.py train_model`, for real: few drawn pictures, a tiny input, two epochs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from classifier.inference.detector import load_detector
from tests.images import encode, picture, plain

pytestmark = pytest.mark.training
OPTIONS: dict[str, Any] = {
    "backbone": "mobilenetv2",
    "weights": "none",
    "image_size": 32,
    "batch_size": 8,
    "epochs": 3,
    "head_epochs": 1,
    "seed": 2,
    # Drawn scenes take more bytes than plain colours, which the audit sees.
    "allow_shortcuts": True,
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders: drawn scenes against plain colours, and one broken file."""
    folder = tmp_path_factory.mktemp("pictures")
    for label in ("ai", "human"):
        (folder / label).mkdir()
        for seed in range(30):
            drawn = picture(48, 40, seed) if label == "ai" else grey(seed)
            (folder / label / f"{seed}.png").write_bytes(encode(drawn))
    (folder / "ai" / "broken.png").write_bytes(b"not a picture")
    return folder


def grey(seed: int):  # noqa: ANN201 - a Pillow image
    return plain(f"rgb({4 * seed},{4 * seed},{4 * seed})", 48, 40)


def train(data: Path, output: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command(
        "train_model",
        data=str(data),
        output=str(output),
        stdout=out,
        **{**OPTIONS, **options},
    )
    return out.getvalue()


@pytest.fixture(scope="module")
def run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the printed report of one whole run."""
    output = tmp_path_factory.mktemp("run") / "output"
    switches = {"augment": ["screenshot=0.3"], "mixup": 0.2, "cutmix": 1.0}
    return output, train(pictures, output, notes="Drawn by hand.", **switches)


@pytest.fixture(scope="module")
def tried(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One epoch of a few layers without the test split, its cache beside the run."""
    output = tmp_path_factory.mktemp("tried") / "output"
    options = {"cut": "block_2_add", "epochs": 1, "test": False}
    return output, train(pictures, output, cache=output.parent / "shared", **options)


def test_the_run_writes_a_bundle_that_detects(run: tuple[Path, str]) -> None:
    detection = load_detector(run[0] / "bundle", "onnx").detect(encode(picture()))
    assert detection.verdict in ("ai", "human", "uncertain")


def test_the_card_holds_figures_and_settings_but_no_paths(
    run: tuple[Path, str], pictures: Path
) -> None:
    text = (run[0] / "bundle" / "card.json").read_text()
    card = json.loads(text)
    assert set(card["metrics"]) == {"validation", "test"}
    assert 0 <= card["metrics"]["test"]["overall"]["accuracy"] <= 1
    assert card["operating_point"]["false_positive_rate"] is not None
    assert [epoch["phase"] for epoch in card["training"]["history"]] == [
        "head",
        "fine-tuning",
        "fine-tuning",
    ]
    assert card["training"]["config"]["seed"] == OPTIONS["seed"]
    assert str(pictures.parent) not in text


def test_the_model_card_for_people_names_every_split(run: tuple[Path, str]) -> None:
    text = (run[0] / "bundle" / "MODEL_CARD.md").read_text()
    assert "| Figure | test | validation |" in text
    assert "Drawn by hand." in text
    assert "## Limits" in text


def test_a_run_that_only_tries_something_leaves_the_test_split_alone(
    tried: tuple[Path, str],
) -> None:
    card = json.loads((tried[0] / "bundle" / "card.json").read_text())
    assert set(card["metrics"]) == {"validation"}
    assert "test: " not in tried[1]


def test_decoded_pictures_may_lie_where_other_runs_find_them(
    tried: tuple[Path, str],
) -> None:
    card = json.loads((tried[0] / "bundle" / "card.json").read_text())
    counts = card["dataset"]["counts"]
    read = sum(sum(counts[split].values()) for split in ("train", "validation"))

    decoded = list((tried[0].parent / "shared").glob("*.npy"))

    assert len(decoded) == read - card["dataset"]["skipped"]
    assert not (tried[0] / "cache").exists()


def test_the_report_names_the_broken_picture_and_each_figure(
    run: tuple[Path, str],
) -> None:
    assert "Skipped ai/broken.png" in run[1]
    assert "1 pictures were skipped" in run[1]
    for figure in ("accuracy", "precision", "recall", "f1"):
        assert figure in run[1]
    assert "test: " in run[1]


def test_the_run_keeps_a_log_for_tensorboard(run: tuple[Path, str]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = EventAccumulator(str(run[0] / "logs"), size_guidance={"tensors": 0}).Reload()

    for figure in ("train/loss", "validation/auroc", "speed/pictures_per_second"):
        assert [event.step for event in log.Tensors(figure)] == [1, 2, 3]


def test_switches_and_policy_are_saved_with_the_run(run: tuple[Path, str]) -> None:
    config = json.loads((run[0] / "config.json").read_text())

    assert config["mixup"] == 0.2
    assert config["precision"] == "float32"
    assert config["augmentation"]["screenshot"] == 0.3
    card = json.loads((run[0] / "bundle" / "card.json").read_text())
    assert card["training"]["config"]["augmentation"] == config["augmentation"]


def test_a_finished_folder_is_not_overwritten(
    run: tuple[Path, str], pictures: Path
) -> None:
    with pytest.raises(CommandError, match="another --output"):
        train(pictures, run[0])


def test_a_folder_without_one_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / "ai").mkdir(parents=True)
    (tmp_path / "data" / "human").mkdir()
    for seed in range(4):
        (tmp_path / "data" / "ai" / f"{seed}.png").write_bytes(encode(picture()))
    with pytest.raises(CommandError, match="human"):
        train(tmp_path / "data", tmp_path / "output")


def test_files_that_give_the_labels_away_are_refused(
    pictures: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="--allow-shortcuts"):
        train(pictures, tmp_path / "output", allow_shortcuts=False)


def test_the_card_says_how_much_the_files_give_away(run: tuple[Path, str]) -> None:
    card = json.loads((run[0] / "bundle" / "card.json").read_text())
    assert 0.75 < card["dataset"]["shortcut_auroc"] <= 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("dropout", 1.0),
        ("label_smoothing", 0.6),
        ("ema", 1.0),
        ("mixup", -0.1),
        ("mix_share", 1.5),
    ],
)
def test_numbers_that_cannot_train_are_refused_by_their_option(
    pictures: Path, tmp_path: Path, option: str, value: float
) -> None:
    with pytest.raises(CommandError, match="--" + option.replace("_", "-")):
        train(pictures, tmp_path / "output", **{option: value})


def test_an_unknown_augmentation_is_named(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Did you mean blur"):
        train(pictures, tmp_path / "output", augment=["blurr=0.3"])


def test_an_output_that_cannot_be_made_is_refused(
    pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="--output"):
        train(pictures, tmp_path / "file" / "output")


def test_a_cache_that_cannot_be_made_is_refused(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="another --cache"):
        train(pictures, tmp_path / "output", cache=tmp_path / "file" / "cache")
