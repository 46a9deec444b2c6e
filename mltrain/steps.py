"""The training step and the epoch: the same for one device, several, and several hosts.

Keras's own `fit` is not used because it fails on several hosts: it cannot reduce the
first batch of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf


class TrainingStep:
    """One weight update, shared by all replicas of a strategy.

    `losses` maps an output of the model to a loss without reduction, `weights` to its
    factor in the sum. A loss is the mean over the pictures of all replicas, however
    they are shared out.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        strategy: tf.distribute.Strategy,
        losses: dict[str, keras.Loss],
        weights: dict[str, float],
    ) -> None:
        self.model, self.optimizer, self.strategy = model, optimizer, strategy
        self.losses, self.weights = losses, weights
        with strategy.scope():
            optimizer.build(model.trainable_variables)
        # What is frozen is fixed when the graph is traced: each phase has its own step.
        self._function = tf.function(self._update)

    def run_epoch(
        self, batches: Iterator[Any], steps: int, *, after_step: Callable[[], object]
    ) -> dict[str, float]:
        """Take so many steps; `loss` and, where there are several, each one's mean."""
        sums = dict.fromkeys(["count", *self.losses], 0.0)
        for _ in range(steps):
            for name, value in self._function(batches).items():
                sums[name] += value
            after_step()
        pictures = max(1.0, float(sums.pop("count")))
        means = {name: float(total) / pictures for name, total in sums.items()}
        loss = sum(self.weights[name] * mean for name, mean in means.items())
        named = {f"{name}_loss": mean for name, mean in means.items()}
        return {"loss": loss, **(named if len(named) > 1 else {})}

    def _update(self, batches: Iterator[Any]) -> dict[str, tf.Tensor]:
        """Pictures and summed losses of one step over all replicas."""
        sums = self.strategy.run(self._replica_update, args=(next(batches),))
        add = tf.distribute.ReduceOp.SUM
        return {
            name: self.strategy.reduce(add, value, axis=None)
            for name, value in sums.items()
        }

    def _replica_update(
        self, batch: tuple[tf.Tensor, dict[str, tf.Tensor]]
    ) -> dict[str, tf.Tensor]:
        views, targets = batch
        count = tf.cast(tf.shape(views)[0], tf.float32)
        context = tf.distribute.get_replica_context()
        everywhere = context.all_reduce(tf.distribute.ReduceOp.SUM, count)
        with tf.GradientTape() as tape:
            outputs = self.model(views, training=True)
            sums = {
                name: tf.reduce_sum(loss(targets[name], outputs[name]))
                for name, loss in self.losses.items()
            }
            loss = tf.add_n(
                [self.weights[name] * value for name, value in sums.items()]
            )
            loss = self.optimizer.scale_loss(loss / tf.maximum(everywhere, 1.0))
        variables = self.model.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return {"count": count, **sums}
