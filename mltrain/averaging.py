"""A running mean of the weights, which generalises better than the last step's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf


class AveragedWeights:
    """Exponential moving average after every step (Polyak; as in Mean Teacher).

    `momentum` is the share of the old mean kept at each step; the first steps keep
    less, so that the start is forgotten. 0 keeps the last weights only.
    """

    def __init__(self, variables: Sequence[Any], momentum: float) -> None:
        self.variables = [v for v in variables if v.dtype.startswith("float")]
        self.values = [tf.Variable(v, trainable=False) for v in self.variables]
        self.momentum = momentum
        self.steps = 0
        self._blend_all = tf.function(self._blend)

    def update(self) -> None:
        """Move the mean towards the weights of this step."""
        self.steps += 1
        kept = min(self.momentum, self.steps / (10 + self.steps))
        self._blend_all(tf.constant(kept if self.momentum else 0.0, tf.float32))

    def _blend(self, kept: tf.Tensor) -> None:
        for value, variable in zip(self.values, self.variables, strict=True):
            value.assign(value * kept + variable * (1 - kept))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within the block the network carries the mean."""
        current = [variable.numpy().copy() for variable in self.variables]
        self._assign([value.numpy() for value in self.values])
        try:
            yield
        finally:
            self._assign(current)

    def _assign(self, values: Sequence[Any]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
