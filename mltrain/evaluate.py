"""From a scores file to figures: per split, per group of pictures, per perturbation."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier.inference.bundle import ModelCard
from mltrain.calibrate import probabilities_of
from mltrain.metrics import summarise
from mltrain.robustness import CLEAN, PERTURBATIONS
from mltrain.scores import Scores

GROUPINGS = ("source", "generator", "kind")


def evaluate(scores: Scores, card: ModelCard) -> dict[str, Any]:
    """All figures that the scores hold, ready for JSON.

    `splits` maps each split to its `overall` figures on unchanged pictures, `by` (one
    table for each of `GROUPINGS`) and, where other changes were scored,
    `perturbations`. With several splits there is also `all`, over all of them.
    """
    names = scores.values("split")
    if len(names) > 1:
        names.append("all")
    return {
        "model": {
            "name": card.name,
            "version": card.version,
            "backbone": card.backbone,
            "temperature": card.temperature,
        },
        "splits": {name: _of_split(scores.where(split=name), card) for name in names},
        "skipped": scores.skipped,
    }


def summarise_scores(scores: Scores, card: ModelCard) -> dict[str, Any]:
    """`metrics.summarise` of these rows, calibrated and judged as the card says."""
    probabilities = probabilities_of(scores.logits, card.temperature)
    return summarise(scores.labels, probabilities, card.operating_point)


def by_group(scores: Scores, card: ModelCard, grouping: str) -> dict[str, Any]:
    """One summary for each value of `source`, `generator` or `kind`; `""` is unnamed.

    A group of one class has no AUROC of its own: `auroc` is then that of its pictures
    against all pictures of the other class.
    """
    table = {}
    for value in scores.values(grouping):
        group = scores.where(**{grouping: value})
        summary = summarise_scores(group, card)
        if summary["auroc"] is None:
            other = "human" if summary["n_ai"] else "ai"
            opposite = scores.where(label=other)
            both = Scores(rows=group.rows + opposite.rows)
            summary["auroc"] = summarise_scores(both, card)["auroc"]
        table[value] = summary
    return table


def _of_split(scores: Scores, card: ModelCard) -> dict[str, Any]:
    clean = scores.where(perturbation=CLEAN)
    report: dict[str, Any] = {
        "overall": summarise_scores(clean, card),
        "by": {name: by_group(clean, card, name) for name in GROUPINGS},
    }
    scored = set(scores.values("perturbation"))
    if scored != {CLEAN}:
        report["perturbations"] = {
            name: _with_flips(
                summarise_scores(scores.where(perturbation=name), card),
                clean,
                scores.where(perturbation=name),
            )
            for name in PERTURBATIONS
            if name in scored
        }
    return report


def _with_flips(
    summary: dict[str, Any], clean: Scores, changed: Scores
) -> dict[str, Any]:
    """Adds `changed_decisions`: the share of pictures that change sides at 0.5."""
    flipped = (clean.logits >= 0) != (changed.logits >= 0)
    return summary | {"changed_decisions": float(np.mean(flipped))}
