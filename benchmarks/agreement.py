"""Whether two ways of judging the same pictures come to the same verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.inference.bundle import ModelCard
from classifier.inference.calibration import calibrated_probability, verdict
from classifier.inference.types import Verdict

# What a cheaper way of judging may cost.
MAX_AUROC_FALL = 0.002
MIN_SAME_VERDICTS = 0.995


@dataclass(frozen=True)
class Agreement:
    """How far the answers of one way are from those of another, the reference.

    `same_verdicts` is a share of the pictures, the deltas are of raw logits; AUROC is
    `nan` where the labels are all alike or not known.
    """

    pictures: int
    same_verdicts: float
    mean_delta: float
    largest_delta: float
    reference_auroc: float
    auroc: float

    @classmethod
    def of(
        cls,
        reference: NDArray[np.floating],
        other: NDArray[np.floating],
        labels: NDArray[np.bool_],
        card: ModelCard,
    ) -> Agreement:
        """Compare (n,) logits of both ways; `labels` is (n,), true for AI.

        Raises `ValueError` when there is no picture.
        """
        if not len(reference):
            raise ValueError("There are no pictures to compare.")
        deltas = np.abs(np.asarray(other, float) - np.asarray(reference, float))
        pairs = zip(verdicts(reference, card), verdicts(other, card), strict=True)
        return cls(
            pictures=len(reference),
            same_verdicts=float(np.mean([one == two for one, two in pairs])),
            mean_delta=float(deltas.mean()),
            largest_delta=float(deltas.max()),
            reference_auroc=auroc(labels, reference),
            auroc=auroc(labels, other),
        )

    @property
    def good_enough(self) -> bool:
        """Whether the other way may take the place of the reference."""
        fall = self.reference_auroc - self.auroc
        return fall <= MAX_AUROC_FALL and self.same_verdicts >= MIN_SAME_VERDICTS


def verdicts(logits: NDArray[np.floating], card: ModelCard) -> Sequence[Verdict]:
    """What the site would call each of (n,) raw logits, at the card's thresholds."""
    return [
        verdict(calibrated_probability(logit, card.temperature), card.operating_point)
        for logit in logits
    ]


def auroc(labels: NDArray[np.bool_], logits: NDArray[np.floating]) -> float:
    """Area under the ROC curve, 0–1; `nan` where the labels are all alike."""
    from sklearn.metrics import roc_auc_score

    if len(set(labels.tolist())) < 2:
        return float("nan")
    return float(roc_auc_score(labels, logits))
