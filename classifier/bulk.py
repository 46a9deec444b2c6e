"""Judging many files: finds them, decodes and runs the network on all cores."""

from __future__ import annotations

import os
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from classifier.cores import available_cores
from classifier.inference.detector import Detector
from classifier.inference.errors import ImageRejected
from classifier.inference.images import (
    ImageLimits,
    has_known_signature,
    too_large,
)
from classifier.inference.types import Detection, Verdict

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif"),
    *(".heic", ".heif", ".hif", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
)

# The machine's errors: another time the file may be there, and readable.
FILE_ERRORS = frozenset({"missing_file", "unreadable_file"})
# What files without a verdict are counted as.
NOT_JUDGED = "not judged"
# How `shown_path` writes a byte that is no text.
_ESCAPE = re.compile(rb"\\(?=x[0-9a-f]{2})")


@dataclass(frozen=True)
class FileResult:
    """One line of the answer: a judged file, or one with its `error`.

    `error_code` is that of `ImageRejected` or one of `FILE_ERRORS`; the fields of the
    other kind are `None`. `ai_probability` and `confidence` are in 0–1, `elapsed_ms`
    in milliseconds. `path` is spelled as by `shown_path`.
    """

    path: str
    verdict: Verdict | None = None
    ai_probability: float | None = None
    confidence: float | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    sha256: str | None = None
    elapsed_ms: float | None = None
    model_version: str | None = None
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Shard:
    """One machine's share of the files: the `number`-th of `count`, from 1.

    It goes by a file's name below the folder that was named, so the machines agree
    wherever each has mounted it, and also when files come or go meanwhile.
    """

    number: int = 1
    count: int = 1

    def holds(self, name: str) -> bool:
        """Whether the file of that name belongs to this share."""
        checksum = zlib.crc32(os.fsencode(name))
        return checksum % self.count == self.number - 1


EVERYTHING = Shard()


def find_files(paths: Iterable[Path], shard: Shard = EVERYTHING) -> Iterator[Path]:
    """Files as named, and in folders, recursively and by name, what may be a picture.

    In a folder a file is taken when its name or its first bytes are a picture's;
    hidden files and folders are left out. Links to folders are not followed. Of all
    these, those that `shard` holds; they come one by one, however many there are. Only
    the names in one folder are held at a time, so that they can be sorted: some 70
    bytes each.
    """
    for path in paths:
        if is_folder(path):
            yield from _find_in_folder(path, shard)
        elif shard.holds(path.as_posix()):
            yield path


def classify_files(
    detector: Detector, files: Iterable[Path], workers: int | None = None
) -> Iterator[FileResult]:
    """Judge the files, in their order, on `workers` threads (default: every core).

    Each thread reads, decodes and judges a file of its own, so that decoding overlaps
    with the network; a few results are held at a time, whatever the number of files.
    Raises `ModelError` when the network cannot answer.
    """
    workers = workers or available_cores()
    pending: deque[Future[FileResult]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="classify")
    try:
        for file in files:
            pending.append(pool.submit(classify_file, detector, file))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def classify_file(detector: Detector, file: Path) -> FileResult:
    """Judge one file, or say why it could not be judged. Raises `ModelError`."""
    shown = shown_path(file)
    try:
        return _judged(shown, detector.detect(_read(file, detector.limits)))
    except ImageRejected as error:
        return FileResult(shown, error_code=error.code, error=error.detail)
    except FileNotFoundError:
        return FileResult(
            shown, error_code="missing_file", error="There is no such file."
        )
    except OSError as error:
        detail = f"The file cannot be read: {error.strerror or error}."
        return FileResult(shown, error_code="unreadable_file", error=detail)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, as far as one may know."""
    try:
        return path.is_dir()
    except OSError:  # classify_file says why
        return False


def shown_path(file: Path) -> str:
    """The path as text, whatever bytes its name has, and no two paths alike.

    A byte that is no UTF-8 becomes `\\xff`; in a name that holds such text itself, the
    backslash becomes `\\x5c`.
    """
    raw = _ESCAPE.sub(rb"\\x5c", os.fsencode(file))
    return raw.decode("utf-8", "backslashreplace")


def _find_in_folder(folder: Path, shard: Shard) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names.sort()
        files = (Path(parent, name) for name in names if name[0] != ".")
        for file in files:
            if shard.holds(file.relative_to(folder).as_posix()) and _may_be_image(file):
                yield file


def _may_be_image(file: Path) -> bool:
    if file.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        if not file.is_file():  # a pipe or a socket would never answer
            return False
        with file.open("rb") as opened:
            return has_known_signature(opened.read(16))
    except OSError:
        return False


def _read(file: Path, limits: ImageLimits) -> bytes:
    """The bytes, unless they are too many to be read at all."""
    if not file.exists():
        raise FileNotFoundError(file)
    if not file.is_file():
        raise OSError("it is not a file")
    if file.stat().st_size > limits.max_bytes:
        raise too_large(limits.max_bytes)
    return file.read_bytes()


def _judged(path: str, detection: Detection) -> FileResult:
    facts = detection.image.facts
    return FileResult(
        path=path,
        verdict=detection.verdict,
        ai_probability=round(detection.ai_probability, 6),
        confidence=round(detection.confidence, 6),
        width=facts.width,
        height=facts.height,
        format=facts.format,
        sha256=facts.sha256,
        elapsed_ms=round(detection.elapsed_ms, 1),
        model_version=detection.model_version,
    )
