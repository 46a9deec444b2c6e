"""Originals judged after each way of decoding, and through the cache of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.agreement import Agreement
from benchmarks.decoders.ways import (
    FULL,
    SIMPLEJPEG,
    SITE,
    Decode,
    UnreadError,
)
from benchmarks.report import table
from classifier.inference.bundle import ModelCard
from classifier.inference.detector import Detector
from classifier.inference.errors import ImageRejected
from classifier.inference.preprocessing import scale_pixels, to_model_input
from mltrain.manifest import Sample, inside, parse_label, read_rows
from mltrain.pipeline import cache_samples, plain_views

CSV_NAME = "originals.csv"
CACHE = "the cache of training"
# Where the answers of one way are compared with those of another, and among which
# pictures: those that the site reads at a reduced scale, or all.
COMPARISONS = (
    (FULL, SITE, "reduced"),
    (FULL, SITE, "all"),
    (SITE, SIMPLEJPEG, "all"),
    (SITE, CACHE, "all"),
)
# Each of the others costs a decoding in full size, and none of them would be taken.
JUDGED_WAYS = (SITE, FULL, SIMPLEJPEG)


@dataclass(frozen=True)
class Judged:
    """Logits of one picture by way of decoding, where that way reads it."""

    is_ai: bool
    reduced: bool
    logits: dict[str, float]


def read_originals(folder: Path) -> list[Sample]:
    """The full-size pictures of `originals.csv`. Raises `DatasetError`."""
    path = folder / CSV_NAME
    rows = read_rows(path, ("original", "label", "split"))
    return [
        Sample(
            path=inside(folder, row["original"], f"{path}, row {line}"),
            name=row["original"],
            label=parse_label(row["label"], f"{path}, row {line}"),
            split=row["split"],
            group=row["original"],
        )
        for line, row in enumerate(rows, start=2)
    ]


def judge_originals(
    samples: Sequence[Sample],
    detector: Detector,
    ways: Mapping[str, Decode],
    folder: Path,
    progress: Callable[[str], None],
) -> list[Judged]:
    """Judge each picture once for each way; unreadable ones are named and left out."""
    found = []
    for number, sample in enumerate(samples, start=1):
        try:
            found.append(_judge(sample, detector, ways, folder))
        except (ImageRejected, OSError, ValueError) as error:
            progress(f"{sample.name}: {error}")
        if number % 100 == 0:
            progress(f"{number} of {len(samples)}")
    return found


def _judge(
    sample: Sample, detector: Detector, ways: Mapping[str, Decode], folder: Path
) -> Judged:
    spec = detector.card.preprocessing
    data = sample.path.read_bytes()
    views: dict[str, NDArray[np.float32]] = {}
    sizes = {}
    for name in [name for name in JUDGED_WAYS if name in ways]:
        try:
            pixels = ways[name](data)
        except UnreadError:
            continue
        sizes[name] = pixels.shape
        views[name] = to_model_input(pixels, spec)
    cached, _ = cache_samples([sample], folder, spec)
    if cached:
        views[CACHE] = scale_pixels(plain_views(cached, spec)[0])
        cached[0].pixels.unlink()
    # The same view has the same answer, and most ways give the same.
    distinct = {view.tobytes(): view for view in views.values()}
    output = detector.engine.run(np.stack(list(distinct.values())))
    answers = dict(zip(distinct, map(float, output.logits), strict=True))
    return Judged(
        is_ai=sample.label == "ai",
        reduced=sizes[SITE] != sizes[FULL],
        logits={name: answers[view.tobytes()] for name, view in views.items()},
    )


def comparison_tables(split: str, judged: Sequence[Judged], card: ModelCard) -> str:
    """Each comparison that can be made; the first of two ways is the reference."""
    rows = []
    for reference, other, which in COMPARISONS:
        chosen = [
            one
            for one in judged
            if {reference, other} <= one.logits.keys()
            and (which == "all" or one.reduced)
        ]
        if chosen:
            rows.append(
                [f"{reference} → {other}", which, *_row(chosen, reference, other, card)]
            )
    count = sum(one.reduced for one in judged)
    heading = "Decoded by → instead by", "which", "pictures", "same verdict"
    figures = "mean Δ logit", "largest", "AUROC", "instead"
    return (
        f"{len(judged):,} originals of the {split} split, {count:,} of them large "
        f"enough to be read at a reduced scale:\n\n"
        f"{table((*heading, *figures), rows)}"
    )


def _row(
    judged: Sequence[Judged], reference: str, other: str, card: ModelCard
) -> list[str]:
    agreement = Agreement.of(
        np.array([one.logits[reference] for one in judged]),
        np.array([one.logits[other] for one in judged]),
        np.array([one.is_ai for one in judged]),
        card,
    )
    return [
        f"{agreement.pictures:,}",
        f"{agreement.same_verdicts:.1%}",
        f"{agreement.mean_delta:.4f}",
        f"{agreement.largest_delta:.3f}",
        f"{agreement.reference_auroc:.4f}",
        f"{agreement.auroc:.4f}",
    ]
