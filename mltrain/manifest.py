"""The rows of a labelled dataset, and the CSV file that keeps them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal

Label = Literal["ai", "human"]

MANIFEST_NAME = "manifest.csv"
COLUMNS = (
    "path",
    "label",
    "split",
    "group",
    "source",
    "generator",
    "kind",
    "licence",
)

LABELS: dict[str, Label] = {
    "ai": "ai",
    "fake": "ai",
    "1": "ai",
    "human": "human",
    "real": "human",
    "0": "human",
}

SPLIT_ALIASES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


class DatasetError(Exception):
    """The dataset cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Sample:
    """One labelled picture.

    `path` is absolute; `name` is the path as the layout writes it and is the stable
    id. `group` binds pictures that must share a split (pairs, near-duplicates).
    `source` is the collection, `generator` the model family (empty for human-made),
    `kind` what the collection calls it (photo, art …), `licence` its terms of use; all
    four may be empty. `extra` are a manifest's other columns, by their names.
    """

    path: Path
    name: str
    label: Label
    split: str
    group: str
    source: str = ""
    generator: str = ""
    kind: str = ""
    licence: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Dataset:
    """The usable pictures of a folder; `problems` names what was skipped, and why."""

    root: Path
    samples: tuple[Sample, ...]
    problems: list[str] = field(default_factory=list)

    @property
    def splits(self) -> list[str]:
        """The names of the splits that have pictures: the known ones first."""
        known = ["train", "validation", "test", "unseen"]
        present = {sample.split for sample in self.samples}
        return [name for name in known if name in present] + sorted(
            present.difference(known)
        )

    def split(self, name: str) -> list[Sample]:
        """The samples of one split, or of all for `all`; empty when there are none."""
        return [s for s in self.samples if name in ("all", s.split)]

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the sorted rows (name, label, split, group), as hex."""
        rows = sorted((s.name, s.label, s.split, s.group) for s in self.samples)
        digest = hashlib.sha256()
        for row in rows:
            digest.update("\x1f".join(row).encode() + b"\n")
        return digest.hexdigest()


def read_rows(path: Path, required: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a CSV file with a header, every value stripped.

    Raises `DatasetError` when it cannot be read or a required column is missing.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or []
            missing = [name for name in required if name not in columns]
            if missing:
                raise DatasetError(
                    f"{path} has no column {', '.join(map(repr, missing))}; it has "
                    f"{', '.join(columns) or 'no header'}. Add the column."
                )
            return [_strip(row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path} cannot be read as CSV in UTF-8 ({error}). Save it again as such."
        ) from error


def read_manifest(path: Path) -> list[Sample]:
    """The samples of a `manifest.csv`; where it names no split, `split` is empty.

    Raises `DatasetError` for a missing column, an unknown label, a path that leaves
    the folder, or a path listed twice with different labels.
    """
    samples = []
    for line, row in enumerate(read_rows(path, ("path", "label")), start=2):
        place = f"{path}, row {line}"
        split = row.get("split", "").lower()
        samples.append(
            Sample(
                path=inside(path.parent, row["path"], place),
                name=row["path"],
                label=parse_label(row["label"], place),
                split=SPLIT_ALIASES.get(split, split),
                group=row.get("group") or row["path"],
                source=row.get("source", ""),
                generator=row.get("generator", ""),
                kind=row.get("kind", ""),
                licence=row.get("licence", ""),
                extra={k: v for k, v in row.items() if k not in COLUMNS},
            )
        )
    return samples


def write_manifest(path: Path, samples: Iterable[Sample]) -> None:
    """Write the samples as `manifest.csv`, whole or not at all.

    Columns of `extra` follow the known ones, empty where a sample has none.
    """
    rows = list(samples)
    others = list(dict.fromkeys(name for s in rows for name in s.extra))
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, *others])
        writer.writerows(
            (
                s.name,
                *(getattr(s, column) for column in COLUMNS[1:]),
                *(s.extra.get(name, "") for name in others),
            )
            for s in rows
        )
    part.replace(path)


def parse_label(text: str, place: str) -> Label:
    """`ai` or `human`; raises `DatasetError` naming the place for anything else."""
    label = LABELS.get(text.lower())
    if label is None:
        raise DatasetError(
            f"{place}: the label {text!r} is unknown. Write ai or human (or 1 or 0)."
        )
    return label


def inside(root: Path, name: str, place: str) -> Path:
    """The absolute path of `name` below `root`.

    Links inside the folder are the owner's choice and are followed; a name that is
    empty, absolute or climbs with `..` raises `DatasetError`.
    """
    parts = PurePosixPath(name)
    if not parts.parts or parts.is_absolute() or ".." in parts.parts or "\0" in name:
        raise DatasetError(
            f"{place}: the path {name!r} is not inside {root}. "
            "Write paths relative to the folder of the CSV file."
        )
    return root.absolute() / parts


def _strip(row: dict[str | None, str | list[str] | None]) -> dict[str, str]:
    """Cells beyond the header (key None) are dropped, absent cells are empty."""
    return {k: v.strip() if isinstance(v, str) else "" for k, v in row.items() if k}
