"""`manage.py evaluate_model`: how well a bundle does on a labelled dataset."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.inference.bundle import ModelCard, load_bundle
from classifier.inference.detector import ENGINE_CHOICES, Detector
from classifier.inference.errors import ModelError
from mltrain.attacks import to_attack
from mltrain.buckets import BUCKETINGS, add_buckets, file_kinds
from mltrain.bundles import model_identity, open_detector
from mltrain.evaluate import GROUPINGS, evaluate, summarise_scores
from mltrain.layouts import read_dataset
from mltrain.manifest import DatasetError, Sample
from mltrain.model_card import with_measurements, write_cards
from mltrain.robustness import CLEAN, PERTURBATIONS
from mltrain.scores import Scores, read_scores, score_samples
from mltrain.tables import group_table, overview, perturbation_table

NAMED_AT_MOST = 20
ATTACKED = 100


class Command(BaseCommand):
    """Score the pictures, then print the figures that the scores give."""

    help = "Measure a model bundle on a labelled dataset."
    # A machine that only trains and measures has no site to check.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command."""
        parser.add_argument("--model", type=Path, required=True, help="bundle folder")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--data", type=Path, help="dataset folder")
        source.add_argument(
            "--from-scores", type=Path, help="figures from a scores file, no network"
        )
        parser.add_argument(
            "--split",
            default="test",
            help="train, validation, test, unseen, another of the manifest, or all",
        )
        parser.add_argument("--engine", choices=ENGINE_CHOICES, help="default: auto")
        parser.add_argument(
            "--robustness", action="store_true", help="also on altered pictures"
        )
        parser.add_argument(
            "--adversarial",
            type=int,
            nargs="?",
            const=ATTACKED,
            metavar="N",
            help="also on N attacked pictures of each split "
            f"({ATTACKED} without a number)",
        )
        parser.add_argument(
            "--by",
            nargs="+",
            choices=(*GROUPINGS, *BUCKETINGS),
            default=[],
            help="also a table for each source, generator, kind, size or format",
        )
        parser.add_argument(
            "--update-card",
            action="store_true",
            help="put the figures into the model's card",
        )
        parser.add_argument("--limit", type=int, help="at most so many per split")
        parser.add_argument("--json", type=Path, help="write all figures here")
        parser.add_argument("--scores", type=Path, help="write the logits here, as CSV")

    def handle(self, **options: Any) -> None:
        """Run; every foreseeable fault becomes a `CommandError`."""
        _refuse_contradictions(options)
        try:
            card = load_bundle(options["model"]).card
            if options["from_scores"]:
                scores = read_scores(options["from_scores"])
                _require_same_model(scores, card, options)
            else:
                scores = self._score(options)
            scores = scores.where(split=options["split"])
            if not scores.rows:
                raise DatasetError(f"No picture of {options['split']!r} was scored.")
            if options["scores"]:
                scores.write(options["scores"])
            report = evaluate(scores, card)
            if options["data"]:
                kinds = file_kinds(options["data"], scores.values("name"))
                add_buckets(report, scores, card, kinds, summarise_scores)
            if options["json"]:
                text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
                options["json"].write_text(text, encoding="utf-8")
            if options["update_card"]:
                write_cards(options["model"], with_measurements(card, report))
        except (DatasetError, ModelError, OSError) as error:
            raise CommandError(str(error)) from error
        self._print(report, options)

    def _score(self, options: dict[str, Any]) -> Scores:
        dataset = read_dataset(options["data"], limit=options["limit"])
        samples = dataset.split(options["split"])
        if not samples:
            raise DatasetError(
                f"{options['data']} has no split {options['split']!r}; "
                f"it has {', '.join(dataset.splits)}. Give one of them, or all."
            )
        self._name("missing or repeated", dataset.problems)
        detector = open_detector(
            options["model"], options["engine"] or "auto", threads=os.cpu_count() or 1
        )
        attacked = Scores(rows=())
        if options["adversarial"]:
            attacked = self._attack(detector, samples, options)
        names = list(PERTURBATIONS) if options["robustness"] else [CLEAN]
        with tqdm(total=len(samples), unit="picture", disable=None) as bar:
            scores = score_samples(
                detector.engine,
                detector.card.preprocessing,
                samples,
                perturbations=names,
                workers=os.cpu_count() or 1,
                progress=bar.update,
            )
        self._name("unreadable", scores.skipped)
        return Scores(
            scores.rows + attacked.rows,
            scores.skipped,
            model=model_identity(detector.card),
            dataset=dataset.fingerprint,
        )

    def _attack(
        self, detector: Detector, samples: list[Sample], options: dict[str, Any]
    ) -> Scores:
        """The attacks first: a model that cannot be attacked should cost no time."""
        from mltrain.adversarial import Attacker, attack_scores

        attacker = Attacker(options["model"])
        chosen = [
            sample
            for split in sorted({sample.split for sample in samples})
            for sample in to_attack(
                [s for s in samples if s.split == split], options["adversarial"]
            )
        ]
        with tqdm(total=len(chosen), unit="attacked picture", disable=None) as bar:
            scored = attack_scores(
                attacker, {"itself": detector}, chosen, progress=bar.update
            )
        return scored["itself"]

    def _name(self, what: str, lines: list[str]) -> None:
        if not lines:
            return
        self.stderr.write(f"{len(lines)} pictures were skipped ({what}):")
        for line in lines[:NAMED_AT_MOST]:
            self.stderr.write(f"  {line}")
        if len(lines) > NAMED_AT_MOST:
            self.stderr.write(f"  … and {len(lines) - NAMED_AT_MOST} more")

    def _print(self, report: dict[str, Any], options: dict[str, Any]) -> None:
        model = report["model"]
        self.stdout.write(f"{model['name']} {model['version']} ({model['backbone']})\n")
        self.stdout.write(overview(report["splits"]))
        for name, split in report["splits"].items():
            for grouping in options["by"]:
                self.stdout.write(f"\n{name}, by {grouping}")
                self.stdout.write(group_table(split["by"][grouping], grouping))
            if "perturbations" in split:
                self.stdout.write(f"\n{name}, altered pictures")
                self.stdout.write(perturbation_table(split["perturbations"]))
            if "adversarial" in split:
                count = split["adversarial"]["clean"]["n"]
                self.stdout.write(f"\n{name}, {count} attacked pictures")
                self.stdout.write(perturbation_table(split["adversarial"]))


def _refuse_contradictions(options: dict[str, Any]) -> None:
    """Options that would do nothing, or put half a split into a card as if whole."""
    if options["update_card"] and options["limit"] is not None:
        raise CommandError(
            "--update-card takes the figures of whole splits: leave --limit away."
        )
    if not options["from_scores"]:
        return
    needing = ("robustness", "adversarial", "limit", "engine")
    useless = [f"--{name}" for name in needing if options[name] not in (None, False)]
    useless += [f"--by {name}" for name in BUCKETINGS if name in options["by"]]
    if useless:
        raise CommandError(
            f"--from-scores reads no pictures, so it cannot take {', '.join(useless)}. "
            "Give --data instead."
        )


def _require_same_model(
    scores: Scores, card: ModelCard, options: dict[str, Any]
) -> None:
    """Raise `DatasetError` where the figures would be another model's or data set's."""
    wanted = model_identity(card)
    if scores.rows and scores.model != wanted:
        raise DatasetError(
            f"{options['from_scores']} holds scores of the model "
            f"{scores.model or 'without a name'}, not of {wanted}. Give --model the "
            "bundle that made them, or score again with --data."
        )
    described = card.dataset.get("fingerprint")
    if options["update_card"] and described and scores.dataset != described:
        raise DatasetError(
            f"{options['from_scores']} was made on another data set than the one in "
            "the model's card, on other splits of it, or on a part. Measure with "
            "--data to update the card."
        )
