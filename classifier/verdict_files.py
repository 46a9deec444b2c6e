"""A CSV file of verdicts that grows row by row and can be continued."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path

from classifier.bulk import FileResult

COLUMNS = [field.name for field in fields(FileResult)]


class NotContinuable(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The file holds something else than the verdicts of this version."""


@contextmanager
def open_verdicts(
    path: Path, *, resume: bool = False
) -> Iterator[Callable[[FileResult], None]]:
    """A function that appends a row. Without `resume` the file begins anew.

    Each row is handed to the system at once, so that a run which is killed loses none
    of them. Raises `OSError`.
    """
    with path.open("a" if resume else "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if file.tell() == 0:
            writer.writeheader()

        def write(result: FileResult) -> None:
            writer.writerow(asdict(result))
            file.flush()

        yield write


def judged_paths(path: Path) -> set[str]:
    """The paths that have a row already; none when there is no such file.

    A last row that a crash tore is cut off. Raises `NotContinuable` and `OSError`.
    """
    if not path.exists():
        return set()
    _cut_torn_row(path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        heading = next(rows, COLUMNS)
        if heading != COLUMNS:
            raise NotContinuable(
                f"{path} does not begin with the columns of this version. "
                "Give another file, or leave --resume out to write it anew."
            )
        return {row[0] for row in rows if row}


def _cut_torn_row(path: Path) -> None:
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end and (file.seek(end - 1), file.read(1))[1] != b"\n":
            end -= 1
        file.truncate(end)
