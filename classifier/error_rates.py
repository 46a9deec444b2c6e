"""How often the model was wrong on measured files like one that was sent.

Everything is read from the model's card, so it changes with the model. A card that was
measured before there were buckets has fewer rows, and a card without metrics none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.inference.buckets import format_bucket, size_bucket
from classifier.inference.intervals import wilson_interval

if TYPE_CHECKING:
    from classifier.inference.bundle import ModelCard

# The splits that nothing was chosen on, best known first; validation is a last resort.
SPLITS = {
    "test": _("Other pictures of the collections it learnt from"),
    "unseen": _("Collections and generators it never met"),
}
FALLBACK = {"validation": _("The pictures on which its thresholds were chosen")}
# Nobody can tell an upload's kind by its file, so the figures of these are all shown.
KINDS = {"photo": _("Photographs"), "art": _("Paintings and drawings")}
# Whole sentences for the names in `classifier.inference.buckets`.
SIZES = {
    "up to 512 px": _("Pictures of up to 512 px"),
    "513 to 1024 px": _("Pictures of 513 to 1024 px"),
    "1025 to 2048 px": _("Pictures of 1025 to 2048 px"),
    "over 2048 px": _("Pictures of over 2048 px"),
}

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Rate:
    """`count` of `n` measured pictures; `low` and `high` bound the share, at 95 %."""

    count: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The measured share, in 0–1."""
        return self.count / self.n


@dataclass(frozen=True)
class Row:
    """One group of measured files; a rate is `None` where the group lacks the class."""

    group: str
    false_positive: Rate | None
    recall: Rate | None


@dataclass(frozen=True)
class Table:
    """All groups of one split that a file belongs or may belong to."""

    split: str
    words: str
    rows: tuple[Row, ...]


def error_tables(
    card: ModelCard, *, width: int, height: int, file_format: str
) -> list[Table]:
    """The measured errors on files like this one, for each split worth showing.

    `width` and `height` are in pixels, `file_format` is Pillow's name. Empty where the
    card holds no figures.
    """
    size, kind_of_file = size_bucket(width, height), format_bucket(file_format)
    groups = {
        "size": {size: SIZES[size]},
        "format": {
            kind_of_file: gettext("%(format)s files") % {"format": kind_of_file}
        },
        "kind": KINDS,
    }
    splits = {name: words for name, words in SPLITS.items() if name in card.metrics}
    return [
        Table(name, str(words), tuple(_rows(card.metrics[name], groups)))
        for name, words in (splits or FALLBACK).items()
        if name in card.metrics
    ]


@dataclass(frozen=True)
class SplitFigures:
    """What a model does on one split; a rate is `None` where it was not measured.

    `missed` counts AI pictures called human-made, `decided` pictures that get a
    verdict, and `right` the decided ones whose verdict is right.
    """

    split: str
    words: str
    n_human: int
    n_ai: int
    false_positive: Rate | None
    recall: Rate | None
    missed: Rate | None
    decided: Rate | None
    right: Rate | None


def split_figures(card: ModelCard, split: str) -> SplitFigures | None:
    """The three-way verdict's figures on a split; `None` if it was not measured."""
    figures = card.metrics.get(split, {}).get("overall")
    if not figures or not figures.get("verdict"):
        return None
    verdict, n = figures["verdict"], figures["n"]
    decided = _rate(verdict.get("coverage"), n)
    false_positive, recall = _rates(figures)
    return SplitFigures(
        split=split,
        words=str((SPLITS | FALLBACK).get(split, split)),
        n_human=figures["n_human"],
        n_ai=figures["n_ai"],
        false_positive=false_positive,
        recall=recall,
        missed=_rate(verdict.get("false_negative_rate"), figures["n_ai"]),
        decided=decided,
        right=decided and _rate(verdict.get("accuracy"), decided.count),
    )


def _rows(figures: Figures, groups: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    yield Row(gettext("All pictures"), *_rates(figures.get("overall", {})))
    measured = figures.get("by", {})
    for grouping, values in groups.items():
        for value, words in values.items():
            found = measured.get(grouping, {}).get(value)
            if found:
                yield Row(str(words), *_rates(found))


def _rates(figures: Figures) -> tuple[Rate | None, Rate | None]:
    verdict = figures.get("verdict") or {}
    return (
        _rate(verdict.get("false_positive_rate"), figures.get("n_human")),
        _rate(verdict.get("recall"), figures.get("n_ai")),
    )


def _rate(share: float | None, n: int | None) -> Rate | None:
    if share is None or not n:
        return None
    count = round(share * n)
    return Rate(count, n, *wilson_interval(count, n))
