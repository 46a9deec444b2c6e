"""From a scores file to figures: per split, per group of pictures, per perturbation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from classifier.inference.bundle import ModelCard
from mltrain.attacks import ATTACK_NAMES
from mltrain.calibrate import (
    choose_operating_point,
    fit_temperature,
    probabilities_of,
)
from mltrain.metrics import summarise
from mltrain.robustness import CLEAN, PERTURBATIONS
from mltrain.scores import Scores

GROUPINGS = ("source", "generator", "kind")


def evaluate(scores: Scores, card: ModelCard) -> dict[str, Any]:
    """All figures that the scores hold, ready for JSON.

    `splits` maps each split to its `overall` figures on unchanged pictures, `by` (one
    table for each of `GROUPINGS`) and, where other changes were scored,
    `perturbations` and `adversarial`. With several splits there is also `all`, over
    all of them.
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


def calibrated(card: ModelCard, validation: Scores) -> ModelCard:
    """The card with temperature and thresholds fitted on these scores alone.

    Raises `ValueError` when a class is missing.
    """
    temperature = fit_temperature(validation.logits, validation.labels)
    probabilities = probabilities_of(validation.logits, temperature)
    point = choose_operating_point(probabilities, validation.labels)
    return replace(card, temperature=temperature, operating_point=point)


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
    if scored.intersection(PERTURBATIONS) != {CLEAN}:
        report["perturbations"] = {
            name: _with_flips(
                summarise_scores(scores.where(perturbation=name), card),
                clean,
                scores.where(perturbation=name),
            )
            for name in PERTURBATIONS
            if name in scored
        }
    if scored.intersection(ATTACK_NAMES):
        report["adversarial"] = adversarial_figures(scores, card)
    return report


def adversarial_figures(scores: Scores, card: ModelCard) -> dict[str, Any]:
    """One summary for each attack, after that of the same pictures unattacked.

    `scores` holds rows of the unaltered pictures and of the attacks; only some of the
    pictures need to be attacked.
    """
    by_name = {n: scores.where(perturbation=n) for n in ATTACK_NAMES}
    tables = {name: rows for name, rows in by_name.items() if rows.rows}
    pictures = {row.name for rows in tables.values() for row in rows.rows}
    clean = scores.where(perturbation=CLEAN)
    same = replace(clean, rows=tuple(r for r in clean.rows if r.name in pictures))
    return {
        name: _with_flips(summarise_scores(rows, card), same, _ordered_as(same, rows))
        for name, rows in ({CLEAN: same} | tables).items()
    }


def _ordered_as(reference: Scores, scores: Scores) -> Scores:
    """The same rows, their pictures in the order of the reference's."""
    by_name = {row.name: row for row in scores.rows}
    return replace(scores, rows=tuple(by_name[row.name] for row in reference.rows))


def _with_flips(
    summary: dict[str, Any], clean: Scores, changed: Scores
) -> dict[str, Any]:
    """Adds `changed_decisions`: the share of pictures that change sides at 0.5."""
    flipped = (clean.logits >= 0) != (changed.logits >= 0)
    return summary | {"changed_decisions": float(np.mean(flipped))}
