"""`evaluate_model` measures a bundle and prints, writes and derives its figures."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.inference.bundle import load_bundle, write_card
from mltrain.layouts import read_dataset
from tests.bundles import tiny_bundle
from tests.mltrain.datasets import class_folders, drawn, manifest_folder, save


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return manifest_folder(tmp_path / "data", {"validation": 3, "test": 4, "phone": 2})


def run(bundle: Path, *options: object) -> tuple[str, str]:
    """What the command prints, and what it prints as errors."""
    out, err = io.StringIO(), io.StringIO()
    call_command(
        "evaluate_model",
        "--model",
        str(bundle),
        *map(str, options),
        stdout=out,
        stderr=err,
    )
    return out.getvalue(), err.getvalue()


def cells(text: str, title: str) -> list[str]:
    """The values of the line that starts with the title."""
    line = next(x for x in text.splitlines() if x.strip().startswith(title))
    return line.strip().removeprefix(title).split()


def test_the_table_shows_both_thresholds_and_the_usual_figures(
    bundle_folder: Path, data: Path
) -> None:
    text, errors = run(bundle_folder, "--data", data)

    assert cells(text, "pictures") == ["8"]
    assert cells(text, "accuracy") == ["1.0000"]
    assert cells(text, "AUROC") == ["1.0000"]
    assert cells(text, "human-made called ai") == ["0.0%"]
    for title in ("precision", "recall", "F1", "ECE (15 bins)", "Brier"):
        assert cells(text, title)
    assert errors == ""


def test_a_mistake_lowers_the_figures_as_it_should(
    bundle_folder: Path, data: Path
) -> None:
    save(drawn(77, "human"), data / "images/test-ai-0.png")

    text, _ = run(bundle_folder, "--data", data)

    assert cells(text, "accuracy") == ["0.8750"]
    assert cells(text, "accuracy on AI") == ["0.7500"]
    assert cells(text, "precision") == ["1.0000"]


def test_any_split_of_the_manifest_can_be_named_and_all_shows_each(
    bundle_folder: Path, data: Path
) -> None:
    text, _ = run(bundle_folder, "--data", data, "--split", "phone")
    assert cells(text, "pictures") == ["4"]

    text, _ = run(bundle_folder, "--data", data, "--split", "all")
    assert cells(text, "pictures") == ["4", "8", "6", "18"]


def test_an_unknown_split_says_which_there_are(bundle_folder: Path, data: Path) -> None:
    with pytest.raises(CommandError, match="it has validation, test, phone"):
        run(bundle_folder, "--data", data, "--split", "unseen")


def test_the_json_file_holds_every_figure_by_source_and_generator(
    bundle_folder: Path, data: Path, tmp_path: Path
) -> None:
    text, _ = run(
        bundle_folder,
        "--data",
        data,
        "--json",
        tmp_path / "o.json",
        "--by",
        "generator",
    )

    test = json.loads((tmp_path / "o.json").read_text())["splits"]["test"]
    assert test["overall"]["accuracy"] == 1
    assert test["by"]["source"]["ai-source"]["n_ai"] == 4
    # A generator has no human pictures of its own: it is ranked against all of them.
    assert test["by"]["generator"]["gen0"]["auroc"] == 1
    assert cells(text, "gen0")[:2] == ["0", "2"]


def test_the_same_figures_come_from_the_scores_without_pictures_or_network(
    bundle_folder: Path, data: Path, tmp_path: Path
) -> None:
    scores = tmp_path / "scores.csv"
    first, _ = run(bundle_folder, "--data", data, "--robustness", "--scores", scores)

    again, _ = run(bundle_folder, "--from-scores", scores)

    assert again == first


@pytest.fixture
def scored(bundle_folder: Path, data: Path, tmp_path: Path) -> Path:
    run(bundle_folder, "--data", data, "--scores", tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_scores_of_another_model_are_refused(scored: Path, tmp_path: Path) -> None:
    other = tiny_bundle(tmp_path / "other", bias=3.0)

    with pytest.raises(CommandError, match=r"scores of the model 1\.0 \w+, not of"):
        run(other, "--from-scores", scored)


def test_recalibration_needs_no_other_scores(bundle_folder: Path, scored: Path) -> None:
    card = load_bundle(bundle_folder).card
    write_card(bundle_folder, dataclasses.replace(card, temperature=9.0))

    assert cells(run(bundle_folder, "--from-scores", scored)[0], "pictures") == ["8"]


def test_scores_of_other_data_than_the_cards_do_not_go_into_it(
    bundle_folder: Path, data: Path, scored: Path
) -> None:
    def describe(fingerprint: str) -> None:
        card = load_bundle(bundle_folder).card
        described = {"fingerprint": fingerprint}
        write_card(bundle_folder, dataclasses.replace(card, dataset=described))

    describe("0" * 64)
    with pytest.raises(CommandError, match="made on another data set"):
        run(bundle_folder, "--from-scores", scored, "--update-card")

    describe(read_dataset(data).fingerprint)
    run(bundle_folder, "--from-scores", scored, "--update-card")
    assert load_bundle(bundle_folder).card.metrics["test"]["overall"]["n"] == 8


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--robustness"], "--robustness"),
        (["--adversarial"], "--adversarial"),
        (["--limit", 2], "--limit"),
        (["--engine", "onnx"], "--engine"),
        (["--by", "source", "size"], "--by size"),
    ],
)
def test_options_that_scores_cannot_serve_are_refused_by_name(
    bundle_folder: Path, tmp_path: Path, options: list[object], named: str
) -> None:
    with pytest.raises(CommandError, match=f"cannot take {named}"):
        run(bundle_folder, "--from-scores", tmp_path / "scores.csv", *options)


def test_a_part_of_a_split_does_not_go_into_the_card(
    bundle_folder: Path, data: Path
) -> None:
    with pytest.raises(CommandError, match="leave --limit away"):
        run(bundle_folder, "--data", data, "--limit", 2, "--update-card")


def test_robustness_adds_a_line_for_each_change(
    bundle_folder: Path, data: Path
) -> None:
    text, _ = run(bundle_folder, "--data", data, "--robustness", "--limit", 4)

    for name in ("clean", "web", "hard", "jpeg-20", "webp-30", "blur-2", "crop-0.5"):
        assert cells(text, f"{name} ")[:1] == ["100.0%"]


def test_missing_and_broken_pictures_are_named_and_do_not_stop_it(
    bundle_folder: Path, data: Path
) -> None:
    (data / "images/test-ai-0.png").unlink()
    (data / "images/test-ai-1.png").write_bytes(b"no picture")

    text, errors = run(bundle_folder, "--data", data)

    assert cells(text, "pictures") == ["6"]
    assert "images/test-ai-0.png: the file is missing" in errors
    assert "images/test-ai-1.png: " in errors


def test_class_folders_without_splits_can_be_measured_whole(
    bundle_folder: Path, tmp_path: Path
) -> None:
    class_folders(tmp_path / "mine", "ai", "human", each=5)

    text, _ = run(bundle_folder, "--data", tmp_path / "mine", "--split", "all")

    assert cells(text, "pictures")[-1] == "10"


def test_a_folder_without_a_model_says_what_to_do(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no model in"):
        run(tmp_path / "nowhere", "--data", data)


def test_a_data_set_that_is_not_there_says_what_to_do(
    bundle_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="Check the path of --data"):
        run(bundle_folder, "--data", tmp_path / "gone")


def test_a_file_that_cannot_be_written_is_an_error_with_its_name(
    bundle_folder: Path, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"o\.json"):
        run(bundle_folder, "--data", data, "--json", tmp_path / "gone" / "o.json")
