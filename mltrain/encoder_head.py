"""A linear head on a frozen encoder's vectors: a regularised logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mltrain.calibrate import probabilities_of
from mltrain.manifest import Sample

# Inverse strengths of the L2 penalty on standardised values, strongest first.
STRENGTHS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
FOLDS = 4


@dataclass(frozen=True)
class FittedHead:
    """Weights (d,) float64 and bias for raw vectors, and how they were found.

    `strength` is the chosen C; `trials` has one row for each that was tried.
    """

    weights: NDArray[np.float64]
    bias: float
    strength: float
    trials: list[dict[str, float]]

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, d) → (n,) raw logits, positive meaning AI."""
        return vectors.astype(np.float64) @ self.weights + self.bias


def held_out_together(samples: Sequence[Sample], folds: int = FOLDS) -> list[str]:
    """One word for each sample: those with the same are held out of a fit together.

    That is the generator, or the source of human-made pictures: a penalty chosen on
    generators that a fit has not seen is one for generators that will come. Where a
    class has too few of them for the folds, it is the sample's group.
    """
    origins = [sample.generator or sample.source for sample in samples]
    by_class = {
        label: {o for o, s in zip(origins, samples, strict=True) if s.label == label}
        for label in ("ai", "human")
    }
    if all(len(named) >= 2 * folds for named in by_class.values()):
        return origins
    return [sample.group for sample in samples]


def fit_head(
    views: Sequence[NDArray[np.float32]],
    labels: ArrayLike,
    groups: ArrayLike,
    *,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = FOLDS,
    seed: int = 0,
) -> FittedHead:
    """Fit on every view, with the penalty that does best across folds by group.

    Each of `views` is (n, d), the same pictures in the same order, the unaltered first:
    held-out pictures are judged by that one alone. `labels` is (n,) of 0 and 1,
    `groups` (n,) of what must not straddle a fold. The best C has the highest AUROC
    over the held-out pictures: calibration comes later, from other pictures.

    Raises `ValueError` when a class is missing or there are fewer groups than folds.
    """
    from sklearn.metrics import log_loss, roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold

    truth = np.asarray(labels, dtype=np.int64)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    held_out = {strength: np.zeros(len(truth)) for strength in strengths}
    for train, test in splitter.split(truth, truth, np.asarray(groups)):
        rows = [view[train] for view in views]
        path = _regularisation_path(rows, truth[train], strengths)
        for strength, (weights, bias) in path.items():
            held_out[strength][test] = views[0][test] @ weights + bias
    trials = [
        {
            "C": strength,
            "log_loss": float(log_loss(truth, probabilities_of(logits, 1.0))),
            "auroc": float(roc_auc_score(truth, logits)),
        }
        for strength, logits in held_out.items()
    ]
    best = max(trials, key=lambda trial: trial["auroc"])["C"]
    tried = [strength for strength in strengths if strength <= best]
    weights, bias = _regularisation_path(views, truth, tried)[best]
    return FittedHead(weights, bias, best, trials)


def _regularisation_path(
    views: Sequence[NDArray[np.float32]],
    labels: NDArray[np.int64],
    strengths: Sequence[float],
) -> dict[float, tuple[NDArray[np.float64], float]]:
    """Weights and bias for raw vectors under each C, each fit starting at the last."""
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate(views)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(deviation > 0, deviation, 1)
    rows = (rows - mean) / scale
    truth = np.tile(labels, len(views))
    model = LogisticRegression(max_iter=300, tol=1e-4, warm_start=True)
    path = {}
    for strength in sorted(strengths):
        # Every view of a picture counts as one: the penalty is per picture.
        model.set_params(C=strength / len(views)).fit(rows, truth)
        weights = model.coef_[0].astype(np.float64) / scale
        path[strength] = (weights, float(model.intercept_[0] - weights @ mean))
    return path
