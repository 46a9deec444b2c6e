"""The shortcut audit: how much of the label can be told without looking at a picture.

A collection often pairs JPEG photographs with square PNG fakes; a network trained on
that learns the file, not the picture ("Fake or JPEG?", arXiv 2403.17608).
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.bundle import sha256_of
from classifier.inference.images import READABLE_FORMATS
from mltrain.duplicates import Duplicates
from mltrain.manifest import Dataset, Sample
from mltrain.splits import stratified_subset

AUDITED_SPLITS = ("train", "validation", "test")
# Above this AUROC the files say too much of the label for a training to be of use.
SHORTCUT_LIMIT = 0.75
# Of so many pictures of each split the figure is known well, within seconds.
ENOUGH = 4000
FOLDS = 5
# Below this a class is too small for the figure to mean anything.
LEAST_GROUPS = 10
_STANDARD_LUMA_SUM = 3650.0  # ITU-T T.81, table K.1, at quality 50
_FORMAT = "format"


@dataclass(frozen=True)
class AuditReport:
    """What a file says of its label, and how the dataset is built.

    `auroc` is that of gradient-boosted trees on the files' outer features, each
    picture judged by trees that saw nothing of its group; 0.5 is ideal, None where
    the dataset is too small to tell. `by_feature` is what each one says alone
    (0.5–1). `straddling` are copies in more than one split, `contradicting` copies
    with both labels. `balance` counts labels by split, `sources` by source.
    """

    auroc: float | None
    by_feature: dict[str, float] = field(default_factory=dict)
    straddling: list[list[str]] = field(default_factory=list)
    contradicting: list[list[str]] = field(default_factory=list)
    balance: dict[str, dict[str, int]] = field(default_factory=dict)
    sources: dict[str, dict[str, int]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def audit_dataset(
    dataset: Dataset,
    *,
    duplicates: Duplicates | None = None,
    workers: int = 2,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> AuditReport:
    """Audit the files of the splits that training uses, by their headers alone.

    Splits kept apart (such as `unseen`) are counted but not fitted on. Copies are
    found by their bytes; give `duplicates` to have near ones reported as well.
    """
    read, unreadable = _read_files(dataset.samples, workers, progress)
    audited = [(s, f) for s, f in read if s.split in AUDITED_SPLITS] or read
    copies = duplicates.exact + duplicates.near if duplicates else _same_bytes(read)
    names, table = _feature_table([facts for _, facts in audited])
    labels = np.array([s.label == "ai" for s, _ in audited])
    groups = [s.group for s, _ in audited]
    return AuditReport(
        auroc=cross_validated_auroc(table, labels, groups, seed),
        by_feature=_by_feature(names, table, labels),
        straddling=[
            [s.name for s in copy]
            for copy in copies
            if len({s.split for s in copy}) > 1
        ],
        contradicting=[
            [s.name for s in copy]
            for copy in copies
            if len({s.label for s in copy}) > 1
        ],
        balance=_count(dataset.samples, "split"),
        sources=_count(dataset.samples, "source"),
        unreadable=unreadable,
    )


def shortcut_auroc(
    dataset: Dataset,
    *,
    most: int = ENOUGH,
    workers: int = 2,
    progress: Callable[[int, int], object] | None = None,
) -> float | None:
    """`AuditReport.auroc` alone, from at most `most` pictures of each audited split."""
    audited = [s for s in dataset.samples if s.split in AUDITED_SPLITS]
    samples = stratified_subset(audited, most)
    done = 0

    def note(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, len(samples))

    read, _ = _read_files(samples, workers, note)
    _, table = _feature_table([facts for _, facts in read])
    labels = np.array([s.label == "ai" for s, _ in read])
    return cross_validated_auroc(table, labels, [s.group for s, _ in read])


def file_facts(sample: Sample) -> dict[str, float | str]:
    """What the file says without its pixels; raises `OSError` when it says nothing."""
    byte_size = sample.path.stat().st_size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(sample.path, formats=READABLE_FORMATS) as image:
            tables = getattr(image, "quantization", None) or {}
            luma = float(sum(tables.get(0, [])))
            return {
                _FORMAT: image.format or "",
                "width": image.width,
                "height": image.height,
                "aspect": image.width / image.height,
                "short side": min(image.size),
                "bytes": byte_size,
                "bytes per pixel": byte_size / (image.width * image.height),
                "jpeg quality": _jpeg_quality(luma),
                "jpeg luma table": luma,
                "jpeg chroma table": float(sum(tables.get(1, []))),
                "jpeg tables": len(tables),
                "progressive": float(bool(image.info.get("progressive"))),
                "exif tags": _exif_tags(image),
                "colour profile": float(len(image.info.get("icc_profile") or b"")),
                "bands": len(image.getbands()),
            }


def cross_validated_auroc(
    table: NDArray[np.float64],
    labels: NDArray[np.bool_],
    groups: Sequence[str],
    seed: int = 0,
) -> float | None:
    """Out-of-fold AUROC of gradient-boosted trees; no group is in two folds.

    `table` is (n, features). None with fewer than `LEAST_GROUPS`
    groups of a class.
    """
    for label in (True, False):
        of_label = {
            g for g, truth in zip(groups, labels, strict=True) if truth == label
        }
        if len(of_label) < LEAST_GROUPS:
            return None
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingClassifier(
        max_iter=100, min_samples_leaf=min(20, len(labels) // 10), random_state=seed
    )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    # So few numbers are fitted in a second by one thread; several would spin against
    # whatever else the machine does.
    with threadpool_limits(limits=1):
        answers = cross_val_predict(
            trees, table, labels, groups=groups, cv=folds, method="predict_proba"
        )
    return float(roc_auc_score(labels, answers[:, 1]))


def _read_files(
    samples: Sequence[Sample],
    workers: int,
    progress: Callable[[int], object] | None,
) -> tuple[list[tuple[Sample, dict[str, float | str]]], list[str]]:
    read, unreadable = [], []
    with ThreadPoolExecutor(workers) as pool:
        for sample, facts in zip(samples, pool.map(_facts, samples), strict=True):
            if facts is None:
                unreadable.append(sample.name)
            else:
                read.append((sample, facts))
            if progress:
                progress(1)
    return read, unreadable


def _facts(sample: Sample) -> dict[str, float | str] | None:
    """Readers of headers raise whatever a broken header leads them to."""
    try:
        return file_facts(sample)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, ZeroDivisionError):
        return None


def _exif_tags(image: Image.Image) -> int:
    """How many; Pillow would decode a whole PNG to look for some after the pixels."""
    known = {"exif", "Raw profile type exif"} & image.info.keys()
    return len(image.getexif()) if known or image.format != "PNG" else 0


def _jpeg_quality(luma_sum: float) -> float:
    """About the quality setting of libjpeg, from the sum of its luma table; 0: none.

    The library scales the standard table by 5000/q below 50 and by 200 - 2q above.
    """
    if not luma_sum:
        return 0.0
    scale = 100 * luma_sum / _STANDARD_LUMA_SUM
    return 5000 / scale if scale > 100 else (200 - scale) / 2


def _feature_table(
    facts: Sequence[dict[str, float | str]],
) -> tuple[list[str], NDArray[np.float64]]:
    """One column for each number, and one of 0 and 1 for each format."""
    formats = sorted({str(row[_FORMAT]) for row in facts})
    numbers = [name for name in (facts[0] if facts else {}) if name != _FORMAT]
    rows = [
        [float(row[name]) for name in numbers]
        + [float(row[_FORMAT] == name) for name in formats]
        for row in facts
    ]
    names = [*numbers, *(f"is {name}" for name in formats)]
    return names, np.array(rows, dtype=np.float64).reshape(len(facts), len(names))


def _by_feature(
    names: Sequence[str], table: NDArray[np.float64], labels: NDArray[np.bool_]
) -> dict[str, float]:
    """The AUROC of each column alone, whichever way round, the highest first."""
    if labels.all() or not labels.any():
        return {}
    from sklearn.metrics import roc_auc_score

    alone = {
        name: float(roc_auc_score(labels, table[:, i])) for i, name in enumerate(names)
    }
    either_way = {name: max(value, 1 - value) for name, value in alone.items()}
    return dict(sorted(either_way.items(), key=lambda item: -item[1]))


def _same_bytes(
    read: Sequence[tuple[Sample, dict[str, float | str]]],
) -> list[list[Sample]]:
    """Copies by sha256; only files of the same size need to be read whole."""
    by_size: dict[float | str, list[Sample]] = defaultdict(list)
    for sample, facts in read:
        by_size[facts["bytes"]].append(sample)
    by_digest: dict[str, list[Sample]] = defaultdict(list)
    for same_size in by_size.values():
        if len(same_size) > 1:
            for sample in same_size:
                by_digest[sha256_of(sample.path)].append(sample)
    return [copies for copies in by_digest.values() if len(copies) > 1]


def _count(samples: Sequence[Sample], name: str) -> dict[str, dict[str, int]]:
    counts = Counter((getattr(s, name), s.label) for s in samples)
    values = sorted({value for value, _ in counts})
    return {v: {label: counts[v, label] for label in ("human", "ai")} for v in values}
