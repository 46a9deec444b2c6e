"""What decoders cost, and whether scaled decoding keeps the verdicts, as Markdown.

Run with `python -m benchmarks.decoders`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report
from benchmarks.decoders.proof import comparison_tables, judge_originals, read_originals
from benchmarks.decoders.timing import time_table, time_ways
from benchmarks.decoders.ways import installed_ways, is_reduced
from benchmarks.pictures import draw_pictures
from benchmarks.processes import Usage
from benchmarks.servers import ROOT
from classifier.inference.detector import load_detector
from mltrain.splits import stratified_subset

COMMAND = "python -m benchmarks.decoders"
SPLITS = ("validation", "test", "train")


def main() -> None:
    """Measure, print, and write into a page where asked to."""
    options = _parse()
    parts = []
    for part in _measure(options):
        sys.stdout.write(part + "\n\n")
        sys.stdout.flush()
        parts.append(part)
    if options.write:
        report.write_between_marks(options.write, "\n\n".join(parts), COMMAND)


def _measure(options: Namespace) -> Iterator[str]:
    """Each table as soon as it is known."""
    ways, skipped = installed_ways()
    before, started = Usage.of(os.getpid()), time.monotonic()
    timings = time_ways(ways, draw_pictures(), options.rounds)
    after, seconds = Usage.of(os.getpid()), time.monotonic() - started
    busy = after.machine - before.machine - (after.own - before.own)
    yield report.machine_line(options.rounds, max(0.0, busy / seconds))
    yield time_table(timings)
    yield from skipped
    if not options.originals:
        return
    detector = load_detector(options.bundle, engine="onnx")
    samples = read_originals(options.originals)
    if options.limit:
        samples = stratified_subset(samples, options.limit)
    with tempfile.TemporaryDirectory(prefix="decoders-") as folder:
        for split in SPLITS:
            chosen = [sample for sample in samples if sample.split == split]
            if split == "train":
                # Many, and the network was fitted to them; the large ones are few.
                chosen = [sample for sample in chosen if is_reduced(sample.path)]
            _progress(f"judging {len(chosen)} originals of {split}")
            found = judge_originals(chosen, detector, ways, Path(folder), _progress)
            yield comparison_tables(split, found, detector.card)


def _parse() -> Namespace:
    parser = ArgumentParser(
        prog=COMMAND,
        description="What decoders cost, and whether scaled decoding keeps verdicts.",
    )
    parser.add_argument(
        "--bundle", type=Path, default=ROOT / "classifier" / "bundles" / "default"
    )
    parser.add_argument(
        "--originals",
        type=Path,
        metavar="DIR",
        help="A folder with originals.csv, whose column `original` names pictures in "
        "full size, beside `label` and `split`.",
    )
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="At most so many originals of each split.",
    )
    parser.add_argument("--rounds", type=int, default=7, metavar="N")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="Put the tables into this page too."
    )
    return parser.parse_args()


def _progress(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
