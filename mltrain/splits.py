"""Which split a picture belongs to: by its group, and the same tomorrow as today."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mltrain.manifest import DatasetError, Sample

SHARES = {"train": 0.7, "validation": 0.2, "test": 0.1}


def assign_splits(samples: Sequence[Sample], seed: int = 0) -> list[Sample]:
    """Give every sample a split, in the order they came.

    A group that has a split keeps it. A group without one goes 70/20/10 by a hash of
    its name and the seed, so that adding pictures moves none that were there. The hash
    knows nothing of the label: it is no stratified split, and both classes are shared
    out alike only by chance. In a set so small that a split would lack a class, the
    groups nearest to it fill it up. A set with a train split but no validation split
    has it taken from train.

    Raises `DatasetError` when a group straddles two named splits.
    """
    named = _named_splits(samples)
    shares = SHARES
    if "train" in named.values() and "validation" not in named.values():
        named = {g: s for g, s in named.items() if s != "train"}
        shares = {"train": 0.7, "validation": 0.2}
    chosen = _choose(
        [s for s in samples if s.group not in named], shares=shares, seed=seed
    )
    splits = named | chosen
    return [replace(sample, split=splits[sample.group]) for sample in samples]


def stratified_subset(
    samples: Iterable[Sample], limit: int, seed: int = 0
) -> list[Sample]:
    """At most `limit` samples of each split, with the split's own share of each label.

    The same samples each time, and at least one of each label where `limit` allows.
    """
    chosen: set[str] = set()
    by_split = defaultdict(list)
    kept = list(samples)
    for sample in kept:
        by_split[sample.split].append(sample)
    for members in by_split.values():
        human = sorted(
            (s for s in members if s.label == "human"),
            key=lambda s: hash_fraction(s.name, seed),
        )
        ai = sorted(
            (s for s in members if s.label == "ai"),
            key=lambda s: hash_fraction(s.name, seed),
        )
        size = min(limit, len(members))
        wanted = round(size * len(human) / len(members))
        if human and ai and size > 1:
            wanted = min(max(wanted, 1), size - 1)
        chosen.update(s.name for s in human[:wanted])
        chosen.update(s.name for s in ai[: size - wanted])
    return [sample for sample in kept if sample.name in chosen]


def hash_fraction(text: str, seed: int) -> float:
    """A number in [0, 1) that depends on the text and the seed alone."""
    digest = hashlib.sha256(f"{seed}:{text}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _named_splits(samples: Iterable[Sample]) -> dict[str, str]:
    named: dict[str, str] = {}
    for sample in samples:
        if not sample.split:
            continue
        other = named.setdefault(sample.group, sample.split)
        if other != sample.split:
            raise DatasetError(
                f"The group {sample.group!r} is in the splits {other!r} and "
                f"{sample.split!r}, so one would be measured on what the other "
                "teaches. Put all pictures of a group into one split."
            )
    return named


def _choose(
    samples: Sequence[Sample], shares: dict[str, float], seed: int
) -> dict[str, str]:
    """The split of each group, from where its hash falls among the shares."""
    labels: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        labels[sample.group].add(sample.label)
    places = {group: hash_fraction(group, seed) for group in labels}
    total = sum(shares.values())
    bounds: list[tuple[str, float]] = []
    edge = 0.0
    for name, share in shares.items():
        edge += share / total
        bounds.append((name, edge))
    chosen = {
        group: next((name for name, edge in bounds if place < edge), bounds[-1][0])
        for group, place in places.items()
    }
    _fill_empty(chosen, labels, places, list(shares))
    return chosen


def _fill_empty(
    chosen: dict[str, str],
    labels: dict[str, set[str]],
    places: dict[str, float],
    names: list[str],
) -> None:
    """Move a group of train to each later split that lacks a label, if train has two.

    The group with the highest hash goes, the one nearest to the bound of train.
    """
    for label in ("ai", "human"):
        groups = [group for group in chosen if label in labels[group]]
        for name in names[1:]:
            if any(chosen[group] == name for group in groups):
                continue
            spare = sorted(
                (group for group in groups if chosen[group] == names[0]),
                key=places.__getitem__,
            )
            if len(spare) > 1:
                chosen[spare[-1]] = name
