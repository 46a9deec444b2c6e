"""The network's views of labelled pictures, as the site decodes them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.images import decode_image
from classifier.inference.preprocessing import PreprocessSpec, resize_to_view
from mltrain.layouts import read_dataset
from mltrain.manifest import Dataset, DatasetError, Sample
from mltrain.scores import DATASET_LIMITS
from mltrain.splits import stratified_subset

CALIBRATION_PICTURES = 200


@dataclass(frozen=True)
class Views:
    """A `.npy` file of (n, size, size, 3) uint8 views, and (n,) whether AI made it."""

    path: Path
    labels: NDArray[np.bool_]


def read_splits(folder: Path, limit: int | None = None) -> Dataset:
    """The labelled pictures, at most `limit` of each split, always the same.

    Raises `DatasetError` where a split is missing.
    """
    dataset = read_dataset(folder, limit=limit)
    for split in ("train", "validation", "test"):
        if not dataset.split(split):
            raise DatasetError(f"{folder} has no pictures of the split {split}.")
    return dataset


def calibration_views(dataset: Dataset, spec: PreprocessSpec) -> NDArray[np.uint8]:
    """Some of the training pictures, both classes in their proportion."""
    chosen = stratified_subset(dataset.split("train"), CALIBRATION_PICTURES, seed=0)
    return _views(chosen, spec)


def split_views(
    dataset: Dataset, split: str, spec: PreprocessSpec, folder: Path
) -> Views:
    """All pictures of a split. Raises `ImageRejected` for a broken one."""
    samples = dataset.split(split)
    path = folder / f"{split}-{len(samples)}.npy"
    if not path.exists():
        np.save(path, _views(samples, spec))
    return Views(path, np.array([sample.label == "ai" for sample in samples]))


def _views(samples: Sequence[Sample], spec: PreprocessSpec) -> NDArray[np.uint8]:
    def view(sample: Sample) -> NDArray[np.uint8]:
        pixels = decode_image(sample.path.read_bytes(), DATASET_LIMITS).pixels
        return np.asarray(resize_to_view(Image.fromarray(pixels), spec))

    with ThreadPoolExecutor(2) as pool:
        return np.stack(list(pool.map(view, samples)))
