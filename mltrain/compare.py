"""Several bundles on the same pictures and the same machine, and which one to ship."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from classifier.inference.bundle import ONNX_NAME, ModelCard, load_bundle
from classifier.inference.detector import load_detector
from mltrain.evaluate import evaluate
from mltrain.layouts import read_dataset
from mltrain.manifest import Dataset, DatasetError, Sample
from mltrain.robustness import PERTURBATIONS, TIERS
from mltrain.scores import Scores, score_samples
from mltrain.timing import ENGINE_FILES, time_engines

CHOSEN_ON = "validation"
UNSEEN = "unseen"


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

    `report` is `evaluate`'s; `milliseconds` maps an engine to its median time for one
    picture, decoding and resizing left out; `megabytes` a file to its size.
    """

    name: str
    card: ModelCard
    scores: Scores
    report: dict[str, Any]
    megabytes: dict[str, float]
    milliseconds: dict[str, float] = field(default_factory=dict)

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
        """Megabytes of the file that the site loads."""
        rest = min(self.megabytes.values(), default=float("inf"))
        return self.megabytes.get(ONNX_NAME, rest)


@dataclass(frozen=True)
class Choice:
    """The winner's name, and why it won."""

    name: str | None
    reason: str


@dataclass(frozen=True)
class Comparison:
    """All of it: what was measured, on which splits, and what the rule picked."""

    measurements: list[Measurement]
    splits: list[str]
    rule: Rule
    choice: Choice


def compare(
    folders: Sequence[Path],
    data: Path,
    *,
    split: str = "test",
    rule: Rule = Rule(),
    engines: Sequence[str] = tuple(ENGINE_FILES),
    rounds: int = 30,
    limit: int | None = None,
    robustness: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Comparison:
    """Measure every bundle alike and let the rule choose.

    The choice is made on the validation split alone; `split` and `unseen` are
    reported. `progress` is told pictures done and pictures in all.

    Raises `DatasetError` or `ModelError`.
    """
    for folder in folders:
        load_bundle(folder)  # a wrong path should cost no time
    dataset = read_dataset(data, limit=limit)
    splits = chosen_splits(dataset, split)
    total = len(folders) * sum(len(dataset.split(name)) for name in splits)
    step = (lambda count: progress(count, total)) if progress else None
    measured = [
        measure(folder, dataset, splits, robustness=robustness, progress=step)
        for folder in folders
    ]
    times = time_engines(folders, engines, rounds)
    names = [m.name for m in measured]
    timed = [
        replace(
            m,
            milliseconds=milliseconds,
            name=m.name if names.count(m.name) == 1 else f"{m.name} ({folder})",
        )
        for m, milliseconds, folder in zip(measured, times, folders, strict=True)
    ]
    return Comparison(timed, splits, rule, choose(timed, rule))


def chosen_splits(dataset: Dataset, split: str) -> list[str]:
    """The splits to score: the one asked for, and those the comparison always needs."""
    if split != "all" and not dataset.split(split):
        raise DatasetError(
            f"{dataset.root} has no split {split!r}; it has "
            f"{', '.join(dataset.splits)}."
        )
    wanted = {split, CHOSEN_ON, UNSEEN}
    return [name for name in dataset.splits if name in wanted or split == "all"]


def measure(
    folder: Path,
    dataset: Dataset,
    splits: Sequence[str],
    *,
    robustness: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Measurement:
    """Score one bundle on the splits, on the tiers or on every change.

    Raises `ModelError`.
    """
    bundle = load_bundle(folder)
    threads = os.cpu_count() or 1
    detector = load_detector(folder, "auto", threads=threads)
    samples: list[Sample] = [s for name in splits for s in dataset.split(name)]
    scores = score_samples(
        detector.engine,
        bundle.card.preprocessing,
        samples,
        perturbations=list(PERTURBATIONS if robustness else TIERS),
        workers=threads,
        progress=progress,
    )
    return Measurement(
        name=f"{bundle.card.name} {bundle.card.version}",
        card=bundle.card,
        scores=scores,
        report=evaluate(scores, bundle.card),
        megabytes={
            name: (folder / name).stat().st_size / 1e6
            for name in ENGINE_FILES.values()
            if bundle.has(name)
        },
    )


def choose(measurements: Sequence[Measurement], rule: Rule) -> Choice:
    """Which model the rule picks, with a sentence that says why."""
    judged = [m for m in measurements if m.robust_accuracy is not None]
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
    return Choice(winner.name, _reason(winner, equals, out, best))


def _reason(
    winner: Measurement, equals: Sequence[Measurement], out: Sequence[str], best: float
) -> str:
    reason = f"{winner.name}: robust accuracy {winner.robust_accuracy:.1%}"
    rivals = [m for m in equals if m is not winner]
    if rivals:
        names = ", ".join(f"{m.name} ({m.robust_accuracy:.1%})" for m in rivals)
        reason += f", equal within the tolerance to {names}, and the fastest of them"
    else:
        reason += ", the best by more than the tolerance"
    reason += f" ({winner.speed:.1f} ms)."
    if out:
        reason += f" Too slow or too large: {', '.join(out)}."
    return reason
