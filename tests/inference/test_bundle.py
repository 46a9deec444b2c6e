"""A model bundle is used only when its card is whole and its hashes match."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.inference.bundle import (
    CARD_NAME,
    KERAS_NAME,
    ONNX_NAME,
    load_bundle,
    sha256_of,
    write_card,
)
from classifier.inference.errors import (
    ModelCorrupt,
    ModelIncompatible,
    ModelUnavailable,
)
from tests.bundles import tiny_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "bundle")


def edit_card(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    (folder / CARD_NAME).write_text(json.dumps({**card, **changes}), encoding="utf-8")


def test_a_written_card_reads_back_equal(folder: Path, tmp_path: Path) -> None:
    card = load_bundle(folder).card

    write_card(tmp_path, card)

    assert load_bundle(tmp_path).card == card
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_matches_its_hash_is_handed_out(folder: Path) -> None:
    assert load_bundle(folder).verified(ONNX_NAME) == folder / ONNX_NAME


def test_a_file_with_one_changed_byte_is_refused_and_kept(folder: Path) -> None:
    path = folder / ONNX_NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ModelCorrupt, match="sha256"):
        load_bundle(folder).verified(ONNX_NAME)

    assert path.read_bytes() == content


def test_a_file_that_the_card_does_not_list_is_unavailable(folder: Path) -> None:
    (folder / KERAS_NAME).write_bytes(b"stray")

    with pytest.raises(ModelUnavailable, match=KERAS_NAME):
        load_bundle(folder).verified(KERAS_NAME)


def test_a_listed_file_that_is_missing_is_unavailable(folder: Path) -> None:
    (folder / ONNX_NAME).unlink()

    with pytest.raises(ModelUnavailable, match="missing"):
        load_bundle(folder).verified(ONNX_NAME)


def test_a_folder_without_a_card_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="DETECTOR_BUNDLE"):
        load_bundle(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("no folder")

    with pytest.raises(ModelUnavailable):
        load_bundle(tmp_path / "bundle")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format_version": 1}', "[" * 100_000, "\x00"]
)
def test_a_card_that_is_no_card_is_corrupt(folder: Path, text: str) -> None:
    (folder / CARD_NAME).write_text(text, encoding="utf-8")

    with pytest.raises(ModelCorrupt):
        load_bundle(folder)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_incompatible(folder: Path, version: object) -> None:
    edit_card(folder, format_version=version)

    with pytest.raises(ModelIncompatible, match="Export the model again"):
        load_bundle(folder)


@pytest.mark.parametrize(
    "name", ["../model.onnx", "a/b.onnx", "/etc/passwd", "..", ".", "", "a\\b", ".x"]
)
def test_a_file_name_that_leaves_the_folder_is_corrupt(folder: Path, name: str) -> None:
    edit_card(folder, files={name: sha256_of(folder / ONNX_NAME)})

    with pytest.raises(ModelCorrupt, match="files"):
        load_bundle(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {ONNX_NAME: "short"}},
        {"files": {ONNX_NAME: None}},
        {"files": [ONNX_NAME]},
        {"temperature": 0},
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"temperature": "warm"},
        {"operating_point": {"ai_threshold": 0.2, "human_threshold": 0.8}},
        {"operating_point": {"ai_threshold": 1.2, "human_threshold": 0.8}},
        {"operating_point": {"ai_threshold": 0.5}},
        {"operating_point": {"ai_threshold": "0.5", "human_threshold": "0.5"}},
        {"preprocessing": {"size": 0}},
        {"preprocessing": {"size": 10**9}},
        {"preprocessing": {"size": "224"}},
        {"preprocessing": {"size": 224, "interpolation": "nearest"}},
        {"preprocessing": {"size": 224, "crop": 1}},
        {"class_order": ["ai", "human"]},
        {"class_order": None},
        {"name": ""},
        {"version": 1},
        {"surprise": 1},
    ],
    ids=str,
)
def test_a_value_that_cannot_be_used_is_corrupt(
    folder: Path, changes: dict[str, Any]
) -> None:
    edit_card(folder, **changes)

    with pytest.raises(ModelCorrupt):
        load_bundle(folder)
