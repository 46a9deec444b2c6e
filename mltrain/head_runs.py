"""From labelled pictures and a frozen encoder to a bundle; `train_head` calls it."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from classifier.inference.bundle import HEAD_NAME, ModelCard, sha256_of
from classifier.inference.encoder_engine import EncoderHead
from classifier.inference.preprocessing import PreprocessSpec
from classifier.inference.types import EncoderRef
from mltrain.augment import AugmentPolicy, augment
from mltrain.encoder_head import FittedHead, fit_head, held_out_together
from mltrain.evaluate import calibrated, evaluate
from mltrain.export import UNDECIDED, move_bundle
from mltrain.layouts import read_dataset
from mltrain.manifest import Dataset
from mltrain.metrics import figures_line
from mltrain.model_card import with_measurements, write_cards
from mltrain.robustness import CLEAN
from mltrain.runs import (
    BUNDLE_FOLDER,
    RunResult,
    audit,
    describe,
    report_problems,
    require_both_classes,
)
from mltrain.scores import Score, Scores, score_of
from mltrain.teacher import WHOLE, Alteration, TeacherEmbeddings, embed_samples

Report = Callable[[str], None]
Progress = Callable[[str, int, int], None]
PACKAGES = ("onnxruntime", "numpy", "pillow", "scikit-learn")


@dataclass(frozen=True)
class HeadConfig:
    """One run of `train_head`; written into the bundle's card.

    `views` is how many altered views of each train picture are learnt beside the
    whole one; `package` is the Python package that brings the encoder, if one does.
    """

    data: Path
    encoder: Path
    output: Path
    package: str = ""
    views: int = 1
    image_size: int = 224
    seed: int = 0
    limit: int | None = None
    threads: int = 2
    name: str = "accurate"
    augmentation: AugmentPolicy = field(default_factory=AugmentPolicy)

    def public(self) -> dict[str, Any]:
        """The configuration for a card: of paths only the last name."""
        values = asdict(self)
        for name in ("data", "encoder", "output"):
            values[name] = Path(values[name]).name
        return values


def train_head(
    config: HeadConfig,
    *,
    allow_shortcuts: bool = False,
    test: bool = True,
    notes: str = "",
    report: Report,
    progress: Progress | None = None,
) -> RunResult:
    """Embed, fit on train, calibrate on validation, measure test, write a bundle.

    Embeddings are kept in `output/embeddings`, so that a run that was broken off goes
    on where it was. Files that give the labels away are refused as by `train_model`,
    and without `test` the test split is left alone.

    Raises `DatasetError`, `TeacherError`, `OSError` or `ValueError`.
    """
    dataset = read_dataset(config.data, limit=config.limit)
    require_both_classes(dataset)
    (config.output / "embeddings").mkdir(parents=True, exist_ok=True)
    shortcuts = audit(dataset, allow_shortcuts, report, progress)
    embedder = Embedder(config, dataset, report, progress)
    views = [embedder.embed("train", number) for number in range(config.views + 1)]
    known = set.intersection(*(set(view.names) for view in views))
    samples = [s for s in dataset.split("train") if s.name in known]
    head = fit_head(
        [view.of(samples) for view in views],
        [sample.label == "ai" for sample in samples],
        held_out_together(samples),
        seed=config.seed,
    )
    for trial in head.trials:
        report(
            f"C {trial['C']:g}: log-loss {trial['log_loss']:.4f}, "
            f"AUROC {trial['auroc']:.4f} over folds of the train split"
        )
    scores = embedder.score(head, ("validation", "test") if test else ("validation",))
    folder = config.output / "draft"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    EncoderHead(head.weights.astype(np.float32), head.bias).save(folder / HEAD_NAME)
    card = _card(config, folder, head, views[0].encoder_sha256, notes)
    card = replace(
        card,
        dataset=describe(dataset, len(scores.skipped)) | {"shortcut_auroc": shortcuts},
    )
    card = calibrated(card, scores.where(split="validation"))
    measured = evaluate(scores, card)
    card = with_measurements(card, measured)
    write_cards(folder, card)
    move_bundle(folder, config.output / BUNDLE_FOLDER)
    for split, figures in card.metrics.items():
        report(f"{split}: {figures_line(figures['overall'])}")
    return RunResult(bundle=config.output / BUNDLE_FOLDER, card=card)


@dataclass(frozen=True)
class Embedder:
    """Makes and keeps the vectors of a run's splits, one file for each view."""

    config: HeadConfig
    dataset: Dataset
    report: Report
    progress: Progress | None = None

    def embed(self, split: str, number: int = 0) -> TeacherEmbeddings:
        """View 0 is the whole picture, the others are altered by the policy."""
        embeddings, problems = embed_samples(
            self.dataset.split(split),
            self.config.encoder,
            size=self.config.image_size,
            threads=self.config.threads,
            view=WHOLE if number == 0 else self._view_name(number),
            alter=None if number == 0 else self._alteration(number),
            keep=self.config.output / "embeddings" / f"{split}-{number}.npz",
            progress=self._note(f"embedding {split}, view {number}"),
        )
        report_problems(problems, self.report)
        return embeddings

    def score(self, head: FittedHead, splits: Sequence[str]) -> Scores:
        """The logits of the splits' pictures, as `scores.score_samples` gives them."""
        rows: list[Score] = []
        skipped: list[str] = []
        for split in splits:
            samples = self.dataset.split(split)
            if not samples:
                continue
            whole = self.embed(split)
            known = set(whole.names)
            kept = [sample for sample in samples if sample.name in known]
            skipped += [s.name for s in samples if s.name not in known]
            logits = head.logits(whole.of(kept))
            rows += [
                score_of(s, CLEAN, logit) for s, logit in zip(kept, logits, strict=True)
            ]
        return Scores(tuple(rows), skipped)

    def _view_name(self, number: int) -> str:
        policy = json.dumps(self.config.augmentation.to_dict(), sort_keys=True)
        return f"altered {self.config.seed}/{number} by {policy}"

    def _alteration(self, number: int) -> Alteration:
        """The changes hang on the picture's name, not on its place in the list."""
        config = self.config

        def alter(image: Image.Image, name: str) -> Image.Image:
            seed = [config.seed, number, zlib.crc32(name.encode())]
            return augment(image, config.augmentation, np.random.default_rng(seed))

        return alter

    def _note(self, task: str) -> Callable[[int, int], None] | None:
        if self.progress is None:
            return None
        return partial(self.progress, task)


def _card(
    config: HeadConfig, folder: Path, head: FittedHead, encoder_sha256: str, notes: str
) -> ModelCard:
    digest = sha256_of(folder / HEAD_NAME)
    return ModelCard(
        name=config.name,
        version=f"{datetime.now(UTC):%Y-%m-%d}-{digest[:8]}",
        backbone=config.encoder.stem,
        preprocessing=PreprocessSpec(size=config.image_size),
        temperature=1.0,
        operating_point=UNDECIDED,
        files={HEAD_NAME: digest},
        training={
            "config": config.public(),
            "notes": notes,
            "strength": head.strength,
            "trials": head.trials,
        },
        packages={package: version(package) for package in PACKAGES},
        encoder=EncoderRef(config.encoder.name, encoder_sha256, config.package),
    )
