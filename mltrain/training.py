"""One training run: the head first, then the whole network, validated each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from classifier.inference.preprocessing import PreprocessSpec, scale_pixels
from mltrain.averaging import AveragedWeights
from mltrain.calibrate import probabilities_of
from mltrain.checkpoint import RunState, copies, load_checkpoint, save_checkpoint
from mltrain.config import TrainConfig
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

Report = Callable[[str], None]
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

    def __init__(self, config: TrainConfig, data: TrainingData, report: Report) -> None:
        keras.utils.set_random_seed(config.seed)
        self.config, self.data, self.report = config, data, report
        self.folder = Path(config.output)
        self.writes = is_writer(config.strategy)
        self.strategy = make_strategy(config.strategy)
        with self.strategy.scope():
            self.network = build_network(
                config.backbone,
                size=config.image_size,
                dropout=config.dropout,
                weights=config.weights,
            )
            size = None if data.embeddings is None else data.embeddings.shape[1]
            self.model = trainable_network(self.network, size)
            self.average = AveragedWeights(self.network.weights, config.ema)
        self.state = RunState()
        self.targets = self._targets()

    def run(self, *, resume: bool) -> keras.Model:
        """Train to the end; the network comes back with the best epoch's weights."""
        if resume:
            self._restore()
        while not self._finished():
            self._run_epoch(self.state.epoch)
            if self.writes:
                save_checkpoint(self.folder, self.state, self.config.schedule())
        for variable, value in zip(self.network.weights, self.state.best, strict=True):
            variable.assign(value)
        return self.network

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
            self._compile(phase)
        self.report(f"Phase: {phase}")
        losses = self.model.fit(
            self._epoch_dataset(epoch),
            epochs=epoch + 1,
            initial_epoch=epoch,
            callbacks=[self.average],
            shuffle=False,
        ).history
        self._note(epoch, {name: values[-1] for name, values in losses.items()})

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
        self.state.weights = copies(persistent_variables(self.model))
        self.state.optimizer = copies(self.model.optimizer.variables)
        self.state.average = copies(self.average.values)
        self.state.steps = self.average.steps

    def _best_auroc(self) -> float | None:
        if self.state.best_epoch < 0:
            return None
        return self.state.history[self.state.best_epoch]["auroc"] or 0.0

    def _compile(self, phase: str) -> None:
        """A fresh Adam for each phase; losses and learning rate as configured."""
        config = self.config
        unfreeze_backbone(self.network, phase == FINE_PHASE)
        epochs = config.head_epochs
        rate = config.head_learning_rate
        if phase == FINE_PHASE:
            epochs = config.epochs - config.head_epochs
            rate = config.learning_rate
        steps = max(1, epochs * math.ceil(len(self.data.train) / config.batch_size))
        losses: dict[str, keras.Loss] = {
            LOGIT: keras.losses.BinaryCrossentropy(
                from_logits=True, label_smoothing=config.label_smoothing
            )
        }
        weights = {LOGIT: 1.0}
        if EMBEDDING in self.targets:
            losses[EMBEDDING] = keras.losses.CosineSimilarity()
            weights[EMBEDDING] = config.teacher_weight
        with self.strategy.scope():
            self.model.compile(
                optimizer=keras.optimizers.Adam(warm_cosine(rate, steps), clipnorm=5.0),
                loss=losses,
                loss_weights=weights,
                jit_compile=False,
            )
            self.model.optimizer.build(self.model.trainable_variables)
        self.state.phase = phase

    def _restore(self) -> None:
        state = load_checkpoint(self.folder, self.config.schedule())
        if state is None:
            self.report("No checkpoint there yet: starting from the beginning.")
            return
        self.state = state
        self._compile(state.phase)
        assign(persistent_variables(self.model), state.weights)
        assign(self.model.optimizer.variables, state.optimizer)
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

    def _epoch_dataset(self, epoch: int) -> tf.data.Dataset:
        return epoch_dataset(
            self.data.train,
            self.targets,
            spec=self.data.spec,
            policy=self.config.augmentation,
            batch_size=self.config.batch_size,
            seed=self.config.seed,
            epoch=epoch,
        )


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


def make_strategy(name: str) -> tf.distribute.Strategy:
    """`none`, `mirrored` (all GPUs, or all logical CPUs) or `multiworker` (TF_CONFIG).

    Raises `ValueError` for another name.
    """
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = tf.config.list_logical_devices(kind)
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    if name == "multiworker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise ValueError(f"The strategy is none, mirrored or multiworker, not {name!r}.")


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


def persistent_variables(model: keras.Model) -> list[Any]:
    """Weights and the dropout's random state: all that an epoch changes but metrics."""
    passing = {id(variable) for variable in model.metrics_variables}
    return [v for v in model.variables if id(v) not in passing]


def assign(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    """Put saved values back."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
