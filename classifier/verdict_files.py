"""A CSV file of verdicts that grows row by row and can be continued."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import BinaryIO

from classifier.bulk import FILE_ERRORS, NOT_JUDGED, FileResult
from classifier.judged_files import Below, JudgedFiles, Places

COLUMNS = [field.name for field in fields(FileResult)]
_HEADING = ",".join(COLUMNS).encode() + b"\r\n"

Row = dict[str, str]


class NotWritable(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The file holds something that must not be lost or mixed; says what to do."""


@contextmanager
def open_verdicts(
    path: Path, *, resume: bool = False
) -> Iterator[Callable[[FileResult], None]]:
    """A function that appends a row.

    Each row is handed to the system at once, so that a run which is killed loses none
    of them. Raises `NotWritable` when, without `resume`, the file is not empty, and
    `OSError`.
    """
    empty = not path.is_file() or path.stat().st_size == 0
    if not (empty or resume):
        raise NotWritable(
            f"{path} holds something already. Continue it with --resume, or give "
            "another name, or remove it."
        )
    file = path.open("a", newline="", encoding="utf-8")
    writer = csv.DictWriter(file, COLUMNS)

    def write(result: FileResult) -> None:
        writer.writerow(asdict(result))
        file.flush()

    try:
        if empty:
            writer.writeheader()
            file.flush()
        yield write
    finally:
        with suppress(OSError):  # every row was flushed: it would be the same again
            file.close()


def continued_verdicts(
    path: Path, *, model_version: str, paths: Iterable[Path]
) -> JudgedFiles:
    """What the file holds already; nothing when there is no such file.

    Rows that say a file of `paths` was missing or could not be read are taken out, so
    that it is judged; and so is a last row that a crash tore. The file is replaced at
    once or not at all. Raises `NotWritable` when it does not hold verdicts of this
    model, and `OSError`.
    """
    places = Places()
    judged = JudgedFiles(places)
    if not path.is_file():
        return judged
    again = Below(paths, places)

    def is_kept(row: Row) -> bool:
        failed = row["error_code"] in FILE_ERRORS
        return not (failed and places.of(row["path"]) in again)

    kept_bytes = 0
    for row, raw in _rows(path):
        if row is not None:
            if not is_kept(row):
                continue
            _check_model(path, row["model_version"], model_version)
            judged.add(places.of(row["path"]), row["verdict"] or NOT_JUDGED)
        kept_bytes += len(raw)
    judged.sort()
    if kept_bytes < path.stat().st_size:
        _rewrite(path, is_kept)
    return judged


def _check_model(path: Path, found: str, expected: str) -> None:
    # A file that could not be judged has no model.
    if found not in ("", expected):
        raise NotWritable(
            f"{path} holds verdicts of the model {found}, and the model in use is "
            f"{expected}. Set DETECTOR_BUNDLE to that model to continue it, or give "
            "another file."
        )


def _rewrite(path: Path, is_kept: Callable[[Row], bool]) -> None:
    target = path.resolve()
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as file:
            for row, raw in _rows(path):
                if row is None or is_kept(row):
                    file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _rows(path: Path) -> Iterator[tuple[Row | None, bytes]]:
    """The whole rows with their bytes; `None` for the heading and empty lines.

    Raises `NotWritable` when they are no rows of this version.
    """
    with path.open("rb") as file:
        heading = file.readline(2 * len(_HEADING))
        torn = not heading.endswith(b"\n")
        if not (torn and _HEADING.startswith(heading)):
            if heading.rstrip(b"\r\n") != _HEADING.rstrip():
                raise NotWritable(
                    f"{path} does not begin with the columns of this version. Give "
                    "another name, or remove it."
                )
            yield None, heading
        number = 1
        try:
            for record in _records(file):
                number += 1
                yield record
        except (csv.Error, ValueError) as error:
            raise NotWritable(
                f"{path} is damaged in row {number + 1}. Mend or remove that row, or "
                "give another name."
            ) from error


def _records(file: BinaryIO) -> Iterator[tuple[Row | None, bytes]]:
    """The rows behind the heading, up to one that a crash tore.

    That one has no end of line, or its quotes are still open at the end of the file.
    Raises `csv.Error` and `ValueError` for others that are no rows.
    """
    raw: list[bytes] = []
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        for line in file:
            if line.endswith(b"\n"):
                if b"\0" in line:  # as after a loss of power; no path holds one
                    raise ValueError("a zero byte")
                raw.append(line)
                yield line.decode()
        ended = True

    reader = csv.reader(lines(), strict=True)
    while True:
        raw.clear()
        try:
            cells = next(reader, None)
        except csv.Error:
            if not ended:
                raise
            cells = None
        if cells is None:
            return
        row = dict(zip(COLUMNS, cells, strict=True)) if cells else None
        yield row, b"".join(raw)
