"""How fast pictures are prepared, and how fast a training step consumes them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from classifier.inference.preprocessing import PreprocessSpec
from mltrain.config import TrainConfig
from mltrain.distribution import resolve_precision, scaling_optimizer
from mltrain.network import (
    LOGIT,
    build_network,
    trainable_network,
    unfreeze_backbone,
)
from mltrain.pipeline import CachedSample, epoch_dataset
from mltrain.steps import TrainingStep

# The first steps trace the graph and fill the allocator.
WARM_UP = 2


@dataclass(frozen=True)
class Throughput:
    """Pictures a second of one backbone's training.

    `pipeline` is that of reading the cache and augmentation with no network, `step`
    that of the weight update on a batch that lies ready, `together` that of a real
    epoch.
    """

    backbone: str
    precision: str
    pipeline: float
    step: float
    together: float

    @property
    def ratio(self) -> float:
        """How many times as fast the pipeline is as what it feeds."""
        return self.pipeline / self.step

    @property
    def pipeline_share(self) -> float:
        """The part (0-1) of a real epoch that the pipeline costs beside the steps."""
        return max(0.0, 1 - self.together / self.step)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        return asdict(self) | {
            "ratio": self.ratio,
            "pipeline_share": self.pipeline_share,
        }


def measure_throughput(
    config: TrainConfig,
    cached: Sequence[CachedSample],
    steps: int,
    progress: Callable[[], object] = lambda: None,
) -> Throughput:
    """Time `steps` batches three ways, with the configured network and policy.

    Every layer but batch norm is trained, as in fine-tuning. All files were read and
    the step was traced before the clock starts.
    """
    precision = resolve_precision(config.precision)
    _exhaust(_batches(config, cached, steps))
    pipeline = _seconds(lambda: _exhaust(_batches(config, cached, steps)))
    progress()
    train = _step(config, precision)
    # One batch again and again, with the signature of a real epoch's: another one
    # would have the step traced anew while that epoch is timed.
    ready = iter(_batches(config, cached, 1).cache().repeat())
    train.run_epoch(ready, WARM_UP, after_step=lambda: None)
    alone = _seconds(lambda: train.run_epoch(ready, steps, after_step=lambda: None))
    progress()
    real = iter(_batches(config, cached, steps))
    together = _seconds(lambda: train.run_epoch(real, steps, after_step=lambda: None))
    progress()
    pictures = steps * config.batch_size
    return Throughput(
        backbone=config.backbone,
        precision=precision,
        pipeline=pictures / pipeline,
        step=pictures / alone,
        together=pictures / together,
    )


def _batches(
    config: TrainConfig, cached: Sequence[CachedSample], count: int
) -> tf.data.Dataset:
    """So many whole batches, over the samples as often as that takes."""
    needed = count * config.batch_size
    samples = [cached[index % len(cached)] for index in range(needed)]
    labels = [[s.sample.label == "ai"] for s in samples]
    return epoch_dataset(
        samples,
        {LOGIT: np.array(labels, np.float32)},
        spec=PreprocessSpec(size=config.image_size),
        policy=config.augmentation,
        batch_size=config.batch_size,
        seed=config.seed,
        epoch=0,
        mixing=config.mixing,
    )


def _step(config: TrainConfig, precision: str) -> TrainingStep:
    network = build_network(
        config.backbone,
        size=config.image_size,
        dropout=config.dropout,
        weights=config.weights,
        stem_stride=config.stem_stride,
        cut=config.cut,
        high_pass=config.high_pass,
        precision=precision,
    )
    unfreeze_backbone(network, True, config.unfreeze_from)
    return TrainingStep(
        trainable_network(network, None),
        scaling_optimizer(keras.optimizers.Adam(clipnorm=5.0), precision),
        tf.distribute.get_strategy(),
        {LOGIT: keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)},
        {LOGIT: 1.0},
    )


def _exhaust(batches: tf.data.Dataset) -> None:
    deque(batches, maxlen=0)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
