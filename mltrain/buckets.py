"""Error figures by what a file is: its size and its format, as the site sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from classifier.inference.buckets import format_bucket, size_bucket
from classifier.inference.bundle import ModelCard
from classifier.inference.images import READABLE_FORMATS
from mltrain.manifest import MANIFEST_NAME, DatasetError, read_rows
from mltrain.robustness import CLEAN
from mltrain.scores import Score, Scores

BUCKETINGS = ("size", "format")
_COLUMNS = ("original_width", "original_height", "original_format")

Summary = Callable[[Scores, ModelCard], dict[str, Any]]


@dataclass(frozen=True)
class FileKind:
    """What a file is, or was before the dataset made all its files alike."""

    size: str
    format: str


def file_kinds(folder: Path, names: Iterable[str]) -> dict[str, FileKind]:
    """Name of a sample → its kind; files whose kind nobody can tell are left out.

    A manifest with the columns `original_width`, `original_height` and
    `original_format` says what its files were; the headers of others say it themselves.
    """
    listed = _listed(folder / MANIFEST_NAME)
    kinds = {name: listed.get(name) or _from_header(folder / name) for name in names}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def add_buckets(
    report: dict[str, Any],
    scores: Scores,
    card: ModelCard,
    kinds: Mapping[str, FileKind],
    summarise: Summary,
) -> None:
    """Put `size` and `format` into `by` of each split of an `evaluate` report."""
    for split, figures in report["splits"].items():
        clean = scores.where(split=split, perturbation=CLEAN)
        for bucketing in BUCKETINGS:
            figures["by"][bucketing] = {
                value: summarise(rows, card)
                for value, rows in _grouped(clean, kinds, bucketing).items()
            }


def _grouped(
    scores: Scores, kinds: Mapping[str, FileKind], bucketing: str
) -> dict[str, Scores]:
    groups: dict[str, list[Score]] = {}
    for row in scores.rows:
        if row.name in kinds:
            groups.setdefault(getattr(kinds[row.name], bucketing), []).append(row)
    return {value: Scores(rows=tuple(groups[value])) for value in sorted(groups)}


def _listed(manifest: Path) -> dict[str, FileKind]:
    if not manifest.is_file():
        return {}
    try:
        rows = read_rows(manifest, ("path", *_COLUMNS))
    except DatasetError:  # a manifest without these columns
        return {}
    kinds = {}
    for row in rows:
        width, height, file_format = (row[column] for column in _COLUMNS)
        if width.isdecimal() and height.isdecimal() and file_format:
            bucket = size_bucket(int(width), int(height))
            kinds[row["path"]] = FileKind(bucket, format_bucket(file_format))
    return kinds


def _from_header(path: Path) -> FileKind | None:
    try:
        with Image.open(path, formats=READABLE_FORMATS) as image:
            bucket = size_bucket(image.width, image.height)
            return FileKind(bucket, format_bucket(image.format or ""))
    except Exception:  # noqa: BLE001 - a parser of strangers' bytes raises anything
        return None
