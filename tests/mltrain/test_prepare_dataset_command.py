"""`prepare_dataset` keeps copies and pairs together and moves nothing it knew."""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import ImageEnhance

from mltrain.layouts import read_dataset
from tests.images import picture
from tests.mltrain.datasets import (
    class_folders,
    drawn,
    kaggle_folder,
    manifest_folder,
    save,
    write_csv,
)


def run(folder: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("prepare_dataset", "--data", str(folder), *options, stdout=out)
    return out.getvalue()


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """The manifest, by path."""
    with (folder / "manifest.csv").open(newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def test_the_kaggle_folder_becomes_a_manifest_whose_pairs_stay_together(
    tmp_path: Path,
) -> None:
    kaggle_folder(tmp_path, pairs=20)

    text = run(tmp_path)

    written = rows(tmp_path)
    assert len(written) == 40
    splits = defaultdict(set)
    for row in written.values():
        splits[row["group"]].add(row["split"])
    assert all(len(names) == 1 for names in splits.values())
    assert {row["split"] for row in written.values()} == {"train", "validation", "test"}
    assert "20" in text
    assert len(read_dataset(tmp_path).samples) == 40


def test_recompressed_and_resized_copies_share_a_group(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai", "human", each=8)
    original = picture(300, 200, seed=5)
    save(original, tmp_path / "human/x1.png")
    save(original.resize((150, 100)), tmp_path / "human/x2.jpg", quality=60)
    save(ImageEnhance.Brightness(original).enhance(1.03), tmp_path / "human/x3.webp")

    text = run(tmp_path)

    written = rows(tmp_path)
    copies = [written[f"human/x{i}.{s}"] for i, s in ((1, "png"), (2, "jpg"))]
    copies.append(written["human/x3.webp"])
    assert len({row["group"] for row in copies}) == 1
    assert len({row["split"] for row in copies}) == 1
    assert "1 sets of near-duplicates" in text


def test_different_pictures_stay_apart(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai", "human", each=15)

    assert "0 sets of identical files, 0 sets of near-duplicates" in run(tmp_path)
    assert len({row["group"] for row in rows(tmp_path).values()}) == 30


def test_one_file_under_both_labels_is_left_out(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai", "human", each=4)
    shutil.copyfile(tmp_path / "ai/0.png", tmp_path / "human/copy.png")

    text = run(tmp_path)

    assert "2 pictures copies with both labels" in text
    assert not {"ai/0.png", "human/copy.png"} & set(rows(tmp_path))


def test_broken_pictures_are_named_and_left_out(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai", "human", each=4)
    (tmp_path / "ai/0.png").write_bytes(b"no picture")

    text = run(tmp_path)

    assert "ai/0.png: " in text
    assert "ai/0.png" not in rows(tmp_path)


def test_a_second_run_with_more_pictures_moves_none_that_was_there(
    tmp_path: Path,
) -> None:
    class_folders(tmp_path, "ai", "human", each=12)
    run(tmp_path)
    before = rows(tmp_path)
    for index in range(12):
        save(drawn(500 + index, "ai"), tmp_path / f"ai/0new{index}.png")
    # A copy of a known picture whose name comes first must not rename its group.
    save(drawn(1003, "ai").resize((90, 70)), tmp_path / "ai/000copy.jpg", quality=80)

    run(tmp_path)

    after = rows(tmp_path)
    assert len(after) == len(before) + 13
    assert all(after[name]["split"] == row["split"] for name, row in before.items())
    assert after["ai/000copy.jpg"]["split"] == before["ai/3.png"]["split"]


def test_a_longer_kaggle_download_moves_no_pair_that_was_there(tmp_path: Path) -> None:
    kaggle_folder(tmp_path, pairs=20)
    run(tmp_path)
    before = rows(tmp_path)
    kaggle_folder(tmp_path, pairs=30)

    run(tmp_path)

    after = rows(tmp_path)
    assert len(after) == 60
    for name, row in before.items():
        assert (after[name]["split"], after[name]["group"]) == (
            row["split"],
            row["group"],
        )


def test_copies_in_two_named_splits_go_to_the_one_further_from_training(
    tmp_path: Path,
) -> None:
    manifest_folder(tmp_path, {"train": 3, "test": 3, "unseen": 2})
    save(picture(200, 150, seed=9), tmp_path / "images/train-ai-0.png")
    save(picture(200, 150, seed=9), tmp_path / "images/test-ai-0.png")

    text = run(tmp_path)

    assert rows(tmp_path)["images/train-ai-0.png"]["split"] == "test"
    assert rows(tmp_path)["images/unseen-ai-0.png"]["split"] == "unseen"
    assert "1 pictures moved" in text


def test_an_earlier_manifest_is_kept_with_all_its_columns(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 2})
    before = (tmp_path / "manifest.csv").read_bytes()

    run(tmp_path)

    assert (tmp_path / "manifest.previous.csv").read_bytes() == before
    assert rows(tmp_path)["images/train-human-0.png"]["kind"] == "photo"


def test_columns_that_only_others_know_survive_every_run(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai", "human", each=4)
    header = ("path", "label", "original_width", "split", "note")
    known = [
        (f"{label}/{index}.png", label, 1000 + index, "", "kept, whole")
        for label in ("ai", "human")
        for index in range(3)
    ]
    write_csv(tmp_path / "manifest.csv", [header, *known])

    for _ in range(2):
        run(tmp_path)

        written = rows(tmp_path)
        assert written["ai/2.png"]["original_width"] == "1002"
        assert written["human/1.png"]["note"] == "kept, whole"
        # A picture that the manifest did not list has nothing there.
        assert written["ai/3.png"]["original_width"] == ""


def test_no_run_overwrites_the_copy_of_another(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 6})
    first = (tmp_path / "manifest.csv").read_bytes()
    run(tmp_path)
    second = (tmp_path / "manifest.csv").read_bytes()
    run(tmp_path, "--resplit", "--seed", "1")

    run(tmp_path)  # changes nothing, so that there is nothing to keep

    assert (tmp_path / "manifest.previous.csv").read_bytes() == first
    assert (tmp_path / "manifest.previous-2.csv").read_bytes() == second
    assert len(list(tmp_path.glob("manifest*"))) == 3


def test_the_share_of_ai_pictures_is_printed_for_each_split(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 3, "validation": 2, "test": 2})
    (tmp_path / "images/test-ai-0.png").unlink()

    lines = [line.split() for line in run(tmp_path).splitlines()]

    shares = {line[0]: line[-1] for line in lines if line and line[-1].endswith("%")}
    assert shares == {
        "train": "50.0%",
        "validation": "50.0%",
        "test": "33.3%",
        "all": "46.2%",
    }


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai", "human")

    assert "Nothing was written" in run(tmp_path, "--dry-run")
    assert not (tmp_path / "manifest.csv").exists()


def test_resplit_gives_up_the_named_splits(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 12})

    run(tmp_path, "--resplit")

    assert len({row["split"] for row in rows(tmp_path).values()}) == 3


def test_a_wrong_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    write_csv(tmp_path / "manifest.csv", [("file", "label"), ("a.png", "ai")])

    with pytest.raises(CommandError, match="no column 'path'"):
        run(tmp_path)
