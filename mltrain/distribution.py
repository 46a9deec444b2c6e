"""Where a training runs: devices, machines, and in which precision it calculates."""

from __future__ import annotations

import keras
import tensorflow as tf

FLOAT32, MIXED = "float32", "mixed_float16"
# Tensor cores, which make half precision faster, came with this generation.
_TENSOR_CORES = (7, 0)


def make_strategy(name: str, batch_size: int = 0) -> tf.distribute.Strategy:
    """`none`, `mirrored` (all GPUs, or all logical CPUs) or `multiworker` (TF_CONFIG).

    Call it before anything else of TensorFlow: a cluster must be joined first. Raises
    `ValueError` for another name, or a `batch_size` that the replicas cannot share.
    """
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = tf.config.list_logical_devices(kind)
        strategy = tf.distribute.MirroredStrategy([device.name for device in devices])
    elif name == "multiworker":
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        raise ValueError(f"--strategy is none, mirrored or multiworker, not {name!r}.")
    require_shareable(batch_size, strategy.num_replicas_in_sync)
    return strategy


def require_shareable(batch_size: int, replicas: int) -> None:
    """Raise `ValueError` unless each replica gets as much of a batch as the others."""
    if batch_size % replicas:
        raise ValueError(
            f"--batch-size is {batch_size}, which {replicas} replicas cannot share "
            f"alike; give a multiple of {replicas}."
        )


def resolve_precision(wanted: str) -> str:
    """`auto` → `mixed_float16` where every GPU has tensor cores, else `float32`."""
    if wanted != "auto":
        return wanted
    gpus = tf.config.list_physical_devices("GPU")
    capable = [
        tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        >= _TENSOR_CORES
        for gpu in gpus
    ]
    return MIXED if capable and all(capable) else FLOAT32


def agree_on_epoch(strategy: tf.distribute.Strategy, epoch: int) -> bool:
    """Whether all workers are about to run the same epoch; they must all ask."""
    if strategy.num_replicas_in_sync == 1:
        return True
    mine = strategy.run(lambda: tf.constant([epoch]))
    epochs = strategy.gather(mine, axis=0).numpy()
    return bool((epochs == epoch).all())


def scaling_optimizer(
    optimizer: keras.optimizers.Optimizer, precision: str
) -> keras.optimizers.Optimizer:
    """The optimizer; with a dynamic loss scale where gradients could underflow."""
    if precision == MIXED:
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
