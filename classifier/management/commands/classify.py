"""`manage.py classify`: judge files and folders from the command line."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from classifier.bulk import (
    EVERYTHING,
    NOT_JUDGED,
    FileResult,
    Shard,
    classify_files,
    find_files,
)
from classifier.inference.detector import ENGINE_CHOICES, Detector, load_detector
from classifier.inference.errors import ModelError
from classifier.inference.images import ImageLimits
from classifier.judged_files import JudgedFiles
from classifier.malloc import keep_memory_small
from classifier.verdict_files import NotWritable, continued_verdicts, open_verdicts

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
            "--csv",
            type=Path,
            metavar="FILE",
            help="Write a CSV file, no table. Never over another: see --resume.",
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
        parser.add_argument(
            "--shard",
            type=_shard,
            default=EVERYTHING,
            metavar="I/N",
            help="Only the I-th of N shares, so that N machines divide the files.",
        )
        parser.add_argument(
            "--resume",
            action="store_true",
            help="Continue the file of --csv: what has a row in it is left out, unless "
            "the file was missing or could not be read.",
        )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        keep_memory_small()
        files = _files(options)
        detector = _load(options["engine"] or settings.DETECTOR_ENGINE)
        before = _judged_before(options, detector.card.version)
        left = (file for file in files if file not in before)
        try:
            counts = self._run(detector, left, options)
        except BrokenPipeError:
            # `| head` has read enough. Python flushes stdout once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(READER_IS_GONE)
        self._finish(counts, before.counts)

    def _run(
        self, detector: Detector, files: Iterable[Path], options: dict[str, Any]
    ) -> Counter[str]:
        """Judge and write; count the verdicts."""
        counts: Counter[str] = Counter()
        with self._writer(options) as write:
            results = classify_files(detector, files, options["workers"])
            try:
                # Shown only where stderr is a terminal.
                for result in tqdm(results, unit="file", disable=None):
                    counts[result.verdict or NOT_JUDGED] += 1
                    write(result)
            except ModelError as error:
                raise CommandError(str(error)) from error
        self.stdout.flush()
        return counts

    def _finish(self, counts: Counter[str], before: Counter[str]) -> None:
        """Sum up what the result holds now, rows of earlier runs included."""
        both = counts + before
        parts = ", ".join(f"{count} {what}" for what, count in sorted(both.items()))
        sentences = [] if counts else ["Nothing was left."]
        if both:
            sentences.append(f"{both.total()} files: {parts}.")
        if counts and before:
            sentences.append(f"{before.total()} had a row before.")
        self.stderr.write(" ".join(sentences), self.style.SUCCESS)
        failed = both[NOT_JUDGED]
        if failed:
            raise CommandError(f"{failed} of {both.total()} files were not judged.")

    @contextmanager
    def _writer(self, options: dict[str, Any]) -> Iterator[Write]:
        if options["csv"] is not None:
            with _csv_writer(options["csv"], resume=options["resume"]) as write:
                yield write
        elif options["json"]:
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
def _csv_writer(path: Path, *, resume: bool) -> Iterator[Write]:
    with ExitStack() as stack:
        with _clear_errors(path):
            append = stack.enter_context(open_verdicts(path, resume=resume))

        def write(result: FileResult) -> None:
            with _clear_errors(path):
                append(result)

        yield write


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Turn what can go wrong with the CSV file into `CommandError`."""
    try:
        yield
    except NotWritable as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _files(options: dict[str, Any]) -> Iterator[Path]:
    """The files to judge, one by one; raises `CommandError` when there is none."""
    found = find_files(options["paths"], options["shard"])
    first = next(found, None)
    if first is None and options["shard"] == EVERYTHING:
        raise CommandError("There is no picture in: " + _joined(options["paths"]))
    return chain([first] if first else [], found)


def _judged_before(options: dict[str, Any], model_version: str) -> JudgedFiles:
    path = options["csv"]
    if not options["resume"]:
        return JudgedFiles()
    if path is None:
        raise CommandError("--resume continues a CSV file: name it with --csv FILE.")
    with _clear_errors(path):
        return continued_verdicts(
            path, model_version=model_version, paths=options["paths"]
        )


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


def _shard(text: str) -> Shard:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal()):
        raise ArgumentTypeError(f"two whole numbers such as 1/4, not {text!r}")
    if not 1 <= int(number) <= int(count):
        raise ArgumentTypeError(f"from 1/{count} to {count}/{count}, not {text!r}")
    return Shard(int(number), int(count))
