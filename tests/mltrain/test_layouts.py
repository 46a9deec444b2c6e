"""Folders of labelled pictures become datasets, or say what is wrong with them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mltrain.layouts import read_dataset
from mltrain.manifest import DatasetError
from tests.mltrain.datasets import (
    class_folders,
    drawn,
    kaggle_folder,
    manifest_folder,
    save,
    write_csv,
)


def test_a_manifest_gives_its_labels_splits_groups_and_origins(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 2, "val": 1, "unseen": 1})

    dataset = read_dataset(tmp_path)

    assert dataset.splits == ["train", "validation", "unseen"]
    first = dataset.samples[0]
    assert first.name == "images/train-ai-0.png"
    assert first.path == tmp_path / "images/train-ai-0.png"
    assert (first.label, first.split, first.group) == ("ai", "train", "g0")
    assert (first.source, first.generator, first.kind) == ("ai-source", "gen0", "")
    assert len(dataset.split("all")) == 8
    assert dataset.split("test") == []


def test_a_manifest_wins_over_the_other_layouts_in_its_folder(tmp_path: Path) -> None:
    kaggle_folder(tmp_path)
    manifest_folder(tmp_path, {"train": 2, "validation": 2})

    assert len(read_dataset(tmp_path).samples) == 8


def test_the_kaggle_download_keeps_each_pair_in_one_split(tmp_path: Path) -> None:
    dataset = read_dataset(kaggle_folder(tmp_path, pairs=40))

    assert Counter(s.label for s in dataset.samples) == {"ai": 40, "human": 40}
    assert dataset.samples[0].label == "human"
    groups = Counter(s.group for s in dataset.samples)
    assert set(groups.values()) == {2}
    for first, second in zip(dataset.samples[::2], dataset.samples[1::2], strict=True):
        assert first.group == second.group
        assert first.split == second.split
        assert {first.label, second.label} == {"human", "ai"}
    assert set(dataset.splits) == {"train", "validation", "test"}


def test_kaggle_names_without_a_folder_are_found_in_the_image_folder(
    tmp_path: Path,
) -> None:
    save(drawn(1, "human"), tmp_path / "train_data/a.jpg")
    save(drawn(2, "ai"), tmp_path / "train_data/b.jpg")
    write_csv(
        tmp_path / "train.csv", [("file_name", "label"), ("a.jpg", 0), ("b.jpg", 1)]
    )

    dataset = read_dataset(tmp_path)

    assert [s.name for s in dataset.samples] == ["a.jpg", "b.jpg"]
    assert dataset.samples[0].path == tmp_path / "train_data/a.jpg"


@pytest.mark.parametrize(
    ("ai", "human"),
    [
        ("ai", "human"),
        ("Fake", "Real"),
        ("1_fake", "0_real"),
        ("AI", "Nature"),
        ("ai/sdxl", "human/photos"),
        ("progan/car/1_fake", "progan/car/0_real"),
        ("fake/nature", "real/nature"),
    ],
)
def test_class_folders_are_known_by_their_names(
    tmp_path: Path, ai: str, human: str
) -> None:
    dataset = read_dataset(class_folders(tmp_path, ai, human))

    for sample in dataset.samples:
        assert sample.label == ("ai" if sample.name.startswith(f"{ai}/") else "human")
    assert Counter(s.label for s in dataset.samples) == {"ai": 4, "human": 4}


def test_folders_between_name_the_generator_of_ai_pictures_only(
    tmp_path: Path,
) -> None:
    class_folders(tmp_path, "Midjourney/ai", "Midjourney/nature")

    generators = {s.label: s.generator for s in read_dataset(tmp_path).samples}

    assert generators == {"ai": "Midjourney", "human": ""}


def test_split_folders_say_the_split(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        class_folders(tmp_path, f"{split}/fake", f"{split}/real", each=2)

    dataset = read_dataset(tmp_path)

    assert dataset.splits == ["train", "validation", "test"]
    assert all(len(dataset.split(name)) == 4 for name in dataset.splits)


def test_a_lone_train_folder_is_split_like_any_other_set(tmp_path: Path) -> None:
    class_folders(tmp_path, "train/fake", "train/real", each=30)

    assert read_dataset(tmp_path).splits == ["train", "validation", "test"]


def test_train_and_test_folders_lend_validation_from_train(tmp_path: Path) -> None:
    class_folders(tmp_path, "train/FAKE", "train/REAL", each=30)
    class_folders(tmp_path, "test/FAKE", "test/REAL", each=3)

    dataset = read_dataset(tmp_path)

    assert all(s.name.startswith("test/") for s in dataset.split("test"))
    assert len(dataset.split("test")) == 6
    assert {s.label for s in dataset.split("validation")} == {"ai", "human"}


def test_missing_files_are_named_and_skipped(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 3})
    (tmp_path / "images/train-ai-1.png").unlink()

    dataset = read_dataset(tmp_path)

    assert len(dataset.samples) == 5
    assert dataset.problems == ["images/train-ai-1.png: the file is missing"]


def test_a_row_listed_twice_counts_once(tmp_path: Path) -> None:
    save(drawn(1, "ai"), tmp_path / "a.png")
    save(drawn(2, "human"), tmp_path / "b.png")
    rows = [("path", "label"), ("a.png", "ai"), ("b.png", "human"), ("a.png", "ai")]
    write_csv(tmp_path / "manifest.csv", rows)

    dataset = read_dataset(tmp_path)

    assert len(dataset.samples) == 2
    assert dataset.problems == ["a.png: listed twice, the first row counts"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("file", "label"), ("a.png", "ai")], "no column 'path'"),
        ([("path", "label"), ("a.png", "robot")], "row 2: the label 'robot'"),
        ([("path", "label"), ("../a.png", "ai")], "is not inside"),
        ([("path", "label"), ("/etc/passwd", "ai")], "is not inside"),
        ([("path", "label"), ("", "ai")], "is not inside"),
        ([("path", "label"), ("a.png", "ai"), ("a.png", "human")], "as ai and as"),
        ([("path", "label"), ("a.png", "ai")], "no picture labelled human"),
        ([("path", "label"), ("a.png", "ai"), ("gone.png", "human")], "1 files are"),
        (
            [
                ("path", "label", "split", "group"),
                ("a.png", "ai", "train", "g"),
                ("b.png", "human", "test", "g"),
            ],
            "group 'g' is in the splits",
        ),
    ],
)
def test_a_wrong_manifest_stops_with_its_reason(
    tmp_path: Path, rows: list[tuple[str, ...]], reason: str
) -> None:
    save(drawn(1, "ai"), tmp_path / "a.png")
    save(drawn(2, "human"), tmp_path / "b.png")
    write_csv(tmp_path / "manifest.csv", rows)

    with pytest.raises(DatasetError, match=reason):
        read_dataset(tmp_path)


def test_a_file_that_is_no_text_stops_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(b"path,label\n\xff\xfe\x00,ai\n")

    with pytest.raises(DatasetError, match="cannot be read as CSV"):
        read_dataset(tmp_path)


def test_a_folder_without_a_known_layout_says_which_are_known(tmp_path: Path) -> None:
    save(drawn(1, "ai"), tmp_path / "holiday/a.png")

    with pytest.raises(DatasetError, match="class folders"):
        read_dataset(tmp_path)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder"):
        read_dataset(tmp_path / "gone")


def test_a_folder_named_after_both_classes_is_refused(tmp_path: Path) -> None:
    class_folders(tmp_path, "ai/real", "human", each=1)

    with pytest.raises(DatasetError, match="both classes"):
        read_dataset(tmp_path)


def test_the_fingerprint_follows_the_rows_and_not_their_order(tmp_path: Path) -> None:
    manifest = manifest_folder(tmp_path, {"train": 2}) / "manifest.csv"
    before = read_dataset(tmp_path).fingerprint
    header, *rows = manifest.read_text().splitlines()

    manifest.write_text("\n".join([header, *reversed(rows)]))
    assert read_dataset(tmp_path).fingerprint == before

    manifest.write_text("\n".join([header, *rows[:-1]]))
    assert read_dataset(tmp_path).fingerprint != before
