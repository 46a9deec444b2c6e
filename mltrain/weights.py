"""Weights from one network into another of the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from numpy.typing import NDArray


def take_weights(network: keras.Model, values: Sequence[NDArray[Any]]) -> None:
    """Replace all weights by `values`, in the order of `network.get_weights()`.

    Keras's `Normalization`, with which EfficientNet begins, computes with copies of its
    statistics, which only loading a file renews. Raises `ValueError` where the values
    do not fit.
    """
    network.set_weights(values)
    _renew_statistics(network)


def _renew_statistics(network: keras.Model) -> None:
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
        elif isinstance(layer, keras.Model):
            _renew_statistics(layer)
