"""A whole run, from a folder of pictures to a bundle; what `train_model` calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.inference.bundle import ModelCard
from classifier.inference.detector import load_detector
from classifier.inference.preprocessing import PreprocessSpec
from mltrain.audit import SHORTCUT_LIMIT, shortcut_auroc
from mltrain.buckets import FileKind, add_buckets, file_kinds
from mltrain.checkpoint import CHECKPOINT_NAME, CheckpointError
from mltrain.config import TrainConfig
from mltrain.evaluate import calibrated, evaluate, summarise_scores
from mltrain.layouts import read_dataset
from mltrain.manifest import Dataset, DatasetError, Sample
from mltrain.metrics import figures_line
from mltrain.model_card import with_measurements, write_cards
from mltrain.pipeline import CachedSample, cache_samples
from mltrain.runtime import is_writer, prepare_tensorflow
from mltrain.scores import Scores, score_samples
from mltrain.teacher import load_embeddings

Report = Callable[[str], None]
Progress = Callable[[str, int, int], None]
BUNDLE_FOLDER = "bundle"
SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class RunResult:
    """The bundle that a run wrote and its card."""

    bundle: Path
    card: ModelCard


def train_model(
    config: TrainConfig,
    *,
    resume: bool = False,
    allow_shortcuts: bool = False,
    test: bool = True,
    cache: Path | None = None,
    notes: str = "",
    report: Report,
    progress: Progress | None = None,
) -> RunResult | None:
    """Train, calibrate on validation, look at test once, write `output/bundle`.

    Without `test`, for a run that only tries something, the test split is left alone.
    Decoded pictures are kept in `cache`, which runs may share, or in `output/cache`.
    Refuses files that give the labels away (`audit.SHORTCUT_LIMIT`) unless
    `allow_shortcuts`. `notes` go into the card as they are: where the initial weights
    came from, say. None in a worker of a cluster that is not the one that writes.

    Raises `DatasetError`, `CheckpointError`, `TeacherError`, `OSError` or `ValueError`,
    each with a sentence on what to do.
    """
    dataset = read_dataset(Path(config.data), limit=config.limit)
    require_both_classes(dataset)
    output = prepare_output(Path(config.output), resume=resume)
    cache = cache or output / "cache"
    make_folder(cache, "--cache")
    shortcuts = audit(dataset, allow_shortcuts, report, progress)
    spec = PreprocessSpec(size=config.image_size)
    cached, problems = _cache(dataset, cache, spec, progress)
    report_problems([*dataset.problems, *problems], report)
    embeddings = None
    if config.teacher:
        samples = [item.sample for item in cached["train"]]
        embeddings = load_embeddings(Path(config.teacher)).for_samples(samples)
    writes = is_writer(config.strategy)

    prepare_tensorflow()
    from mltrain.export import export_bundle, move_bundle
    from mltrain.training import Trainer, TrainingData

    data = TrainingData(cached["train"], cached["validation"], spec, embeddings)
    trainer = Trainer(config, data, report, progress)
    config = trainer.config
    if writes:
        config.save(output)
    network = trainer.run(resume=resume)
    if not writes:
        return None
    draft = output / "draft"
    card = export_bundle(
        network,
        draft,
        name=config.name or config.backbone,
        spec=spec,
        dataset=describe(dataset, len(problems)) | {"shortcut_auroc": shortcuts},
        training={
            "config": config.public(),
            "notes": notes,
            "best_epoch": trainer.state.best_epoch + 1,
            "history": trainer.state.history,
        },
    )
    measured = [item.sample for item in cached["validation"]]
    measured += dataset.split("test") if test else []
    scores = _score_as_served(draft, card, measured, progress)
    report_problems(scores.skipped, report)
    kinds = file_kinds(Path(config.data), [sample.name for sample in measured])
    card = _calibrate_and_measure(card, scores, kinds)
    write_cards(draft, card)
    move_bundle(draft, output / BUNDLE_FOLDER)
    for split, measured in card.metrics.items():
        report(f"{split}: {figures_line(measured['overall'])}")
    return RunResult(bundle=output / BUNDLE_FOLDER, card=card)


def prepare_output(folder: Path, *, resume: bool) -> Path:
    """Make the run's folder; `OSError` or `CheckpointError` where it can't serve."""
    make_folder(folder, "--output")
    if not resume and (folder / CHECKPOINT_NAME).exists():
        raise CheckpointError(
            f"{folder} holds an unfinished or finished run. Add --resume to go on with "
            "it, or choose another --output."
        )
    return folder


def make_folder(folder: Path, option: str) -> None:
    """Make a folder to write into, or raise `OSError` that names its option."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"{folder} cannot be made ({error}). Choose another {option}."
        ) from error
    if not os.access(folder, os.W_OK):
        raise OSError(f"{folder} cannot be written to. Choose another {option}.")


def require_both_classes(dataset: Dataset) -> None:
    """Raise `DatasetError` unless train and validation have both labels."""
    for split in ("train", "validation"):
        labels = {sample.label for sample in dataset.split(split)}
        missing = {"ai", "human"} - labels
        if missing:
            raise DatasetError(
                f"The {split} split has no {' and no '.join(sorted(missing))} "
                "pictures. Add some, or raise --limit."
            )


def audit(
    dataset: Dataset, allowed: bool, report: Report, progress: Progress | None
) -> float | None:
    """The AUROC of the files without their pictures, None in too small a dataset.

    Raises `DatasetError` above `SHORTCUT_LIMIT` unless `allowed`.
    """

    def note(done: int, total: int) -> None:
        if progress:
            progress("auditing", done, total)

    auroc = shortcut_auroc(dataset, workers=os.cpu_count() or 1, progress=note)
    if auroc is None:
        report("Too few pictures to tell whether the files give the labels away.")
        return None
    report(f"The files alone tell the label with AUROC {auroc:.3f} (0.5 is ideal).")
    if auroc > SHORTCUT_LIMIT and not allowed:
        raise DatasetError(
            f"The files alone tell the label with AUROC {auroc:.3f}, above "
            f"{SHORTCUT_LIMIT:g}: the network would learn the files, not the pictures. "
            "Run audit_dataset to see by what, or add --allow-shortcuts."
        )
    return auroc


def report_problems(problems: Sequence[str], report: Report) -> None:
    """Name what was skipped: the first few, and how many in all."""
    for problem in problems[:SHOWN_PROBLEMS]:
        report(f"Skipped {problem}")
    if problems:
        report(f"{len(problems)} pictures were skipped because they cannot be read.")


def describe(dataset: Dataset, unreadable: int) -> dict[str, Any]:
    """What the card says of the data: fingerprint, counts, and the train sources.

    `unreadable` pictures of train and validation were skipped beside the missing ones.
    """
    counts = {
        split: {
            label: sum(s.label == label for s in dataset.split(split))
            for label in ("human", "ai")
        }
        for split in dataset.splits
    }
    licences: dict[str, set[str]] = {}
    for sample in dataset.split("train"):
        if sample.source:
            licences.setdefault(sample.source, set()).add(
                sample.licence or "not stated"
            )
    return {
        "fingerprint": dataset.fingerprint,
        "counts": counts,
        "training_sources": {
            source: sorted(terms) for source, terms in sorted(licences.items())
        },
        "skipped": len(dataset.problems) + unreadable,
    }


def _cache(
    dataset: Dataset, folder: Path, spec: PreprocessSpec, progress: Progress | None
) -> tuple[dict[str, list[CachedSample]], list[str]]:
    cached: dict[str, list[CachedSample]] = {}
    problems: list[str] = []
    for split in ("train", "validation"):

        def note(done: int, total: int, split: str = split) -> None:
            if progress:
                progress(f"decoding {split}", done, total)

        cached[split], unreadable = cache_samples(
            dataset.split(split), folder, spec, progress=note
        )
        problems += unreadable
    return cached, problems


def _score_as_served(
    bundle: Path, card: ModelCard, samples: Sequence[Sample], progress: Progress | None
) -> Scores:
    """Every logit through the ONNX file and the site's own decoding."""
    threads = os.cpu_count() or 1
    engine = load_detector(bundle, "onnx", threads=threads).engine
    done = 0

    def note(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress("measuring", done, len(samples))

    return score_samples(
        engine, card.preprocessing, samples, workers=threads, progress=note
    )


def _calibrate_and_measure(
    card: ModelCard, scores: Scores, kinds: Mapping[str, FileKind]
) -> ModelCard:
    """Fit temperature and thresholds on validation alone, then measure every split."""
    card = calibrated(card, scores.where(split="validation"))
    report = evaluate(scores, card)
    add_buckets(report, scores, card, kinds, summarise_scores)
    return with_measurements(card, report)
