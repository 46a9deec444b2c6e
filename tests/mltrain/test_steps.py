"""One step: the losses of all pictures count alike, in half precision too."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.training
SIZE = 32


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_an_epoch_learns_and_reports_the_mean_over_its_pictures(precision: str) -> None:
    import keras
    import tensorflow as tf

    from mltrain.distribution import scaling_optimizer
    from mltrain.network import LOGIT, build_network, trainable_network
    from mltrain.steps import TrainingStep

    keras.utils.set_random_seed(1)
    network = build_network(
        "mobilenetv2", size=SIZE, cut="block_2_add", dropout=0, precision=precision
    )
    views = np.random.default_rng(0).random((5, SIZE, SIZE, 3), np.float32)
    labels = np.array([[1], [0], [1], [0], [1]], np.float32)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    before = float(np.mean(loss(labels, network(views)[LOGIT])))
    step = TrainingStep(
        trainable_network(network, None),
        scaling_optimizer(keras.optimizers.Adam(0.01), precision),
        tf.distribute.get_strategy(),
        {LOGIT: loss},
        {LOGIT: 1.0},
    )
    # The last batch of an epoch is smaller than the others.
    batches = tf.data.Dataset.from_tensor_slices((views, {LOGIT: labels})).batch(3)
    taken = []

    first, *_, last = [
        step.run_epoch(iter(batches), 2, after_step=lambda: taken.append(1))["loss"]
        for _ in range(8)
    ]

    assert first == pytest.approx(before, rel=0.5)
    assert last < first
    assert len(taken) == 16


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("auto", "float32"), ("mixed_float16", "mixed_float16"), ("float32", "float32")],
)
def test_without_a_gpu_half_precision_is_used_only_when_asked_for(
    wanted: str, got: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    from mltrain.distribution import resolve_precision

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])

    assert resolve_precision(wanted) == got


@pytest.mark.parametrize(
    ("capability", "got"), [((7, 5), "mixed_float16"), ((6, 1), "float32")]
)
def test_auto_takes_half_precision_where_the_gpu_has_tensor_cores(
    capability: tuple[int, int], got: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    from mltrain.distribution import resolve_precision

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"compute_capability": capability},
    )

    assert resolve_precision("auto") == got


def test_a_batch_that_replicas_cannot_share_alike_is_refused() -> None:
    from mltrain.distribution import require_shareable

    require_shareable(32, 4)
    with pytest.raises(ValueError, match=r"--batch-size is 32.* a multiple of 3"):
        require_shareable(32, 3)
