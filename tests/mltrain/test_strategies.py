"""Two replicas or two machines learn what one process does."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.mltrain.datasets import manifest_folder
from tests.mltrain.small_runs import (
    WEIGHT_TOLERANCE,
    arguments,
    start,
    train,
    weights_of,
)

pytestmark = pytest.mark.training
PATIENCE_SECONDS = 900
# Random numbers of dropout differ between replicas; nothing else may.
OPTIONS = {"epochs": 2, "dropout": 0}

TWO_LOGICAL_CPUS = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "detector_site.settings"
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "train_model", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """18 pictures in batches of 8: two are left for the last step."""
    folder = tmp_path_factory.mktemp("data")
    return manifest_folder(folder, {"train": 9, "validation": 4, "test": 2})


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process on one device."""
    output = tmp_path_factory.mktemp("alone") / "output"
    train(data=data, output=output, **OPTIONS)
    return output


def assert_same_weights(one: Path, other: Path) -> None:
    """Two epochs moved each weight by some 5e-4."""
    for mine, theirs in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=WEIGHT_TOLERANCE)


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def test_two_replicas_share_each_batch(data: Path, alone: Path, tmp_path: Path) -> None:
    output = tmp_path / "mirrored"
    options = arguments(data=data, output=output, strategy="mirrored", **OPTIONS)

    process = start("-c", TWO_LOGICAL_CPUS, *options)
    text, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 0, text
    assert (output / "bundle" / "card.json").is_file()
    assert_same_weights(alone, output)


def test_two_machines_share_each_batch_and_the_first_writes_the_bundle(
    data: Path, alone: Path, tmp_path: Path
) -> None:
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    outputs = [tmp_path / "first", tmp_path / "second"]
    processes = [
        start(
            "manage.py",
            "train_model",
            *arguments(data=data, output=output, strategy="multiworker", **OPTIONS),
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": workers},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )
        for index, output in enumerate(outputs)
    ]
    texts = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], "\n".join(texts)
    assert (outputs[0] / "bundle" / "card.json").is_file()
    assert not (outputs[1] / "bundle").exists()
    assert "the first worker writes the bundle" in texts[1]
    assert_same_weights(alone, outputs[0])
