"""Which files have a verdict already, in eight bytes for each."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from classifier.bulk import is_folder, shown_path


class Places:
    """The one spelling of a file's path: absolute, its folder without links and dots.

    A folder is looked up once while its files follow each other.
    """

    def __init__(self) -> None:
        self._real_folder = lru_cache(maxsize=256)(os.path.realpath)

    def of(self, shown: str) -> str:
        """The place of a path as `shown_path` gives it."""
        folder, name = os.path.split(shown)
        return f"{self._real_folder(folder)}/{name}"


class Below:
    """Whether a place is one of `paths`, or below a folder among them."""

    def __init__(self, paths: Iterable[Path], places: Places) -> None:
        named = list(paths)
        self._places = {places.of(shown_path(path)) for path in named}
        self._folders = tuple(
            os.path.realpath(shown_path(path)).rstrip("/") + "/"
            for path in named
            if is_folder(path)
        )

    def __contains__(self, place: str) -> bool:
        return place in self._places or place.startswith(self._folders)


class JudgedFiles:
    """The files that need no judging, and how many there are of each `counts` key.

    It holds digests of 64 bits in order: of ten million files, one in a million runs
    would confuse two.
    """

    def __init__(self, places: Places | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self._places = places or Places()
        self._digests = array("Q")

    def add(self, place: str, outcome: str) -> None:
        """Take in a file; `sort` must follow before files are looked up."""
        self.counts[outcome] += 1
        self._digests.append(_digest(place))

    def sort(self) -> None:
        """Put the digests in order, where they are."""
        np.asarray(self._digests).sort()

    def __contains__(self, file: Path) -> bool:
        if not self._digests:
            return False
        digest = _digest(self._places.of(shown_path(file)))
        index = bisect_left(self._digests, digest)
        return index < len(self._digests) and self._digests[index] == digest


def _digest(place: str) -> int:
    return int.from_bytes(blake2b(os.fsencode(place), digest_size=8).digest())
