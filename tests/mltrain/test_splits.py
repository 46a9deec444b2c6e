"""Splits follow groups, hold their shares and stay when pictures are added."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from mltrain.manifest import DatasetError, Sample
from mltrain.splits import assign_splits, stratified_subset


def samples(count: int, *, per_group: int = 1, first: int = 0) -> list[Sample]:
    """`count` samples, every third of them AI, without a split."""
    return [
        Sample(
            path=Path(f"/{i}"),
            name=f"{i}.png",
            label="ai" if i % 3 == 0 else "human",
            split="",
            group=f"g{i // per_group}",
        )
        for i in range(first, first + count)
    ]


def test_both_classes_are_shared_out_70_20_10() -> None:
    split = assign_splits(samples(6000))

    for label in ("ai", "human"):
        counts = Counter(s.split for s in split if s.label == label)
        total = sum(counts.values())
        assert counts["train"] / total == pytest.approx(0.7, abs=0.03)
        assert counts["validation"] / total == pytest.approx(0.2, abs=0.03)
        assert counts["test"] / total == pytest.approx(0.1, abs=0.03)


def test_a_group_never_straddles_a_split() -> None:
    by_group = defaultdict(set)
    for sample in assign_splits(samples(600, per_group=6)):
        by_group[sample.group].add(sample.split)

    assert all(len(splits) == 1 for splits in by_group.values())


def test_adding_pictures_moves_none_that_were_there() -> None:
    before = assign_splits(samples(300))
    after = {s.name: s.split for s in assign_splits(samples(200, first=300) + before)}

    again = {
        s.name: s.split for s in assign_splits(samples(200, first=300) + samples(300))
    }

    assert all(after[s.name] == s.split for s in before)
    assert all(again[s.name] == s.split for s in before)


def test_another_seed_gives_other_splits() -> None:
    one = [s.split for s in assign_splits(samples(200), seed=1)]
    two = [s.split for s in assign_splits(samples(200), seed=2)]

    assert one != two
    assert one == [s.split for s in assign_splits(samples(200), seed=1)]


@pytest.mark.parametrize("seed", range(20))
def test_even_a_tiny_set_has_both_classes_in_every_split(seed: int) -> None:
    present = {(s.split, s.label) for s in assign_splits(samples(18), seed=seed)}

    assert len(present) == 6


def test_new_pictures_of_a_known_group_join_its_split() -> None:
    known = replace(samples(1)[0], split="unseen")
    new = replace(samples(1, first=1)[0], group=known.group)

    splits = [s.split for s in assign_splits([known, new])]

    assert splits == ["unseen", "unseen"]


def test_a_group_named_in_two_splits_is_refused() -> None:
    one, two = samples(2, per_group=2)

    with pytest.raises(DatasetError, match="group 'g0'"):
        assign_splits([replace(one, split="train"), replace(two, split="test")])


def test_a_subset_is_the_same_each_time_and_keeps_the_classes_in_proportion() -> None:
    split = [replace(s, split="train") for s in samples(900)]

    subset = stratified_subset(split, 90)

    assert subset == stratified_subset(split, 90)
    assert Counter(s.label for s in subset) == {"ai": 30, "human": 60}


def test_a_subset_counts_for_each_split_and_keeps_both_labels() -> None:
    split = assign_splits(samples(600))

    counts = Counter(s.split for s in stratified_subset(split, 2))
    labels = {(s.split, s.label) for s in stratified_subset(split, 2)}

    assert counts == {"train": 2, "validation": 2, "test": 2}
    assert len(labels) == 6
