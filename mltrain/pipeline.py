"""Pictures on disk → batches: decoded once into a cache, augmented anew each epoch."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.errors import ImageRejected
from classifier.inference.images import decode_image
from classifier.inference.preprocessing import (
    PreprocessSpec,
    resize_to_view,
    scale_pixels,
)
from mltrain.augment import AugmentPolicy, augment
from mltrain.manifest import Sample
from mltrain.mixing import Mixing, mix
from mltrain.scores import DATASET_LIMITS

if TYPE_CHECKING:
    import tensorflow as tf

# The cached picture keeps this many times the view's size on its short side, so that
# a random crop still has pixels to give, and the second resampling changes little: on
# 572 full-size originals 99.7 % of verdicts are those without it (1.25: 99.1 %).
CACHE_MARGIN = 1.5
_MIXING = 1  # sets the random numbers of mixing apart from those of augmentation
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CachedSample:
    """A sample and the file of its decoded pixels, (h, w, 3) uint8 `.npy`."""

    sample: Sample
    pixels: Path

    def load(self) -> Image.Image:
        """The RGB picture."""
        return Image.fromarray(np.load(self.pixels))


def cache_samples(
    samples: Sequence[Sample],
    folder: Path,
    spec: PreprocessSpec,
    *,
    progress: Progress | None = None,
) -> tuple[list[CachedSample], list[str]]:
    """Decode every picture once, reduced to little more than the view, as `.npy`.

    Every core decodes, and several runs may share the folder. Files that exist already
    are kept, so an interrupted call goes on where it was. Returns the readable samples
    in their order and a sentence for each that is not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept: list[CachedSample] = []
    problems: list[str] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = pool.map(lambda sample: _cache(sample, folder, spec), samples)
        for done, (sample, result) in enumerate(zip(samples, results, strict=True), 1):
            if isinstance(result, Path):
                kept.append(CachedSample(sample, result))
            else:
                problems.append(f"{sample.name}: {result}")
            if progress:
                progress(done, len(samples))
    return kept, problems


def _cache(sample: Sample, folder: Path, spec: PreprocessSpec) -> Path | str:
    try:
        path = folder / f"{_cache_key(sample, spec)}.npy"
        if not path.exists():
            image = decode_image(sample.path.read_bytes(), DATASET_LIMITS)
            pixels = _reduce(Image.fromarray(image.pixels), spec)
            # Several runs may share the folder, so each writes a file of its own.
            handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                np.save(file, np.asarray(pixels))
            Path(part).replace(path)
    except (ImageRejected, OSError) as error:
        return str(error)
    return path


def _cache_key(sample: Sample, spec: PreprocessSpec) -> str:
    """Changes with the file, so that a replaced picture is decoded again."""
    stat = sample.path.stat()
    file = f"{sample.path}|{stat.st_size}|{stat.st_mtime_ns}"
    facts = f"{file}|{spec.size}|{CACHE_MARGIN}"
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def _reduce(image: Image.Image, spec: PreprocessSpec) -> Image.Image:
    """At most `CACHE_MARGIN` views on the short side, aspect ratio kept."""
    factor = CACHE_MARGIN * spec.size / min(image.size)
    if factor >= 1:
        return image
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def training_view(
    cached: CachedSample,
    spec: PreprocessSpec,
    policy: AugmentPolicy,
    seed: Sequence[int],
) -> NDArray[np.float32]:
    """The augmented (size, size, 3) float32 view in 0-1; `seed` decides everything."""
    image = augment(cached.load(), policy, np.random.default_rng(seed))
    return scale_pixels(np.asarray(resize_to_view(image, spec)))


def epoch_order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of an epoch's samples; the same for the same seed and epoch."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def epoch_dataset(
    samples: Sequence[CachedSample],
    targets: dict[str, NDArray[np.float32]],
    *,
    spec: PreprocessSpec,
    policy: AugmentPolicy,
    batch_size: int,
    seed: int,
    epoch: int,
    mixing: Mixing | None = None,
    shard: tuple[int, int] = (0, 1),
    replicas: int = 1,
) -> tf.data.Dataset:
    """One epoch of (views, targets) batches, shuffled, augmented and maybe mixed.

    `targets` maps an output of the network to an array with a row for each sample;
    that of `logit` holds the labels. Order and alterations depend on (`seed`, `epoch`)
    alone, so that a resumed run sees what an uninterrupted one would have seen.
    `shard` is (index, count) of a worker: each decodes its own part of every batch.
    Its replicas take one batch each in a step, of `batch_size` or, in the last step, of
    what is left; the few pictures that `replicas` could not share alike wait for
    another epoch.
    """
    import tensorflow as tf

    index, count = shard
    order = epoch_order(len(samples), seed, epoch)
    mine = order[: len(order) - len(order) % replicas][index::count]

    def load(index: NDArray[np.int64]) -> NDArray[np.float32]:
        return training_view(samples[index], spec, policy, (seed, epoch, int(index)))

    def example(index: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        view = tf.numpy_function(load, [index], tf.float32, stateful=False)
        view.set_shape((spec.size, spec.size, 3))
        return view, {name: table[index] for name, table in tables.items()}

    tables = {name: tf.constant(values) for name, values in targets.items()}

    def batches_of(part: NDArray[np.int64], size: int) -> tf.data.Dataset:
        views = tf.data.Dataset.from_tensor_slices(part).map(
            example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        return views.batch(size)

    # The last step's pictures are fewer, and no replica may be left without any.
    local = replicas // count
    whole = len(mine) - len(mine) % (batch_size * local)
    batches = batches_of(mine[:whole], batch_size)
    if whole < len(mine):
        rest = (len(mine) - whole) // local
        batches = batches.concatenate(batches_of(mine[whole:], rest))
    if mixing:
        batches = _mixed(batches, mixing, (seed, epoch, index, _MIXING))
    return batches.prefetch(4)


def _mixed(
    batches: tf.data.Dataset, mixing: Mixing, seed: tuple[int, ...]
) -> tf.data.Dataset:
    import tensorflow as tf

    def blend(
        number: NDArray[np.int64],
        views: NDArray[np.float32],
        labels: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
        return mix(views, labels, mixing, (*seed, int(number)))

    def example(
        number: tf.Tensor, batch: tuple[tf.Tensor, dict[str, tf.Tensor]]
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        views, targets = batch
        blended, partners, shares = tf.numpy_function(
            blend,
            [number, views, targets["logit"][:, 0]],
            (tf.float32, tf.int64, tf.float32),
            stateful=False,
        )
        # What numpy gives back has no shape of its own, which losses need.
        blended = tf.ensure_shape(blended, views.shape)
        partners = tf.ensure_shape(partners, (None,))
        shares = tf.ensure_shape(shares, (None,))[:, tf.newaxis]
        return blended, {
            name: shares * target + (1 - shares) * tf.gather(target, partners)
            for name, target in targets.items()
        }

    return batches.enumerate().map(
        example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )


def plain_views(
    samples: Sequence[CachedSample], spec: PreprocessSpec
) -> NDArray[np.uint8]:
    """The unaltered views, (n, size, size, 3) uint8."""
    return np.stack([np.asarray(resize_to_view(s.load(), spec)) for s in samples])
