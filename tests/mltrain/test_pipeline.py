"""Pictures become batches: decoded once, in an order and a shape that seeds decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.inference.preprocessing import PreprocessSpec, to_model_input
from mltrain.augment import NO_AUGMENTATION, AugmentPolicy
from mltrain.manifest import Sample
from mltrain.mixing import Mixing
from mltrain.pipeline import (
    CachedSample,
    cache_samples,
    epoch_dataset,
    epoch_order,
    plain_views,
    training_view,
)
from tests.images import encode, picture

SPEC = PreprocessSpec(size=32)


def sample_at(path: Path, content: bytes) -> Sample:
    path.write_bytes(content)
    return Sample(path=path, name=path.name, label="ai", split="train", group=path.name)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_at(tmp_path / "a.png", encode(picture(40, 36)))


def test_a_small_picture_is_cached_pixel_for_pixel(
    tmp_path: Path, sample: Sample
) -> None:
    (cached,), problems = cache_samples([sample], tmp_path / "cache", SPEC)
    assert cached.load().tobytes() == picture(40, 36).tobytes()
    assert problems == []


def test_a_large_picture_is_reduced_with_its_aspect_ratio(tmp_path: Path) -> None:
    large = sample_at(tmp_path / "b.png", encode(picture(400, 200)))
    (cached,), _ = cache_samples([large], tmp_path / "cache", SPEC)
    assert cached.load().size == (96, 48)


def test_a_broken_picture_is_skipped_by_name(tmp_path: Path, sample: Sample) -> None:
    broken = sample_at(tmp_path / "broken.jpg", b"\xff\xd8\xff not a picture")
    kept, problems = cache_samples([broken, sample], tmp_path / "cache", SPEC)
    assert [item.sample.name for item in kept] == ["a.png"]
    assert len(problems) == 1
    assert problems[0].startswith("broken.jpg: ")


def test_a_replaced_picture_is_decoded_again(tmp_path: Path, sample: Sample) -> None:
    cache_samples([sample], tmp_path / "cache", SPEC)
    sample.path.write_bytes(encode(picture(44, 44, seed=9)))
    (cached,), _ = cache_samples([sample], tmp_path / "cache", SPEC)
    assert cached.load().size == (44, 44)


def test_training_without_augmentation_sees_what_serving_sees(
    tmp_path: Path, sample: Sample
) -> None:
    (cached,), _ = cache_samples([sample], tmp_path / "cache", SPEC)
    served = to_model_input(np.asarray(picture(40, 36)), SPEC)
    trained = training_view(cached, SPEC, NO_AUGMENTATION, (0, 0, 0))
    np.testing.assert_array_equal(trained, served)
    np.testing.assert_array_equal(
        plain_views([cached], SPEC)[0], (served * 255).round()
    )


def test_views_are_repeatable_and_differ_between_epochs(
    tmp_path: Path, sample: Sample
) -> None:
    (cached,), _ = cache_samples([sample], tmp_path / "cache", SPEC)
    views = [
        training_view(cached, SPEC, AugmentPolicy(), (0, epoch, 0))
        for epoch in (1, 1, 2)
    ]
    np.testing.assert_array_equal(views[0], views[1])
    assert not np.array_equal(views[0], views[2])
    assert views[0].dtype == np.float32
    assert 0 <= views[0].min() <= views[0].max() <= 1


def test_every_epoch_has_each_sample_once_in_its_own_order() -> None:
    first, second = epoch_order(50, seed=3, epoch=0), epoch_order(50, seed=3, epoch=1)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first.tolist() != second.tolist()


@pytest.fixture
def ten(tmp_path: Path) -> list[CachedSample]:
    """Ten small pictures, AI and human-made in turn."""
    samples = [
        sample_at(tmp_path / f"{i}.png", encode(picture(40, 36, seed=i)))
        for i in range(10)
    ]
    return cache_samples(samples, tmp_path / "cache", SPEC)[0]


def batches(ten: list[CachedSample], **options: Any) -> list[tuple[Any, Any]]:
    """An epoch's (views, labels); a label is the sample's place among the ten."""
    places = np.arange(10, dtype=np.float32)[:, None]
    defaults = {"batch_size": 4, "seed": 3, "epoch": 1, "policy": AugmentPolicy()}
    dataset = epoch_dataset(
        ten, {"logit": places}, spec=SPEC, **{**defaults, **options}
    )
    return [(views.numpy(), t["logit"].numpy()[:, 0]) for views, t in dataset]


@pytest.mark.training
@pytest.mark.parametrize("mixing", [None, Mixing(mixup=0.4, cutmix=1, share=1)])
def test_an_epoch_is_the_same_for_the_same_seed_however_it_is_computed(
    ten: list[CachedSample], mixing: Mixing | None
) -> None:
    first, again = batches(ten, mixing=mixing), batches(ten, mixing=mixing)
    other = batches(ten, mixing=mixing, epoch=2)

    assert [len(views) for views, _ in first] == [4, 4, 2]
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one[0], same[0])
        np.testing.assert_array_equal(one[1], same[1])
    assert not np.array_equal(first[0][0], other[0][0])


@pytest.mark.training
def test_workers_share_each_batch_and_none_sees_what_another_does(
    ten: list[CachedSample],
) -> None:
    whole = batches(ten)
    parts = [
        batches(ten, shard=(worker, 2), replicas=2, batch_size=2) for worker in (0, 1)
    ]

    for (_, labels), *shares in zip(whole, *parts, strict=True):
        assert sorted(labels) == sorted([*shares[0][1], *shares[1][1]])


@pytest.mark.training
def test_the_last_step_leaves_no_replica_without_a_picture(
    ten: list[CachedSample],
) -> None:
    sizes = [len(views) for views, _ in batches(ten, batch_size=2, replicas=2)]

    assert sizes == [2, 2, 2, 2, 1, 1]


@pytest.mark.training
def test_what_cannot_be_shared_alike_waits_for_another_epoch(
    ten: list[CachedSample],
) -> None:
    parts = [
        batches(ten, shard=(worker, 3), replicas=3, batch_size=2)
        for worker in (0, 1, 2)
    ]

    assert {sum(len(views) for views, _ in part) for part in parts} == {3}
