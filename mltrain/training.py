"""One training run: the head first, then the whole network, validated each epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from classifier.inference.preprocessing import PreprocessSpec, scale_pixels
from mltrain.averaging import AveragedWeights
from mltrain.calibrate import probabilities_of
from mltrain.checkpoint import (
    CheckpointError,
    RunState,
    copies,
    load_checkpoint,
    save_checkpoint,
)
from mltrain.config import TrainConfig, before_switches
from mltrain.distribution import (
    FLOAT32,
    agree_on_epoch,
    make_strategy,
    resolve_precision,
    scaling_optimizer,
)
from mltrain.logs import LOG_FOLDER, TrainingLog
from mltrain.metrics import figures_line, summarise
from mltrain.network import (
    EMBEDDING,
    LOGIT,
    build_network,
    trainable_network,
    unfreeze_backbone,
)
from mltrain.pipeline import CachedSample, epoch_dataset, plain_views
from mltrain.runtime import is_writer
from mltrain.soft_labels import cross_fitted_probabilities
from mltrain.steps import TrainingStep
from mltrain.weights import take_weights

Report = Callable[[str], None]
Progress = Callable[[str, int, int], None]
HEAD_PHASE, FINE_PHASE = "head", "fine-tuning"
WARMUP_SHARE = 0.1


@dataclass(frozen=True)
class TrainingData:
    """The decoded pictures of a run and the teacher's vectors for its train split."""

    train: Sequence[CachedSample]
    validation: Sequence[CachedSample]
    spec: PreprocessSpec
    embeddings: NDArray[np.float32] | None = None


class Trainer:
    """Holds the network, its optimizer and the state that a checkpoint keeps."""

    def __init__(
        self,
        config: TrainConfig,
        data: TrainingData,
        report: Report,
        progress: Progress | None = None,
    ) -> None:
        self.strategy = make_strategy(config.strategy, config.batch_size)
        keras.utils.set_random_seed(config.seed)
        self.config = replace(config, precision=resolve_precision(config.precision))
        self.data, self.report, self.progress = data, report, progress
        self.folder = Path(config.output)
        self.writes = is_writer(config.strategy)
        with self.strategy.scope():
            self.network = self._build(config.weights, self.config.precision)
            unfreeze_backbone(self.network, True, config.unfreeze_from)
            size = None if data.embeddings is None else data.embeddings.shape[1]
            self.model = trainable_network(self.network, size)
            self.average = AveragedWeights(self.network.weights, config.ema)
        self.state = RunState()
        self.targets = self._targets()
        self.log = TrainingLog(self.folder / LOG_FOLDER if self.writes else None)

    def run(self, *, resume: bool) -> keras.Model:
        """Train to the end; the network comes back with the best epoch's weights."""
        if resume:
            self._restore()
        self._require_agreement()
        while not self._finished():
            self._run_epoch(self.state.epoch)
            if self.writes:
                save_checkpoint(self.folder, self.state, self.config.schedule())
        # What is shipped calculates in float32 on one device, however it was trained.
        shipped = self._build("none", FLOAT32)
        take_weights(shipped, self.state.best)
        return shipped

    def _build(self, weights: str, precision: str) -> keras.Model:
        config = self.config
        return build_network(
            config.backbone,
            size=config.image_size,
            dropout=config.dropout,
            weights=weights,
            stem_stride=config.stem_stride,
            cut=config.cut,
            high_pass=config.high_pass,
            precision=precision,
        )

    def _finished(self) -> bool:
        epoch, best = self.state.epoch, self.state.best_epoch
        if epoch >= self.config.epochs:
            return True
        waited = epoch - 1 - best
        if epoch > self.config.head_epochs and waited >= self.config.patience:
            self.report(
                f"Validation AUROC has not risen for {waited} epochs: stopping."
            )
            return True
        return False

    def _run_epoch(self, epoch: int) -> None:
        phase = HEAD_PHASE if epoch < self.config.head_epochs else FINE_PHASE
        if phase != self.state.phase:
            self._enter(phase)
        self.report(f"Epoch {epoch + 1}/{self.config.epochs}, phase: {phase}")
        steps, count = self._steps_per_epoch(), len(self.data.train)
        seen = 0

        def after_step() -> None:
            nonlocal seen
            self.average.update()
            seen = min(seen + self.config.batch_size, count)
            if self.progress:
                self.progress(f"epoch {epoch + 1}", seen, count)

        start = time.perf_counter()
        losses = self.step.run_epoch(
            iter(self._batches(epoch)), steps, after_step=after_step
        )
        speed = {"pictures_per_second": count / (time.perf_counter() - start)}
        self.report(
            f"training: loss {losses['loss']:.4f}, "
            f"{speed['pictures_per_second']:.1f} pictures/s"
        )
        self._note(epoch, losses)
        figures = self.state.history[-1]
        validation = {k: v for k, v in figures.items() if k not in losses}
        self.log.write(epoch + 1, train=losses, validation=validation, speed=speed)

    def _note(self, epoch: int, losses: dict[str, float]) -> None:
        """Validate the averaged weights, remember the best, take the state down."""
        with self.average.in_place():
            logits = predict_logits(self.network, self.data.validation, self.data.spec)
            figures = summarise(
                labels_of(self.data.validation), probabilities_of(logits, 1.0)
            )
            self.report(f"validation: {figures_line(figures)}")
            best = self._best_auroc()
            if best is None or (figures["auroc"] or 0.0) > best:
                self.state.best_epoch = epoch
                self.state.best = copies(self.network.weights)
        self.state.history.append(
            {"epoch": epoch + 1, "phase": self.state.phase, **losses, **figures}
        )
        self.state.epoch = epoch + 1
        self.state.weights = copies(self.model.variables)
        self.state.optimizer = copies(self.step.optimizer.variables)
        self.state.average = copies(self.average.values)
        self.state.steps = self.average.steps

    def _best_auroc(self) -> float | None:
        if self.state.best_epoch < 0:
            return None
        return self.state.history[self.state.best_epoch]["auroc"] or 0.0

    def _enter(self, phase: str) -> None:
        """A fresh Adam for each phase; losses and learning rate as configured."""
        config = self.config
        unfreeze_backbone(self.network, phase == FINE_PHASE, config.unfreeze_from)
        epochs = config.head_epochs
        rate = config.head_learning_rate
        if phase == FINE_PHASE:
            epochs = config.epochs - config.head_epochs
            rate = config.learning_rate
        losses: dict[str, keras.Loss] = {
            LOGIT: keras.losses.BinaryCrossentropy(
                from_logits=True,
                label_smoothing=config.label_smoothing,
                reduction=None,
            )
        }
        weights = {LOGIT: 1.0}
        if EMBEDDING in self.targets:
            losses[EMBEDDING] = keras.losses.CosineSimilarity(reduction=None)
            weights[EMBEDDING] = config.teacher_weight
        with self.strategy.scope():
            schedule = warm_cosine(rate, max(1, epochs * self._steps_per_epoch()))
            adam = keras.optimizers.Adam(schedule, clipnorm=5.0)
            optimizer = scaling_optimizer(adam, config.precision)
        self.step = TrainingStep(self.model, optimizer, self.strategy, losses, weights)
        self.state.phase = phase

    def _restore(self) -> None:
        state = load_checkpoint(self.folder, self.config.schedule(), before_switches())
        if state is None:
            self.report("No checkpoint there yet: starting from the beginning.")
            return
        self.state = state
        self._enter(state.phase)
        assign(self.model.variables, state.weights)
        assign(self.step.optimizer.variables, state.optimizer)
        assign(self.average.values, state.average)
        self.average.steps = state.steps
        self.report(f"Resuming after epoch {state.epoch}.")

    def _targets(self) -> dict[str, NDArray[np.float32]]:
        labels = labels_of(self.data.train).astype(np.float32)
        if share := self.config.teacher_labels:
            opinions = cross_fitted_probabilities(
                self.data.embeddings,
                labels.astype(np.int64),
                [item.sample.group for item in self.data.train],
                seed=self.config.seed,
            )
            labels = (1 - share) * labels + share * opinions
        targets = {LOGIT: labels[:, np.newaxis]}
        if self.data.embeddings is not None:
            targets[EMBEDDING] = self.data.embeddings
        return targets

    def _require_agreement(self) -> None:
        if not agree_on_epoch(self.strategy, self.state.epoch):
            raise CheckpointError(
                f"This worker is at epoch {self.state.epoch} and another is not. Give "
                "all workers the first one's checkpoint.npz, or one folder that they "
                "share, and --resume."
            )

    def _steps_per_epoch(self) -> int:
        count = len(self.data.train)
        shared = count - count % self.strategy.num_replicas_in_sync
        return math.ceil(shared / self.config.batch_size)

    def _batches(self, epoch: int) -> Iterable[Any]:
        """The epoch's batches, each replica's own part of them."""

        def dataset(batch_size: int, shard: tuple[int, int]) -> tf.data.Dataset:
            return epoch_dataset(
                self.data.train,
                self.targets,
                spec=self.data.spec,
                policy=self.config.augmentation,
                batch_size=batch_size,
                seed=self.config.seed,
                epoch=epoch,
                mixing=self.config.mixing,
                shard=shard,
                replicas=self.strategy.num_replicas_in_sync,
            )

        def of_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
            return dataset(
                context.get_per_replica_batch_size(self.config.batch_size),
                (context.input_pipeline_id, context.num_input_pipelines),
            )

        if self.strategy.num_replicas_in_sync == 1:
            return dataset(self.config.batch_size, (0, 1))
        return self.strategy.distribute_datasets_from_function(of_worker)


def warm_cosine(rate: float, steps: int) -> keras.optimizers.schedules.CosineDecay:
    """Linear warm-up over the first tenth, then a cosine to a hundredth of the peak."""
    warmup = max(1, round(steps * WARMUP_SHARE))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=rate / 20,
        decay_steps=max(1, steps - warmup),
        alpha=0.01,
        warmup_target=rate,
        warmup_steps=warmup,
    )


def predict_logits(
    network: keras.Model,
    samples: Sequence[CachedSample],
    spec: PreprocessSpec,
    batch_size: int = 64,
) -> NDArray[np.float32]:
    """The logits (n,) of the unaltered pictures."""
    shape = tf.TensorSpec((None, spec.size, spec.size, 3), tf.float32)
    run = tf.function(
        lambda batch: network(batch, training=False)[LOGIT], input_signature=[shape]
    )
    logits = []
    for start in range(0, len(samples), batch_size):
        views = plain_views(samples[start : start + batch_size], spec)
        logits.append(run(scale_pixels(views)).numpy()[:, 0])
    return np.concatenate(logits)


def labels_of(samples: Sequence[CachedSample]) -> NDArray[np.int64]:
    """1 for `ai`, 0 for `human`, in order."""
    return np.array([cached.sample.label == "ai" for cached in samples], np.int64)


def assign(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    """Put saved values back."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
