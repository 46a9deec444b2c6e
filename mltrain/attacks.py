"""Which attacks are made on a network, by name; light enough for every reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mltrain.manifest import Sample

Method = Literal["fgsm", "pgd"]
METHODS: tuple[Method, ...] = ("fgsm", "pgd")
EPSILONS = (1, 2, 4, 8)
# What a site does to a posted picture anyway; names of `robustness.PERTURBATIONS`.
AFTERWARDS = ("jpeg-60", "resize-0.5")


@dataclass(frozen=True)
class Attack:
    """A change of at most `epsilon` levels of 255 in every value of a view.

    `fgsm` takes one step along the sign of the loss's gradient (arXiv 1412.6572),
    `pgd` ten smaller ones from a random start (arXiv 1706.06083).
    """

    method: Method
    epsilon: int


ATTACKS: dict[str, Attack] = {
    f"{method}-{epsilon}": Attack(method, epsilon)
    for method in METHODS
    for epsilon in EPSILONS
}


def afterwards(attack: str, change: str) -> str:
    """The name of an attacked view that was then changed."""
    return f"{attack} {change}"


# From the plain attacks to what is left of them.
ATTACK_NAMES: tuple[str, ...] = (
    *ATTACKS,
    *(afterwards(attack, change) for change in AFTERWARDS for attack in ATTACKS),
)


def to_attack(samples: Sequence[Sample], count: int) -> list[Sample]:
    """At most `count` samples, half of each class where there are enough of both.

    They are spread evenly over the list, so that all sources have their chance.
    """
    chosen: list[Sample] = []
    for label in ("human", "ai"):
        of_class = [sample for sample in samples if sample.label == label]
        wanted = min(len(of_class), max(1, count // 2))
        chosen += [of_class[i * len(of_class) // wanted] for i in range(wanted)]
    return chosen
