"""`manage.py classify`: judge files and folders from the command line."""

from __future__ import annotations

import csv
import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.bulk import FileResult, classify_files, find_files
from classifier.inference.detector import ENGINE_CHOICES, Detector, load_detector
from classifier.inference.errors import ModelError
from classifier.inference.images import ImageLimits

Write = Callable[[FileResult], None]

# What a shell reports of a program that SIGPIPE ended.
READER_IS_GONE = 141


class Command(BaseCommand):
    """Reads no database; the verdicts go to stdout or a file, all else to stderr."""

    help = (
        "Says of each picture whether it looks AI-generated. Folders are searched "
        "recursively. Files that cannot be judged are listed with the reason and don't "
        "stop the run; the exit code is then 1, and 0 when all were judged."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        output = parser.add_mutually_exclusive_group()
        output.add_argument(
            "--csv", type=Path, metavar="FILE", help="Write a CSV file, no table."
        )
        output.add_argument(
            "--json", action="store_true", help="Print a JSON array, no table."
        )
        parser.add_argument(
            "--engine",
            choices=ENGINE_CHOICES,
            help="What runs the network (default: DETECTOR_ENGINE).",
        )
        parser.add_argument(
            "--workers",
            type=_positive,
            metavar="N",
            help="Threads that read and judge (default: one per core).",
        )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        files = list(find_files(options["paths"]))
        if not files:
            raise CommandError("There is no picture in: " + _joined(options["paths"]))
        detector = _load(options["engine"] or settings.DETECTOR_ENGINE)
        try:
            counts = self._run(detector, files, options)
        except BrokenPipeError:
            # `| head` has read enough. Python flushes stdout once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(READER_IS_GONE)
        self._finish(counts)

    def _run(
        self, detector: Detector, files: list[Path], options: dict[str, Any]
    ) -> Counter[str]:
        """Judge and write; count the verdicts."""
        counts: Counter[str] = Counter()
        with self._writer(options["csv"], as_json=options["json"]) as write:
            results = classify_files(detector, files, options["workers"])
            try:
                # Shown only where stderr is a terminal.
                for result in tqdm(
                    results, total=len(files), unit="file", disable=None
                ):
                    counts[result.verdict or "not judged"] += 1
                    write(result)
            except ModelError as error:
                raise CommandError(str(error)) from error
        self.stdout.flush()
        return counts

    def _finish(self, counts: Counter[str]) -> None:
        parts = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
        self.stderr.write(f"{counts.total()} files: {parts}.", self.style.SUCCESS)
        failed = counts["not judged"]
        if failed:
            raise CommandError(f"{failed} of {counts.total()} files were not judged.")

    @contextmanager
    def _writer(self, csv_file: Path | None, *, as_json: bool) -> Iterator[Write]:
        if csv_file is not None:
            with _csv_writer(csv_file) as write:
                yield write
        elif as_json:
            with self._json_writer() as write:
                yield write
        else:
            self.stdout.write(f"{'verdict':<9}  {'AI':>6}  file")
            yield self._write_line

    def _write_line(self, result: FileResult) -> None:
        with tqdm.external_write_mode(file=sys.stdout):
            if result.ai_probability is None:
                line = f"{'-':<9}  {'-':>6}  {result.path}: {result.error}"
            else:
                line = (
                    f"{result.verdict:<9}  {result.ai_probability:>6.1%}  {result.path}"
                )
            self.stdout.write(line)

    @contextmanager
    def _json_writer(self) -> Iterator[Write]:
        """An array written as the results come, one to a line."""
        separator = "["

        def write(result: FileResult) -> None:
            nonlocal separator
            line = json.dumps(asdict(result), ensure_ascii=False)
            with tqdm.external_write_mode(file=sys.stdout):
                self.stdout.write(separator + line, ending="")
            separator = ",\n"

        yield write
        self.stdout.write("]")


@contextmanager
def _csv_writer(path: Path) -> Iterator[Write]:
    try:
        file = path.open("w", newline="", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    with file:
        writer = csv.DictWriter(file, [field.name for field in fields(FileResult)])
        writer.writeheader()
        yield lambda result: writer.writerow(asdict(result))


def _load(engine: str) -> Detector:
    limits = ImageLimits(
        max_bytes=settings.MAX_UPLOAD_BYTES, max_pixels=settings.MAX_IMAGE_PIXELS
    )
    try:
        return load_detector(
            settings.DETECTOR_BUNDLE,
            engine,
            limits,
            encoder=settings.DETECTOR_ENCODER,
        )
    except ModelError as error:
        raise CommandError(str(error)) from error


def _joined(paths: list[Path]) -> str:
    return ", ".join(str(path) for path in paths)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number of at least 1, not {text!r}")
    return int(text)
