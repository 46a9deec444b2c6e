"""Small labelled folders, drawn in code, in the layouts that people have."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from tests.images import picture


def drawn(seed: int, label: str, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A drawn picture tinted red for `ai` and blue for `human`.

    The tiny bundle judges by that tint, so it is right on these pictures.
    """
    tint = Image.new("RGB", size, "red" if label == "ai" else "blue")
    return Image.blend(picture(*size, seed=seed), tint, 0.7)


def save(image: Image.Image, path: Path, **options: object) -> Path:
    """Write the picture in the format of its suffix, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """Write rows, the header first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def kaggle_folder(root: Path, pairs: int = 12) -> Path:
    """A miniature of the competition's download.

    `train.csv` with an index column without a name; its file names carry the image
    folder and say nothing; a real picture (0) and the AI picture made after it (1)
    follow each other; `test.csv` has no labels.
    """
    rows: list[Sequence[object]] = [("", "file_name", "label")]
    for index in range(2 * pairs):
        label = ("human", "ai")[index % 2]
        digest = hashlib.md5(str(index).encode(), usedforsecurity=False).hexdigest()
        name = f"train_data/{digest}.jpg"
        save(drawn(index // 2, label), root / name, quality=90)
        rows.append((index, name, index % 2))
    write_csv(root / "train.csv", rows)
    write_csv(root / "test.csv", [("id",), ("test_data_v2/1a2d9fd3.jpg",)])
    return root


def class_folders(root: Path, ai: str, human: str, each: int = 4) -> Path:
    """`each` PNG pictures below `root/ai` and `root/human`, whatever those are."""
    for folder, label in ((ai, "ai"), (human, "human")):
        for index in range(each):
            seed = index + (1000 if label == "ai" else 0)
            save(drawn(seed, label), root / folder / f"{index}.png")
    return root


def manifest_folder(root: Path, splits: dict[str, int]) -> Path:
    """A `manifest.csv` with that many pictures of each label in each split."""
    rows: list[Sequence[object]] = [
        ("path", "label", "split", "group", "source", "generator", "kind", "licence")
    ]
    seed = 0
    for split, each in splits.items():
        for label in ("ai", "human"):
            for index in range(each):
                name = f"images/{split}-{label}-{index}.png"
                save(drawn(seed, label), root / name)
                generator = f"gen{index % 2}" if label == "ai" else ""
                kind = "" if label == "ai" else "photo"
                source = f"{label}-source"
                rows.append(
                    (name, label, split, f"g{seed}", source, generator, kind, "CC0")
                )
                seed += 1
    write_csv(root / "manifest.csv", rows)
    return root
