"""`audit_dataset` finds what the files give away, and stops above its limit."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mltrain.audit import audit_dataset, file_facts
from mltrain.layouts import read_dataset
from tests.images import picture
from tests.mltrain.datasets import drawn, manifest_folder, save, write_csv

EACH = 25


def uneven(root: Path) -> Path:
    """Photographs as JPEG, 4:3; AI pictures as square PNG: the usual shortcut."""
    for index in range(EACH):
        save(drawn(index, "human", (80, 60)), root / f"real/{index}.jpg", quality=88)
        save(drawn(index + EACH, "ai", (64, 64)), root / f"fake/{index}.png")
    return root


def even(root: Path) -> Path:
    """Both classes drawn from the same sizes and qualities."""
    for index in range(EACH):
        size = (60 + index % 5, 60 + index % 3)
        for label, folder in (("human", "real"), ("ai", "fake")):
            image = picture(*size, seed=index + (EACH if label == "ai" else 0))
            save(image, root / f"{folder}/{index}.jpg", quality=70 + index % 20)
    return root


def run(folder: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("audit_dataset", "--data", str(folder), *options, stdout=out)
    return out.getvalue()


def test_formats_and_shapes_that_give_the_label_away_are_found(tmp_path: Path) -> None:
    report = audit_dataset(read_dataset(uneven(tmp_path)))

    assert report.auroc is not None
    assert report.auroc > 0.95
    assert report.by_feature["is PNG"] == 1.0
    assert report.by_feature["aspect"] == 1.0


def test_files_made_alike_say_little(tmp_path: Path) -> None:
    report = audit_dataset(read_dataset(even(tmp_path)))

    assert report.auroc is not None
    assert report.auroc < 0.75
    assert report.by_feature["is JPEG"] == 0.5


def test_above_the_limit_the_command_fails_after_printing(tmp_path: Path) -> None:
    uneven(tmp_path)

    with pytest.raises(CommandError, match=r"above the limit 0\.75"):
        run(tmp_path)

    text = run(tmp_path, "--limit-auroc", "1.0")
    assert "all together, cross-validated  1.000" in text


def test_pictures_kept_apart_are_counted_and_not_fitted_on(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 12, "unseen": 12})
    for path in tmp_path.glob("images/unseen-ai-*.png"):
        save(drawn(3, "ai", (500, 100)), path)

    report = audit_dataset(read_dataset(tmp_path))

    assert report.by_feature["aspect"] == 0.5
    assert report.balance["unseen"] == {"human": 12, "ai": 12}
    assert report.sources["ai-source"] == {"human": 0, "ai": 24}


def test_copies_across_splits_and_labels_are_named(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 3, "test": 3})
    images = tmp_path / "images"
    shutil.copyfile(images / "train-ai-0.png", images / "test-ai-0.png")
    shutil.copyfile(images / "train-ai-1.png", images / "train-human-1.png")

    report = audit_dataset(read_dataset(tmp_path))

    assert report.straddling == [["images/train-ai-0.png", "images/test-ai-0.png"]]
    assert report.contradicting == [
        ["images/train-ai-1.png", "images/train-human-1.png"]
    ]


def test_near_copies_across_splits_are_named_by_the_command(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 3, "test": 3})
    scene = picture(200, 150, seed=4)
    save(scene, tmp_path / "images/train-ai-0.png")
    save(scene.resize((120, 90)), tmp_path / "images/test-ai-0.png")

    assert "1 copies in more than one split" in run(tmp_path)
    assert "0 copies in more than one split" in run(tmp_path, "--exact")


def test_a_set_too_small_to_tell_has_no_figure(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 3})

    assert audit_dataset(read_dataset(tmp_path)).auroc is None
    assert "–" in run(tmp_path)


def test_a_broken_header_is_counted_and_does_not_stop_it(tmp_path: Path) -> None:
    manifest_folder(tmp_path, {"train": 3})
    (tmp_path / "images/train-ai-0.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")

    report = audit_dataset(read_dataset(tmp_path))

    assert report.unreadable == ["images/train-ai-0.png"]


def test_the_report_can_be_kept_as_json(tmp_path: Path) -> None:
    manifest_folder(tmp_path / "data", {"train": 3})

    run(tmp_path / "data", "--json", str(tmp_path / "audit.json"))

    assert json.loads((tmp_path / "audit.json").read_text())["auroc"] is None


@pytest.mark.parametrize("quality", [30, 50, 75, 92])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(
    tmp_path: Path, quality: int
) -> None:
    save(picture(), tmp_path / "ai/a.jpg", quality=quality)
    save(picture(), tmp_path / "human/a.png")
    samples = {s.label: s for s in read_dataset(tmp_path).samples}

    estimate = file_facts(samples["ai"])["jpeg quality"]

    assert estimate == pytest.approx(quality, abs=2)
    assert file_facts(samples["human"])["jpeg quality"] == 0


def test_a_wrong_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", [("file_name", "label"), ("a.jpg", "2")])

    with pytest.raises(CommandError, match="label '2' is unknown"):
        run(tmp_path)
