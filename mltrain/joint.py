"""Models that see cuts beside those that see the whole, on the same pictures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mltrain.choice import CHOSEN_ON, Measurement
from mltrain.crops import picture_of
from mltrain.evaluate import evaluate
from mltrain.manifest import Dataset, DatasetError, Sample
from mltrain.scores import Score, Scores
from mltrain.splits import stratified_subset


@dataclass(frozen=True)
class Joint:
    """The pictures that have cuts, and these; the others' rows are `left_out`."""

    pictures: Dataset
    cuts: Dataset
    left_out: list[Sample]


def check_options(
    folders: Sequence[Path],
    crops: Path | None,
    on_crops: Sequence[Path],
    adversarial: int,
) -> None:
    """Raise `DatasetError` where the options of a comparison with cuts disagree."""
    if bool(crops) != bool(on_crops):
        raise DatasetError("--crops and --on-crops need each other; give both.")
    if not set(on_crops) <= set(folders):
        raise DatasetError("--on-crops takes folders that are given to --models.")
    if crops and set(on_crops) == set(folders):
        raise DatasetError(
            "Every model is in --on-crops. To compare them on cuts alone, give those "
            "as --data."
        )
    if crops and adversarial:
        raise DatasetError(
            "Attacks are made on whole pictures, so --adversarial and --crops exclude "
            "each other. Leave one out."
        )


def join(pictures: Dataset, cuts: Dataset, *, limit: int | None = None) -> Joint:
    """Match cuts to pictures by their names, at most `limit` pictures of each split.

    Raises `DatasetError` where the cuts are another dataset's, were made from other
    labels or splits, or leave validation without a class.
    """
    whole = {sample.name: sample for sample in pictures.samples}
    known = [cut for cut in cuts.samples if picture_of(cut.name) in whole]
    if not known:
        raise DatasetError(
            f"{cuts.root} holds no cut of a picture of {pictures.root}. Make it with "
            "crop_dataset from that dataset."
        )
    for cut in known:
        picture = whole[picture_of(cut.name)]
        if (cut.label, cut.split) != (picture.label, picture.split):
            raise DatasetError(
                f"{cut.name} is {cut.label} in {cut.split}, its picture is "
                f"{picture.label} in {picture.split}. Run crop_dataset again."
            )
    names = {picture_of(cut.name) for cut in known}
    kept = [sample for sample in pictures.samples if sample.name in names]
    if limit is not None:
        kept = stratified_subset(kept, limit)
    chosen = {sample.name for sample in kept}
    for label in ("human", "ai"):
        if not any((s.label, s.split) == (label, CHOSEN_ON) for s in kept):
            raise DatasetError(
                f"No picture labelled {label} of the {CHOSEN_ON} split has a cut in "
                f"{cuts.root}. Cut more of them, or smaller ones."
            )
    return Joint(
        pictures=replace(pictures, samples=tuple(kept)),
        cuts=replace(
            cuts, samples=tuple(c for c in known if picture_of(c.name) in chosen)
        ),
        left_out=[s for s in pictures.samples if s.name not in names],
    )


def by_picture(measured: Measurement) -> Measurement:
    """What was measured on cuts, as figures of their pictures.

    A picture's logit is the mean over its cuts. The site makes no such view, so that
    the model is no candidate.
    """
    logits: dict[tuple[str, str], list[float]] = defaultdict(list)
    first: dict[tuple[str, str], Score] = {}
    for row in measured.scores.rows:
        key = (picture_of(row.name), row.perturbation)
        logits[key].append(row.logit)
        first.setdefault(key, row)
    rows = tuple(
        replace(row, name=name, logit=float(np.mean(logits[name, change])))
        for (name, change), row in first.items()
    )
    return replace(
        _with_scores(measured, rows), name=f"{measured.name} on cuts", candidate=False
    )


def on_common(measured: Sequence[Measurement]) -> list[Measurement]:
    """All on the pictures that each of them could read."""
    common = set.intersection(*({r.name for r in m.scores.rows} for m in measured))
    return [
        _with_scores(m, tuple(row for row in m.scores.rows if row.name in common))
        for m in measured
    ]


def note(joint: Joint, splits: Sequence[str]) -> str:
    """One sentence on the pictures that no figure is of."""
    counts = Counter((s.split, s.label) for s in joint.left_out)
    named = [
        f"{split} {counts[split, 'human']} human-made and {counts[split, 'ai']} AI"
        for split in splits
        if counts[split, "human"] or counts[split, "ai"]
    ]
    left_out = f"Left out without one: {', '.join(named)}." if named else ""
    return f"All figures are of pictures that have a cut. {left_out}".strip()


def _with_scores(measured: Measurement, rows: tuple[Score, ...]) -> Measurement:
    scores = Scores(rows, measured.scores.skipped)
    return replace(measured, scores=scores, report=evaluate(scores, measured.card))
