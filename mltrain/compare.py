"""Several bundles on the same pictures and the same machine, and which one to ship."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from classifier.inference.bundle import KERAS_NAME, Bundle, load_bundle
from mltrain.attacks import to_attack
from mltrain.average import average
from mltrain.bundles import ENGINE_FILES, megabytes_of, open_detector
from mltrain.choice import CHOSEN_ON, Choice, Measurement, Rule, choose
from mltrain.evaluate import evaluate
from mltrain.joint import by_picture, check_options, join, note, on_common
from mltrain.kept_scores import KeptScores
from mltrain.layouts import read_dataset
from mltrain.manifest import Dataset, DatasetError, Sample
from mltrain.robustness import PERTURBATIONS, TIERS
from mltrain.scores import Scores, score_samples
from mltrain.timing import time_engines

UNSEEN = "unseen"
DEFAULT_RULE = Rule()


@dataclass(frozen=True)
class Comparison:
    """All of it: what was measured, on which splits, and what the rule picked.

    `attacked_split` is where the attacks were made, None without any; `pictures` maps
    a sample's name to its file. `note` says which pictures no figure is of, if any.
    """

    measurements: list[Measurement]
    splits: list[str]
    rule: Rule
    choice: Choice
    attacked_split: str | None = None
    pictures: dict[str, Path] = field(default_factory=dict)
    note: str = ""


def compare(
    folders: Sequence[Path],
    data: Path,
    *,
    split: str = "test",
    rule: Rule = DEFAULT_RULE,
    engines: Sequence[str] = tuple(ENGINE_FILES),
    rounds: int = 30,
    limit: int | None = None,
    robustness: bool = False,
    adversarial: int = 0,
    averaged: Sequence[Path] | None = None,
    crops: Path | None = None,
    on_crops: Sequence[Path] = (),
    keep: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Comparison:
    """Measure every bundle alike and let the rule choose.

    The choice is made on the validation split alone; `split` and `unseen` are
    reported. So many pictures of `split` as `adversarial` says are attacked through
    every Keras network, and shown to all. `averaged` names two of the folders that are
    also measured together. The folders `on_crops` are measured on the cuts in the
    dataset `crops`, and then all models on the pictures that have some. Scores are
    written into the folder `keep`, and those that are there already are used.
    `progress` is told pictures done and pictures in all.

    Raises `DatasetError` or `ModelError`.
    """
    for folder in folders:
        load_bundle(folder)  # a wrong path should cost no time
    if averaged and not set(averaged) <= set(folders):
        raise DatasetError("--average takes two of the folders given to --models.")
    check_options(folders, crops, on_crops, adversarial)
    dataset = read_dataset(data, limit=None if crops else limit)
    splits = chosen_splits(dataset, split)
    left_out, cuts = "", dataset
    if crops:
        joint = join(dataset, read_dataset(crops), limit=limit)
        left_out = note(joint, splits)
        dataset, cuts = joint.pictures, joint.cuts
        splits = chosen_splits(dataset, split)
    seen = [cuts if folder in on_crops else dataset for folder in folders]
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    chosen = to_attack(dataset.split(split), adversarial) if adversarial else []
    sources = [f for f in folders if load_bundle(f).has(KERAS_NAME)] if chosen else []
    total = sum(len(each.split(name)) for each in seen for name in splits)
    total += len(sources) * len(chosen)
    step = (lambda count: progress(count, total)) if progress else None
    measured = [
        measure(folder, each, splits, robustness=robustness, keep=keep, progress=step)
        for folder, each in zip(folders, seen, strict=True)
    ]
    if crops:
        measured = on_common(
            [
                by_picture(m) if folder in on_crops else m
                for m, folder in zip(measured, folders, strict=True)
            ]
        )
    times = time_engines(folders, engines, rounds)
    names = [m.name for m in measured]
    measured = [
        replace(
            m,
            milliseconds=milliseconds,
            name=m.name if names.count(m.name) == 1 else f"{m.name} ({folder})",
        )
        for m, milliseconds, folder in zip(measured, times, folders, strict=True)
    ]
    if sources:
        measured = _attack(folders, sources, measured, chosen, step)
    if averaged:
        pair = [measured[folders.index(folder)] for folder in averaged]
        measured.append(average(*pair))
    return Comparison(
        measurements=measured,
        splits=splits,
        rule=rule,
        choice=choose(measured, rule),
        attacked_split=split if sources else None,
        pictures={sample.name: sample.path for sample in dataset.samples},
        note=left_out,
    )


def chosen_splits(dataset: Dataset, split: str) -> list[str]:
    """The splits to score: the one asked for, validation, and unseen.

    Asked for validation it is that alone: models are still being tried.
    """
    if split != "all" and not dataset.split(split):
        raise DatasetError(
            f"{dataset.root} has no split {split!r}; it has "
            f"{', '.join(dataset.splits)}."
        )
    wanted = {split} if split == CHOSEN_ON else {split, CHOSEN_ON, UNSEEN}
    return [name for name in dataset.splits if name in wanted or split == "all"]


def measure(
    folder: Path,
    dataset: Dataset,
    splits: Sequence[str],
    *,
    robustness: bool = False,
    keep: Path | None = None,
    progress: Callable[[int], object] | None = None,
) -> Measurement:
    """Score one bundle on the splits, on the tiers or on every change.

    Raises `ModelError`, and `DatasetError` when a file of scores cannot be read.
    """
    bundle = load_bundle(folder)
    name = f"{bundle.card.name} {bundle.card.version}"
    samples = [s for split in splits for s in dataset.split(split)]
    changes = list(PERTURBATIONS if robustness else TIERS)

    def score(missing: Sequence[Sample]) -> Scores:
        return _score(folder, bundle, missing, changes, progress)

    if keep:
        kept = KeptScores(keep, bundle.card)
        scores = kept.complete(samples, changes, score, progress)
    else:
        scores = score(samples)
    scores = replace(scores, dataset=dataset.fingerprint)
    return Measurement(
        name=name,
        card=bundle.card,
        scores=scores,
        report=evaluate(scores, bundle.card),
        megabytes=megabytes_of(bundle),
    )


def _score(
    folder: Path,
    bundle: Bundle,
    samples: Sequence[Sample],
    changes: Sequence[str],
    progress: Callable[[int], object] | None,
) -> Scores:
    threads = os.cpu_count() or 1
    return score_samples(
        open_detector(folder, threads=threads).engine,
        bundle.card.preprocessing,
        samples,
        perturbations=changes,
        workers=threads,
        progress=progress,
    )


def _attack(
    folders: Sequence[Path],
    sources: Sequence[Path],
    measured: Sequence[Measurement],
    samples: Sequence[Sample],
    progress: Callable[[int], object] | None,
) -> list[Measurement]:
    """Every model on the attacks made through each of `sources`."""
    from mltrain.adversarial import Attacker, attack_scores

    threads = os.cpu_count() or 1
    targets = {
        m.name: open_detector(folder, threads=threads)
        for m, folder in zip(measured, folders, strict=True)
    }
    attacked: dict[str, dict[str, Scores]] = {m.name: {} for m in measured}
    for folder in sources:
        source = measured[folders.index(folder)].name
        scored = attack_scores(Attacker(folder), targets, samples, progress=progress)
        for target, scores in scored.items():
            attacked[target][source] = scores
    return [replace(m, attacked=attacked[m.name]) for m in measured]
