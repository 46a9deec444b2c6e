"""Logits per picture, kept in one CSV file from which every figure can be derived."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.engines import Engine
from classifier.inference.errors import ImageRejected
from classifier.inference.images import ImageLimits, decode_image
from classifier.inference.preprocessing import PreprocessSpec, to_model_input
from mltrain.manifest import DatasetError, Label, Sample, read_rows
from mltrain.robustness import CLEAN, PERTURBATIONS

# What is decoded and altered ahead of the network; 64 views of 224 px take 39 MB.
VIEWS_AT_ONCE = 64

# A labelled set is the owner's own: larger pictures than a visitor may send.
DATASET_LIMITS = ImageLimits(max_bytes=256 * 1024 * 1024, max_pixels=250_000_000)


@dataclass(frozen=True)
class Score:
    """The network's answer for one picture under one change.

    `picture` is `picture_digest` of the file, empty where it was not taken.
    """

    name: str
    label: Label
    split: str
    source: str
    generator: str
    kind: str
    perturbation: str
    logit: float
    picture: str = ""


@dataclass(frozen=True)
class Scores:
    """Rows of scores; `skipped` names the pictures that could not be read, and why.

    `model` is `bundles.model_identity` of the network that answered, `dataset` the
    fingerprint of the data that labels and splits are from; empty where unknown.
    """

    rows: tuple[Score, ...]
    skipped: list[str] = field(default_factory=list)
    model: str = ""
    dataset: str = ""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(n,) of 1 for AI and 0 for human-made."""
        return np.array([row.label == "ai" for row in self.rows], dtype=np.int64)

    @property
    def logits(self) -> NDArray[np.float64]:
        """(n,) raw logits, positive meaning AI."""
        return np.array([row.logit for row in self.rows], dtype=np.float64)

    def where(self, **values: str) -> Scores:
        """The rows whose fields have these values; `split="all"` is any split."""
        if values.get("split") == "all":
            del values["split"]
        kept = (
            row
            for row in self.rows
            if all(getattr(row, name) == value for name, value in values.items())
        )
        return replace(self, rows=tuple(kept))

    def values(self, name: str) -> list[str]:
        """The different values of a field, sorted."""
        return sorted({getattr(row, name) for row in self.rows})

    def write(self, path: Path) -> None:
        """Write the rows as CSV, whole or not at all; logits keep every digit."""
        part = path.with_name(path.name + ".part")
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*_COLUMNS, *_ORIGINS])
            writer.writerows(
                (*astuple(row), self.model, self.dataset) for row in self.rows
            )
        part.replace(path)


_COLUMNS = tuple(column.name for column in fields(Score))
_ORIGINS = ("model", "dataset")
# What files of scores lack that earlier versions wrote.
_SINCE = {"picture", *_ORIGINS}


def read_scores(path: Path) -> Scores:
    """Read what `Scores.write` wrote.

    Raises `DatasetError` when it is not that, or does not say whose scores it holds.
    """
    table = read_rows(path, [name for name in _COLUMNS if name not in _SINCE])
    if table and not table[0].keys() >= _SINCE:
        raise DatasetError(
            f"{path} was written by an earlier version and does not say which model "
            "gave its scores, and for which pictures. Score them again, into another "
            "file or folder."
        )
    rows = []
    for line, row in enumerate(table, start=2):
        values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
        try:
            values["logit"] = float(row["logit"])
        except ValueError as error:
            raise DatasetError(
                f"{path}, row {line}: the logit is no number."
            ) from error
        rows.append(Score(**values))
    origins = {name: {row[name] for row in table} for name in _ORIGINS}
    for name, values in origins.items():
        if len(values) > 1:
            raise DatasetError(
                f"{path} holds scores of more than one {name}. Keep those of each in "
                "a file of its own."
            )
    model, dataset = ("".join(origins[name]) for name in _ORIGINS)
    return Scores(rows=tuple(rows), model=model, dataset=dataset)


def score_samples(
    engine: Engine,
    spec: PreprocessSpec,
    samples: Sequence[Sample],
    *,
    perturbations: Sequence[str] = (CLEAN,),
    workers: int = 2,
    batch_size: int = 16,
    progress: Callable[[int], object] | None = None,
) -> Scores:
    """Run every picture through the network under each named change.

    A picture is decoded once, by one of `workers` threads, for all changes (names of
    `robustness.PERTURBATIONS`); each is applied to the upright RGB picture before it
    is made into the network's view. `progress` is told how many pictures are done.
    Broken pictures are skipped and named. Raises `ModelError` from the engine.
    """
    rows: list[Score] = []
    skipped: list[str] = []
    size = max(1, VIEWS_AT_ONCE // len(perturbations))
    with ThreadPoolExecutor(workers) as pool:
        for chunk in _chunks(samples, size):
            made = pool.map(lambda s: _views(s, spec, perturbations), chunk)
            views: list[NDArray[np.float32]] = []
            meaning: list[tuple[Sample, str, str]] = []
            for sample, answer in zip(chunk, made, strict=True):
                if isinstance(answer, str):
                    skipped.append(f"{sample.name}: {answer}")
                    continue
                digest, of_picture = answer
                views.extend(of_picture)
                meaning.extend((sample, name, digest) for name in perturbations)
            logits = _run(engine, views, batch_size)
            rows.extend(
                score_of(sample, name, logit, digest)
                for (sample, name, digest), logit in zip(meaning, logits, strict=True)
            )
            if progress:
                progress(len(chunk))
    return Scores(rows=tuple(rows), skipped=skipped)


def _views(
    sample: Sample, spec: PreprocessSpec, perturbations: Iterable[str]
) -> tuple[str, list[NDArray[np.float32]]] | str:
    """The file's digest and a view for each change, or why there is none."""
    try:
        content = sample.path.read_bytes()
        pixels = decode_image(content, DATASET_LIMITS).pixels
    except ImageRejected as error:
        return error.detail
    except OSError as error:
        return str(error.strerror)
    image = Image.fromarray(pixels)
    return picture_digest(content), [
        to_model_input(np.asarray(PERTURBATIONS[name](image)), spec)
        for name in perturbations
    ]


def _run(
    engine: Engine, views: list[NDArray[np.float32]], batch_size: int
) -> list[float]:
    return [
        float(logit)
        for batch in _chunks(views, batch_size)
        for logit in engine.run(np.stack(batch)).logits
    ]


def picture_digest(content: bytes) -> str:
    """What tells one picture's file from any other: half of its sha256, in hex."""
    return hashlib.sha256(content).hexdigest()[:32]


def score_of(
    sample: Sample, perturbation: str, logit: float, picture: str = ""
) -> Score:
    """The row of one picture under one change."""
    return Score(
        name=sample.name,
        label=sample.label,
        split=sample.split,
        source=sample.source,
        generator=sample.generator,
        kind=sample.kind,
        perturbation=perturbation,
        logit=float(logit),
        picture=picture,
    )


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
