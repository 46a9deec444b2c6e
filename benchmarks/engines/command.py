"""What the engines cost, and whether they answer alike, as Markdown."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import report
from benchmarks.agreement import MAX_AUROC_FALL, MIN_SAME_VERDICTS, Agreement
from benchmarks.engines.candidates import (
    CANDIDATES,
    REFERENCE,
    Candidate,
    choose,
    installed_mb,
)
from benchmarks.engines.files import Sources
from benchmarks.engines.pictures import (
    CALIBRATION_PICTURES,
    calibration_views,
    read_splits,
    split_views,
)
from benchmarks.engines.trials import Timing, Trial, trial
from benchmarks.processes import Usage
from benchmarks.servers import ROOT
from classifier.inference.bundle import ModelCard, load_bundle
from mltrain.manifest import Dataset

COMMAND = "python -m benchmarks.engines"


@dataclass
class Measured:
    """One candidate with its process, its rounds, and how it agrees in each split."""

    candidate: Candidate
    trial: Trial
    timings: list[Timing] = field(default_factory=list)
    agreements: dict[str, Agreement] = field(default_factory=dict)


def main() -> None:
    """Measure, print, and write into a page where asked to."""
    options = _parse()
    parts = []
    with tempfile.TemporaryDirectory(prefix="engines-") as name, ExitStack() as stack:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for part in _measure(options, folder, stack):
            sys.stdout.write(part + "\n\n")
            sys.stdout.flush()
            parts.append(part)
    if options.write:
        report.write_between_marks(options.write, "\n\n".join(parts), COMMAND)


def _measure(options: Namespace, folder: Path, stack: ExitStack) -> Iterator[str]:
    """Each table as soon as it is known."""
    bundle = load_bundle(options.bundle)
    card = bundle.card
    dataset = read_splits(options.data, options.limit) if options.data else None
    calibration = calibration_views(dataset, card.preprocessing) if dataset else None
    sources = Sources(bundle, folder, calibration)
    chosen, skipped = choose(CANDIDATES, pictures=dataset is not None)
    measured = []
    for candidate in chosen:
        _progress(f"making and loading {candidate.name}")
        path = candidate.make(sources)
        started = trial(candidate.load, path, card.preprocessing.size)
        measured.append(Measured(candidate, stack.enter_context(started)))
    yield report.machine_line(options.rounds, _take_turns(measured, options.rounds))
    yield cost_table(measured)
    yield from skipped
    if not dataset:
        return
    _judge(measured, "validation", dataset, card, folder)
    yield _answers(measured, "validation")
    passed = [one for one in measured if _passed(one)]
    if passed:
        _judge([measured[0], *passed], "test", dataset, card, folder)
        yield _answers(passed, "test")


def _take_turns(measured: list[Measured], rounds: int) -> float:
    """Time all in each round; how many cores other programs kept busy meanwhile."""
    before, started = Usage.of(os.getpid()), time.monotonic()
    for number in range(rounds):
        _progress(f"round {number + 1} of {rounds}")
        for one in measured:
            one.timings.append(one.trial.time())
    after, seconds = Usage.of(os.getpid()), time.monotonic() - started
    busy = after.machine - before.machine - (after.own - before.own)
    return max(0.0, busy / seconds)


def _judge(
    measured: list[Measured],
    split: str,
    dataset: Dataset,
    card: ModelCard,
    folder: Path,
) -> None:
    views = split_views(dataset, split, card.preprocessing, folder)
    _progress(f"{measured[0].candidate.name} judges the {split} pictures")
    reference = measured[0].trial.logits(views.path)
    for one in measured[1:]:
        if one.candidate.judged:
            _progress(f"{one.candidate.name} judges the {split} pictures")
            one.agreements[split] = Agreement.of(
                reference, one.trial.logits(views.path), views.labels, card
            )


def _passed(one: Measured) -> bool:
    found = one.agreements.get("validation")
    return found is not None and found.good_enough


def cost_table(measured: list[Measured]) -> str:
    """Medians over the rounds, memory and disk of each engine."""
    rows = []
    for one in measured:
        medians = [
            report.median(getattr(timing, name) for timing in one.timings)
            for name in ("cpu", "wall", "batch_cpu")
        ]
        numbers = [f"{value:.1f}" for value in medians]
        sizes = one.trial.grown_mb, installed_mb(one.candidate.packages)
        rows.append(
            [one.candidate.name, *numbers, *(f"{megabytes:.0f}" for megabytes in sizes)]
        )
    heading = "Engine", "CPU ms", "wall ms", "CPU ms of 5 together"
    return report.table((*heading, "memory MB", "installed MB"), rows)


def _answers(measured: list[Measured], split: str) -> str:
    """How each agrees with the network as it is served."""
    found = [(m.candidate.name, m.agreements[split]) for m in measured if m.agreements]
    if not found:
        return "No other engine answered."
    count, auroc = found[0][1].pictures, found[0][1].reference_auroc
    rows = [
        [
            name,
            f"{agreement.auroc:.4f}",
            f"{agreement.same_verdicts:.1%}",
            f"{agreement.mean_delta:.4f}",
            f"{agreement.largest_delta:.3f}",
            "yes" if agreement.good_enough else "no",
        ]
        for name, agreement in found
    ]
    heading = "Engine", "AUROC", "same verdict", "mean Δ logit", "largest", "passes"
    return (
        f"Answers to the {count:,} pictures of the {split} split, where "
        f"{REFERENCE.name} has AUROC {auroc:.4f}. One passes that loses at most "
        f"{MAX_AUROC_FALL} of it and keeps {MIN_SAME_VERDICTS:.1%} of the verdicts:\n\n"
        f"{report.table(heading, rows)}"
    )


def _parse() -> Namespace:
    parser = ArgumentParser(
        prog=COMMAND,
        description=f"{__doc__} Times are of one picture, CPU of the whole process.",
    )
    parser.add_argument(
        "--bundle", type=Path, default=ROOT / "classifier" / "bundles" / "default"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"Labelled pictures: {CALIBRATION_PICTURES} of train calibrate int8, "
        "validation judges, test only what passed.",
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="At most so many pictures of each split."
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="Keep converted files and views there, and take those that are there.",
    )
    parser.add_argument("--rounds", type=int, default=7, metavar="N")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="Put the tables into this page too."
    )
    return parser.parse_args()


def _progress(text: str) -> None:
    sys.stderr.write(text + "\n")
