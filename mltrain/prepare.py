"""From a folder of labelled pictures to a manifest that keeps copies together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mltrain.duplicates import Duplicates
from mltrain.layouts import read_samples
from mltrain.manifest import MANIFEST_NAME, DatasetError, Sample, write_manifest
from mltrain.splits import assign_splits

PREVIOUS_NAMES = "manifest.previous{}.csv"
# Where copies are in several named splits, all go to the one kept furthest from
# training: a model must not be measured on what it was taught.
_LEAST_KEPT = ("train", "validation", "test")


@dataclass(frozen=True)
class Prepared:
    """The rows to write and what was left out; `moved` changed their named split."""

    samples: list[Sample]
    moved: list[str]
    contradicting: list[str]


def read_folder(folder: Path) -> tuple[list[Sample], list[str]]:
    """Every picture of the folder, with the splits and groups that are written down.

    Rows of an earlier manifest come first; pictures that only the other layouts of
    the folder know are new. The missing files are named in the second part.

    Raises `DatasetError`.
    """
    samples, problems = read_samples(folder)
    by_path = {sample.path: sample for sample in samples}
    if (folder / MANIFEST_NAME).is_file():
        try:
            others, _ = read_samples(folder, manifest=False)
        except DatasetError:
            others = []
        for sample in others:
            by_path.setdefault(sample.path, sample)
    root = folder.absolute()
    named = [
        replace(sample, name=path.relative_to(root).as_posix())
        for path, sample in by_path.items()
    ]
    return named, problems


def prepare(
    samples: Sequence[Sample],
    duplicates: Duplicates,
    *,
    seed: int = 0,
    resplit: bool = False,
) -> Prepared:
    """One group for all that must stay together, and a split for each group.

    Copies of the same bytes with both labels are left out, since one of the labels is
    wrong. Pictures with a named split keep it unless `resplit`.
    """
    wrong = {
        sample.name
        for copies in duplicates.exact
        if len({s.label for s in copies}) > 1
        for sample in copies
    }
    kept = [s for s in samples if s.name not in wrong]
    if resplit:
        kept = [replace(s, split="") for s in kept]
    grouped = _join(kept, [*duplicates.exact, *duplicates.near])
    settled = _settle(grouped)
    moved = [
        new.name
        for old, new in zip(kept, settled, strict=True)
        if old.split and old.split != new.split
    ]
    return Prepared(assign_splits(settled, seed=seed), moved, sorted(wrong))


def save_manifest(folder: Path, samples: Sequence[Sample]) -> Path:
    """Write `manifest.csv`; an earlier one that differs is kept beside it.

    No copy is ever overwritten: the second one is `manifest.previous-2.csv`.
    """
    path = folder / MANIFEST_NAME
    before = path.read_bytes() if path.is_file() else None
    copy = _free_name(folder)
    if before is not None:
        copy.write_bytes(before)
    write_manifest(path, sorted(samples, key=lambda s: s.name))
    if before == path.read_bytes():
        copy.unlink()
    return path


def _free_name(folder: Path) -> Path:
    numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    names = (folder / PREVIOUS_NAMES.format(number) for number in numbers)
    return next(path for path in names if not path.exists())


def _join(samples: Sequence[Sample], copies: Sequence[list[Sample]]) -> list[Sample]:
    """Groups that share a cluster of copies become one, named after the first of them.

    The first is one that has a split already, if any, so that names stay as pictures
    are added.
    """
    parents: dict[str, str] = {s.group: s.group for s in samples}
    has_split = {s.group for s in samples if s.split}

    def root(group: str) -> str:
        while parents[group] != group:
            group = parents[group]
        return group

    for cluster in copies:
        groups = {root(s.group) for s in cluster if s.group in parents}
        if len(groups) > 1:
            first = min(groups, key=lambda g: (g not in has_split, g))
            for group in groups:
                parents[group] = first
            if groups & has_split:
                has_split.add(first)
    return [replace(s, group=root(s.group)) for s in samples]


def _settle(samples: Sequence[Sample]) -> list[Sample]:
    """One named split for each group that has any."""
    named: dict[str, str] = {}
    for sample in samples:
        if sample.split:
            other = named.get(sample.group, sample.split)
            named[sample.group] = max(other, sample.split, key=_distance)
    return [replace(s, split=named.get(s.group, "")) for s in samples]


def _distance(split: str) -> int:
    if split in _LEAST_KEPT:
        return _LEAST_KEPT.index(split)
    return len(_LEAST_KEPT)
