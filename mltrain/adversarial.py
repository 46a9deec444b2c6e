"""Attacks with a network's own gradients, and what they do to it and to others."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.bundle import KERAS_NAME, load_bundle
from classifier.inference.detector import Detector
from classifier.inference.errors import ImageRejected, ModelUnavailable
from classifier.inference.images import decode_image
from classifier.inference.preprocessing import PreprocessSpec, to_model_input
from mltrain.attacks import AFTERWARDS, ATTACKS, Attack, afterwards
from mltrain.manifest import Sample
from mltrain.robustness import PERTURBATIONS
from mltrain.runtime import prepare_tensorflow
from mltrain.scores import DATASET_LIMITS, Score, Scores, score_of

PGD_STEPS = 10
BATCH = 16


class Attacker:
    """Makes adversarial views with the gradients of one bundle's Keras network."""

    def __init__(self, folder: Path) -> None:
        """Load the network. Raises a `ModelError`, also where there is no Keras file.

        The attacks are those of the Adversarial Robustness Toolbox (arXiv 1807.01069).
        """
        bundle = load_bundle(folder)
        if not bundle.has(KERAS_NAME):
            raise ModelUnavailable(
                f"The bundle {folder} has no {KERAS_NAME}, whose gradients an attack "
                "needs. Attack another model and compare the two: compare_models "
                "--adversarial measures how its attacks carry over."
            )
        self.spec = bundle.card.preprocessing
        self._classifier = _classifier(bundle.verified(KERAS_NAME), self.spec.size)

    def attack(
        self, views: NDArray[np.float32], labels: NDArray[np.int64], attack: Attack
    ) -> NDArray[np.float32]:
        """(n, size, size, 3) in 0–1 and (n,) of 0 and 1 → views with a higher loss.

        No value moves by more than `epsilon` / 255; all stay in 0–1 and on the 256
        levels of a picture's file, as `views` must be.
        """
        from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent

        epsilon = attack.epsilon / 255
        if attack.method == "fgsm":
            method = FastGradientMethod(
                self._classifier, eps=epsilon, batch_size=len(views)
            )
        else:
            np.random.seed(0)  # the random start's; the toolbox has no other way
            method = ProjectedGradientDescent(
                self._classifier,
                eps=epsilon,
                eps_step=epsilon / 4,
                max_iter=PGD_STEPS,
                num_random_init=1,
                batch_size=len(views),
                verbose=False,
            )
        moved = method.generate(views, np.eye(2, dtype=np.float32)[labels])
        return np.rint(moved * 255).astype(np.float32) / np.float32(255)


def attack_scores(
    attacker: Attacker,
    targets: Mapping[str, Detector],
    samples: Sequence[Sample],
    *,
    progress: Callable[[int], object] | None = None,
) -> dict[str, Scores]:
    """The logits of every target for the attacked views of `attacker`'s network.

    The rows' perturbations are `attacks.ATTACK_NAMES`. A target with another view gets
    the attacked one as its picture. Unreadable pictures are left out, as they are
    where the unaltered ones are scored. Raises a `ModelError`.
    """
    rows: dict[str, list[Score]] = {name: [] for name in targets}
    for start in range(0, len(samples), BATCH):
        batch = samples[start : start + BATCH]
        kept, views = _views(batch, attacker.spec)
        labels = np.array([sample.label == "ai" for sample in kept], dtype=np.int64)
        for name, attack in ATTACKS.items() if kept else ():
            moved = attacker.attack(views, labels, attack)
            pictures = [_picture(view) for view in moved]
            for target, detector in targets.items():
                rows[target] += _judge(detector, kept, pictures, name)
        if progress:
            progress(len(batch))
    return {name: Scores(tuple(of_target)) for name, of_target in rows.items()}


def _judge(
    detector: Detector,
    samples: Sequence[Sample],
    pictures: list[Image.Image],
    name: str,
) -> list[Score]:
    """Rows for the attacked pictures as they are and after what a site does."""
    spec = detector.card.preprocessing
    changes = {name: PERTURBATIONS["clean"]} | {
        afterwards(name, change): PERTURBATIONS[change] for change in AFTERWARDS
    }
    rows = []
    for perturbation, change in changes.items():
        views = [to_model_input(np.asarray(change(p)), spec) for p in pictures]
        logits = detector.engine.run(np.stack(views)).logits
        rows += [
            score_of(sample, perturbation, logit)
            for sample, logit in zip(samples, logits, strict=True)
        ]
    return rows


def _views(
    samples: Sequence[Sample], spec: PreprocessSpec
) -> tuple[list[Sample], NDArray[np.float32]]:
    kept, views = [], []
    for sample in samples:
        try:
            pixels = decode_image(sample.path.read_bytes(), DATASET_LIMITS).pixels
        except (ImageRejected, OSError):
            continue
        kept.append(sample)
        views.append(to_model_input(pixels, spec))
    return kept, np.stack(views) if views else np.empty((0,), np.float32)


def _picture(view: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.rint(view * 255).astype(np.uint8))


def _classifier(path: Path, size: int) -> object:
    """The network as the toolbox wants it: logits of two classes, human and AI."""
    prepare_tensorflow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about frameworks that are not installed
        logging.disable(logging.INFO)  # about its own folder
        try:
            from art.estimators.classification import TensorFlowV2Classifier
        finally:
            logging.disable(logging.NOTSET)
    # It reports success rates against its own two classes, which say nothing here.
    logging.getLogger("art").setLevel(logging.ERROR)
    import keras
    import tensorflow as tf

    network = keras.saving.load_model(path, compile=False, safe_mode=True)

    @tf.function(reduce_retracing=True)
    def two_logits(views: tf.Tensor) -> tf.Tensor:
        logit = network(views, training=False)["logit"]
        return tf.concat([tf.zeros_like(logit), logit], axis=1)

    return TensorFlowV2Classifier(
        model=lambda views, training=False: two_logits(views),
        nb_classes=2,
        input_shape=(size, size, 3),
        loss_object=keras.losses.CategoricalCrossentropy(from_logits=True),
        clip_values=(0, 1),
    )
