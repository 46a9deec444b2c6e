"""Pictures of a batch blended with one another: mixup and CutMix, by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTNERS = ("any", "within", "across")


@dataclass(frozen=True)
class Mixing:
    """Which pictures are blended, and how.

    `mixup` (Zhang et al., arXiv 1710.09412) blends whole pictures, `cutmix` (Yun et
    al., arXiv 1905.04899) pastes a rectangle; both are the alpha of the Beta
    distribution of the shares, 0 turns one off, and with both on each picture draws
    one. A picture is mixed with the chance `share`; `partners` are of `any` class,
    from `within` its own or from `across` the other. Targets are blended alike.
    """

    mixup: float = 0.0
    cutmix: float = 0.0
    share: float = 0.5
    partners: str = "any"

    def __bool__(self) -> bool:
        """Whether anything is mixed at all."""
        return self.share > 0 and (self.mixup > 0 or self.cutmix > 0)


def mix(
    views: NDArray[np.float32],
    labels: NDArray[np.float32],
    mixing: Mixing,
    seed: Sequence[int],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """(n, h, w, 3) views and (n,) labels → mixed views, partners (n,), shares (n,).

    A target y becomes share·y + (1 - share)·y[partner]; share is 1 for a picture that
    is left alone, for example because no partner of the wanted class is in the batch.
    """
    rng = np.random.default_rng(seed)
    partners = choose_partners(labels, mixing.partners, rng)
    mixed = views.copy()
    shares = np.ones(len(views), np.float32)
    for index, partner in enumerate(partners):
        if partner == index or rng.random() >= mixing.share:
            continue
        if mixing.mixup and (not mixing.cutmix or rng.random() < 0.5):
            share = np.float32(rng.beta(mixing.mixup, mixing.mixup))
            mixed[index] = share * views[index] + (1 - share) * views[partner]
        else:
            area = 1 - rng.beta(mixing.cutmix, mixing.cutmix)
            rows, columns = _rectangle(views.shape[1:3], area, rng)
            mixed[index, rows, columns] = views[partner, rows, columns]
            pasted = mixed[index, rows, columns, 0].size
            share = np.float32(1 - pasted / views[index, ..., 0].size)
        shares[index] = share
    return mixed, partners, shares


def choose_partners(
    labels: NDArray[np.float32], partners: str, rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each picture another of the batch, itself where there is none to be had.

    A soft label's class is its side of 0.5.
    """
    chosen = np.arange(len(labels))
    sides = labels > 0.5
    for index, side in enumerate(sides):
        fits = np.ones(len(labels), bool)
        if partners == "within":
            fits = sides == side
        elif partners == "across":
            fits = sides != side
        others = np.flatnonzero(fits)
        others = others[others != index]
        if len(others):
            chosen[index] = rng.choice(others)
    return chosen


def _rectangle(
    size: tuple[int, ...], area: float, rng: np.random.Generator
) -> tuple[slice, slice]:
    """Slices of a rectangle of that share of the area, cut off at the edges."""
    slices = []
    for length in size:
        half = length * np.sqrt(area) / 2
        centre = rng.uniform(0, length)
        slices.append(slice(max(0, round(centre - half)), max(0, round(centre + half))))
    return slices[0], slices[1]
