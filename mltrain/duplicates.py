"""Pictures that are the same file, or nearly the same picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.inference.bundle import sha256_of
from classifier.inference.errors import ImageRejected
from classifier.inference.images import decode_image
from classifier.inference.prints import (
    HASH_BITS,
    NEAR_BITS,
    THUMB_LEVELS,
    picture_print,
    same_colours,
)
from mltrain.manifest import Sample
from mltrain.scores import DATASET_LIMITS

_BLOCK = 512


@dataclass(frozen=True)
class Prints:
    """What identifies each readable picture.

    `samples` are those that could be read, `digests` their files' sha256, `hashes`
    (n, 4) uint64 of 256 bits, `thumbs` (n, 192) float32 of 8x8 RGB in 0–255;
    `problems` names the others.
    """

    samples: list[Sample]
    digests: list[str]
    hashes: NDArray[np.uint64]
    thumbs: NDArray[np.float32]
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Duplicates:
    """Clusters of two samples and more; a near cluster may hold exact copies too."""

    exact: list[list[Sample]]
    near: list[list[Sample]]


def take_prints(
    samples: Sequence[Sample],
    *,
    workers: int = 2,
    progress: Callable[[int], object] | None = None,
) -> Prints:
    """Decode every picture once; the broken ones are named in `problems`."""
    readable, digests, hashes, thumbs, problems = [], [], [], [], []
    with ThreadPoolExecutor(workers) as pool:
        answers = pool.map(_print_of, samples)
        for sample, answer in zip(samples, answers, strict=True):
            if isinstance(answer, str):
                problems.append(f"{sample.name}: {answer}")
            else:
                digest, bits, thumb = answer
                readable.append(sample)
                digests.append(digest)
                hashes.append(bits)
                thumbs.append(thumb)
            if progress:
                progress(1)
    return Prints(
        samples=readable,
        digests=digests,
        hashes=np.array(hashes, dtype=np.uint64).reshape(-1, HASH_BITS // 64),
        thumbs=np.array(thumbs, dtype=np.float32).reshape(-1, THUMB_LEVELS),
        problems=problems,
    )


def find_duplicates(prints: Prints) -> Duplicates:
    """Same bytes, and same picture but for size, compression or a slight edit.

    What counts as near is that of `classifier.inference.prints`.
    """
    by_digest: dict[str, list[int]] = defaultdict(list)
    for index, digest in enumerate(prints.digests):
        by_digest[digest].append(index)
    exact = [group for group in by_digest.values() if len(group) > 1]
    near = _clusters(len(prints.samples), _near_pairs(prints))
    return Duplicates(
        exact=[[prints.samples[i] for i in group] for group in exact],
        near=[[prints.samples[i] for i in group] for group in near],
    )


def _print_of(
    sample: Sample,
) -> tuple[str, NDArray[np.uint64], NDArray[np.float32]] | str:
    try:
        digest = sha256_of(sample.path)
        pixels = decode_image(sample.path.read_bytes(), DATASET_LIMITS).pixels
    except ImageRejected as error:
        return error.detail
    except OSError as error:
        return str(error.strerror)
    found = picture_print(pixels)
    return digest, found.bits, found.thumb.astype(np.float32)


def _near_pairs(prints: Prints) -> Iterator[tuple[int, int]]:
    """Every pair of near pictures, compared block by block to bound the memory."""
    hashes, thumbs = prints.hashes, prints.thumbs
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        distance = np.zeros((len(block), len(hashes) - start), dtype=np.uint16)
        for word in range(hashes.shape[1]):
            distance += np.bitwise_count(
                block[:, None, word] ^ hashes[None, start:, word]
            )
        for row, column in np.argwhere(distance <= NEAR_BITS):
            one, other = start + int(row), start + int(column)
            if one < other and same_colours(thumbs[one], thumbs[other]):
                yield one, other


def _clusters(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected sets of two and more, by union-find."""
    parents = list(range(count))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parents[high] = low
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(count):
        members[root(index)].append(index)
    return [group for group in members.values() if len(group) > 1]
