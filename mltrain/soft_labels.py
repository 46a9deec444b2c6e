"""A teacher's opinion of each training picture, from pictures it was not fitted on.

A student of soft labels learns which pictures are doubtful and how much (Hinton et al.
2015, arXiv 1503.02531). An opinion of a picture that the teacher was fitted on would
only repeat its label, so the opinions are cross-fitted: each fold's come from a probe
that was fitted on the other folds, and no group is on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
# Inverse regularisation strengths, of which the one with the least log loss is taken.
STRENGTHS = (1e-4, 1e-3, 1e-2)


def cross_fitted_probabilities(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    groups: Sequence[str],
    *,
    seed: int = 0,
) -> NDArray[np.float32]:
    """(n, d) standardised embeddings, (n,) labels in {0, 1} → (n,) probabilities of 1.

    Raises `ValueError` when a class has fewer groups than there are folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    for label in (0, 1):
        count = len({g for g, own in zip(groups, labels, strict=True) if own == label})
        if count < FOLDS:
            raise ValueError(
                f"Soft labels need {FOLDS} groups of each class; one has {count}. "
                "Train without --teacher-labels, or add pictures."
            )
    folds = list(
        StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(
            vectors, labels, groups
        )
    )
    opinions = [
        cross_val_predict(
            LogisticRegression(C=strength, max_iter=500),
            vectors,
            labels,
            cv=folds,
            method="predict_proba",
        )[:, 1]
        for strength in STRENGTHS
    ]
    return min(opinions, key=lambda p: log_loss(labels, p)).astype(np.float32)
