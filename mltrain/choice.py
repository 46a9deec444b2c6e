"""What is measured of each model, and the rule that picks one."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from classifier.inference.bundle import ModelCard
from mltrain.evaluate import adversarial_figures
from mltrain.robustness import TIERS
from mltrain.scores import Scores

CHOSEN_ON = "validation"


@dataclass(frozen=True)
class Rule:
    """How the winner is found; what it says is printed with the answer.

    `tolerance` is in accuracy (0.01 is one point), `max_ms` milliseconds per picture
    as the site would serve it, `max_megabytes` the size of the file it would load.
    """

    tolerance: float = 0.01
    max_ms: float = 50.0
    max_megabytes: float = 20.0

    def __str__(self) -> str:
        """The rule as a sentence."""
        return (
            "Robust accuracy is the mean balanced accuracy over the tiers "
            f"{', '.join(TIERS)} on the {CHOSEN_ON} split. Models slower than "
            f"{self.max_ms:g} ms a picture or larger than {self.max_megabytes:g} MB "
            "leave the race while another remains. Of the others, those within "
            f"{self.tolerance * 100:g} points of the best robust accuracy count as "
            "equal, and the fastest of them wins."
        )


@dataclass(frozen=True)
class Measurement:
    """What was measured of one bundle.

    `report` is `evaluate`'s; `milliseconds` maps an engine to its quickest time for one
    picture, decoding and resizing left out; `megabytes` an engine to the size of what
    it loads. `attacked` maps the model whose gradients made them to the scores of
    attacked pictures. What cannot be served as one bundle is no `candidate`.
    """

    name: str
    card: ModelCard
    scores: Scores
    report: dict[str, Any]
    megabytes: dict[str, float]
    milliseconds: dict[str, float] = field(default_factory=dict)
    attacked: dict[str, Scores] = field(default_factory=dict)
    candidate: bool = True

    @property
    def robust_accuracy(self) -> float | None:
        """The figure the rule goes by; None where validation lacks a class."""
        tiers = self.report["splits"].get(CHOSEN_ON, {}).get("perturbations", {})
        values = [tiers[t]["balanced_accuracy"] for t in TIERS if t in tiers]
        if not values or None in values:
            return None
        return statistics.fmean(values)

    @property
    def speed(self) -> float:
        """Milliseconds of the engine that the site takes: ONNX where there is one."""
        rest = min(self.milliseconds.values(), default=float("inf"))
        return self.milliseconds.get("onnx", rest)

    @property
    def size(self) -> float:
        """Megabytes that the site loads."""
        rest = min(self.megabytes.values(), default=float("inf"))
        return self.megabytes.get("onnx", rest)

    def attack_figures(self, source: str) -> dict[str, Any]:
        """`evaluate.adversarial_figures` of the attacks made on the model `source`."""
        rows = self.scores.rows + self.attacked[source].rows
        return adversarial_figures(Scores(rows), self.card)


@dataclass(frozen=True)
class Choice:
    """The winner's name, and why it won."""

    name: str | None
    reason: str


def choose(measurements: Sequence[Measurement], rule: Rule) -> Choice:
    """Which model the rule picks, with a sentence that says why."""
    judged = [m for m in measurements if m.candidate and m.robust_accuracy is not None]
    if not judged:
        return Choice(
            None,
            f"No model was picked: the {CHOSEN_ON} split lacks pictures of a class.",
        )
    fit = [m for m in judged if m.speed <= rule.max_ms and m.size <= rule.max_megabytes]
    out = [m.name for m in judged if m not in fit] if fit else []
    field_of = fit or judged
    best = max(m.robust_accuracy or 0 for m in field_of)
    equals = [
        m for m in field_of if (m.robust_accuracy or 0) >= best - rule.tolerance - 1e-9
    ]
    winner = min(equals, key=lambda m: (m.speed, -(m.robust_accuracy or 0)))
    return Choice(winner.name, _reason(winner, field_of, equals, out))


def _reason(
    winner: Measurement,
    field_of: Sequence[Measurement],
    equals: Sequence[Measurement],
    out: Sequence[str],
) -> str:
    reason = f"{winner.name}: robust accuracy {winner.robust_accuracy:.1%}"
    rivals = [m for m in equals if m is not winner]
    if rivals:
        names = ", ".join(f"{m.name} ({m.robust_accuracy:.1%})" for m in rivals)
        reason += f", equal within the tolerance to {names}, and the fastest of them"
    elif len(field_of) > 1:
        reason += ", the best by more than the tolerance"
    else:
        reason += ", the only one in the race"
    reason += f" ({winner.speed:.1f} ms)."
    if out:
        reason += f" Too slow or too large: {', '.join(out)}."
    return reason
