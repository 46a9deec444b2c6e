"""`evaluate_model` measures a bundle and prints, writes and derives its figures."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

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
