"""Figures by size and format: what the files are, or were before they were alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image

from classifier.inference.buckets import SIZE_BUCKETS, size_bucket
from mltrain.buckets import FileKind, file_kinds
from tests.bundles import tiny_bundle

HEADER = "path,label,split,original_width,original_height,original_format"


def write_pictures(folder: Path) -> list[str]:
    """A red AI picture and a blue human-made one, both small PNG files."""
    names = []
    for label, colour in (("ai", "red"), ("human", "blue")):
        path = folder / label / f"{colour}.png"
        path.parent.mkdir(parents=True)
        Image.new("RGB", (64, 48), colour).save(path)
        names.append(f"{label}/{colour}.png")
    return names


@pytest.mark.parametrize(
    ("size", "bucket"),
    [
        ((512, 10), SIZE_BUCKETS[0]),
        ((10, 513), SIZE_BUCKETS[1]),
        ((1024, 1024), SIZE_BUCKETS[1]),
        ((2048, 1), SIZE_BUCKETS[2]),
        ((2049, 1), SIZE_BUCKETS[3]),
    ],
)
def test_the_longer_side_decides_the_bucket(size: tuple[int, int], bucket: str) -> None:
    assert size_bucket(*size) == bucket


def test_files_say_themselves_what_they_are(tmp_path: Path) -> None:
    names = write_pictures(tmp_path)

    kinds = file_kinds(tmp_path, names)

    assert set(kinds.values()) == {FileKind("up to 512 px", "PNG")}


def test_a_manifest_says_what_files_were_that_are_alike_now(tmp_path: Path) -> None:
    ai, human = write_pictures(tmp_path)
    rows = [HEADER, f"{ai},ai,test,1024,768,webp", f"{human},human,test,,,"]
    (tmp_path / "manifest.csv").write_text("\n".join(rows))

    kinds = file_kinds(tmp_path, [ai, human])

    assert kinds[ai] == FileKind("513 to 1024 px", "WEBP")
    assert kinds[human] == FileKind("up to 512 px", "PNG")


def test_unreadable_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")

    assert file_kinds(tmp_path, ["a.png", "missing.png"]) == {}


def test_the_card_gains_the_figures_that_the_site_shows(tmp_path: Path) -> None:
    bundle, data = tiny_bundle(tmp_path / "bundle"), tmp_path / "data"
    ai, human = write_pictures(data)
    rows = [HEADER, f"{ai},ai,test,1024,768,JPEG", f"{human},human,test,99,99,PNG"]
    (data / "manifest.csv").write_text("\n".join(rows))

    call_command(
        "evaluate_model",
        *("--model", str(bundle), "--data", str(data), "--update-card"),
        *("--by", "size", "format"),
    )

    by = json.loads((bundle / "card.json").read_text())["metrics"]["test"]["by"]
    assert {name: figures["n_ai"] for name, figures in by["format"].items()} == {
        "JPEG": 1,
        "PNG": 0,
    }
    assert by["size"]["513 to 1024 px"]["verdict"]["recall"] == 1.0
    assert by["size"]["up to 512 px"]["verdict"]["false_positive_rate"] == 0.0
