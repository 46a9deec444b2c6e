"""Figures of merit from labels and calibrated probabilities; undefined ones are None.

Labels are 1 for AI-generated and 0 for human-made; AI is the positive class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.inference.intervals import wilson_interval
from classifier.inference.types import OperatingPoint
from mltrain.tables import figure

ECE_BINS = 15


def summarise(
    labels: ArrayLike,
    probabilities: ArrayLike,
    operating_point: OperatingPoint | None = None,
    threshold: float = 0.5,
) -> dict[str, Any]:
    """Every figure for one group of pictures, ready for JSON.

    `labels` is (n,) of 0 and 1, `probabilities` (n,) in 0–1. Decisions are `ai` at or
    above `threshold`; with an operating point the three-way verdict is described
    under `verdict` as well. What is undefined, such as AUROC within one class, is None.

    Raises `ValueError` when the shapes differ or a probability is not in 0–1.
    """
    truth, scores = _checked(labels, probabilities)
    counts = confusion(truth, scores, threshold)
    summary: dict[str, Any] = {
        "n": len(truth),
        "n_ai": int(truth.sum()),
        "n_human": int((~truth).sum()),
        "threshold": threshold,
        **_decision_figures(counts),
        **_ranking_figures(truth, scores),
        "ece": expected_calibration_error(truth, scores),
        "brier": _mean((scores - truth) ** 2),
        "confusion": counts,
    }
    if operating_point is not None:
        summary["verdict"] = verdict_figures(truth, scores, operating_point)
    return summary


def figures_line(figures: dict[str, Any]) -> str:
    """The figures that everybody asks for first, in one line."""
    names = ("accuracy", "precision", "recall", "f1", "auroc", "ece")
    return ", ".join(f"{name} {figure(figures[name])}" for name in names)


def confusion(
    labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5
) -> dict[str, int]:
    """Counts by truth and decision: `ai_as_ai`, `ai_as_human` and so on."""
    truth, scores = _checked(labels, probabilities)
    called_ai = scores >= threshold
    return {
        "ai_as_ai": int((truth & called_ai).sum()),
        "ai_as_human": int((truth & ~called_ai).sum()),
        "human_as_ai": int((~truth & called_ai).sum()),
        "human_as_human": int((~truth & ~called_ai).sum()),
    }


def verdict_figures(
    labels: ArrayLike, probabilities: ArrayLike, point: OperatingPoint
) -> dict[str, float | None]:
    """How the three-way verdict does.

    `coverage` is the share of pictures that get `ai` or `human`, `accuracy` the share
    of those that is right. `false_positive_rate` is the share of human-made pictures
    called `ai`, `false_negative_rate` that of AI pictures called `human`, `recall`
    that of AI pictures called `ai`.
    """
    truth, scores = _checked(labels, probabilities)
    called_ai = scores >= point.ai_threshold
    called_human = ~called_ai & (scores <= point.human_threshold)
    decided = called_ai | called_human
    return {
        "ai_threshold": point.ai_threshold,
        "human_threshold": point.human_threshold,
        "coverage": _mean(decided),
        "accuracy": _mean((called_ai == truth)[decided]),
        "false_positive_rate": _mean(called_ai[~truth]),
        "false_negative_rate": _mean(called_human[truth]),
        "recall": _mean(called_ai[truth]),
    }


def reliability(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = ECE_BINS
) -> list[dict[str, float]]:
    """The filled bins of equal width of the AI probability, from low to high.

    Each says its bounds, how many pictures it holds, their mean probability and the
    share of them that is AI; in a calibrated model the last two are equal.
    """
    truth, scores = _checked(labels, probabilities)
    index = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        {
            "low": i / bins,
            "high": (i + 1) / bins,
            "n": int((index == i).sum()),
            "mean_probability": float(scores[index == i].mean()),
            "share_ai": float(truth[index == i].mean()),
        }
        for i in range(bins)
        if (index == i).any()
    ]


def expected_calibration_error(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = ECE_BINS
) -> float | None:
    """The mean gap between probability and share of AI, weighted by bin (0–1).

    Bins are those of the AI probability, not of the confidence in the likelier side
    (Guo et al. 2017, arXiv 1706.04599), in which errors of the two sides can cancel.
    """
    table = reliability(labels, probabilities, bins)
    total = sum(row["n"] for row in table)
    if not total:
        return None
    gaps = (row["n"] * abs(row["mean_probability"] - row["share_ai"]) for row in table)
    return float(sum(gaps) / total)


def roc_points(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False and true positive rates of every threshold, both rising from 0 to 1.

    Raises `ValueError` when only one class is there.
    """
    from sklearn.metrics import roc_curve

    truth, scores = _checked(labels, probabilities)
    if truth.all() or not truth.any():
        raise ValueError("A ROC curve needs pictures of both classes.")
    false_rate, true_rate, _ = roc_curve(truth, scores, drop_intermediate=False)
    return false_rate, true_rate


def tpr_at_fpr(
    labels: ArrayLike, probabilities: ArrayLike, max_fpr: float
) -> dict[str, float] | None:
    """The highest recall with at most `max_fpr` false positives, with its interval.

    None where a class is missing.
    """
    truth, _ = _checked(labels, probabilities)
    if truth.all() or not truth.any():
        return None
    false_rate, true_rate = roc_points(labels, probabilities)
    rate = float(true_rate[false_rate <= max_fpr + 1e-12].max())
    low, high = wilson_interval(round(rate * truth.sum()), int(truth.sum()))
    return {"rate": rate, "low": low, "high": high}


def _decision_figures(counts: dict[str, int]) -> dict[str, Any]:
    hits, misses = counts["ai_as_ai"], counts["ai_as_human"]
    alarms, passes = counts["human_as_ai"], counts["human_as_human"]
    total = hits + misses + alarms + passes
    ai_accuracy = _ratio(hits, hits + misses)
    human_accuracy = _ratio(passes, passes + alarms)
    balanced = None
    if ai_accuracy is not None and human_accuracy is not None:
        balanced = (ai_accuracy + human_accuracy) / 2
    return {
        "accuracy": _ratio(hits + passes, total),
        "accuracy_interval": wilson_interval(hits + passes, total) if total else None,
        "balanced_accuracy": balanced,
        "human_accuracy": human_accuracy,
        "ai_accuracy": ai_accuracy,
        "precision": _ratio(hits, hits + alarms),
        "recall": ai_accuracy,
        "f1": _ratio(2 * hits, 2 * hits + alarms + misses),
    }


def _ranking_figures(
    truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> dict[str, Any]:
    if truth.all() or not truth.any():
        names = ("auroc", "average_precision", "tpr_at_1_fpr", "tpr_at_5_fpr")
        return dict.fromkeys(names)
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "auroc": float(roc_auc_score(truth, scores)),
        "average_precision": float(average_precision_score(truth, scores)),
        "tpr_at_1_fpr": tpr_at_fpr(truth, scores, 0.01),
        "tpr_at_5_fpr": tpr_at_fpr(truth, scores, 0.05),
    }


def _checked(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    truth = np.asarray(labels, dtype=np.bool_)
    scores = np.asarray(probabilities, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != scores.shape:
        raise ValueError(f"{truth.shape} labels for {scores.shape} probabilities.")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("A probability is not between 0 and 1.")
    return truth, scores


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if len(values) else None
