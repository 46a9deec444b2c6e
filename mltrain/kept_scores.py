"""Logits that are kept between comparisons, found again by model and picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from django.utils.text import slugify

from classifier.inference.bundle import ModelCard
from mltrain.bundles import model_identity
from mltrain.manifest import Sample
from mltrain.scores import Score, Scores, picture_digest, read_scores, score_of


class KeptScores:
    """One model's file of logits in a folder.

    A logit belongs to the bytes of a picture and to a network. What else a row says
    (name, label, split, origin) is the dataset's to say, and may change.
    """

    def __init__(self, folder: Path, card: ModelCard) -> None:
        """Raises `DatasetError` when the model's file cannot be read."""
        self.model = model_identity(card)
        self.path = folder / _file_name(card.name, card.version)
        rows = self._read()
        if rows is None:  # another model of the same name and version
            self.path = folder / _file_name(card.name, self.model)
            rows = self._read()
        self.rows = rows or ()

    def complete(
        self,
        samples: Sequence[Sample],
        changes: Sequence[str],
        score: Callable[[Sequence[Sample]], Scores],
        progress: Callable[[int], object] | None = None,
    ) -> Scores:
        """The rows of every sample under each change, in the samples' order.

        `score` gives those of the samples of which a logit is missing; the file gains
        them. `progress` is told how many need none. Raises what `score` raises.
        """
        known = {_key(row): row for row in self.rows if row.picture}
        digests = _digests(samples) if known else {}
        missing = [
            sample
            for sample in samples
            if any((digests.get(sample.name, ""), c) not in known for c in changes)
        ]
        if progress:
            progress(len(samples) - len(missing))
        made = score(missing) if missing else Scores(rows=())
        if made.rows:
            self._add(made.rows)
        known |= {_key(row): row for row in made.rows}
        digests |= {row.name: row.picture for row in made.rows}
        rows = tuple(
            score_of(sample, change, row.logit, row.picture)
            for sample in samples
            for change in changes
            if (row := known.get((digests.get(sample.name, ""), change)))
        )
        return Scores(rows, made.skipped, model=self.model)

    def _read(self) -> tuple[Score, ...] | None:
        """The file's rows, None where they are another model's."""
        if not self.path.exists():
            return ()
        scores = read_scores(self.path)
        return scores.rows if scores.model == self.model or not scores.rows else None

    def _add(self, rows: Sequence[Score]) -> None:
        """The rows in the place of those that they replace."""
        new = {_key(row) for row in rows}
        self.rows = (*(row for row in self.rows if _key(row) not in new), *rows)
        Scores(self.rows, model=self.model).write(self.path)


def _key(row: Score) -> tuple[str, str]:
    return row.picture, row.perturbation


def _file_name(name: str, version: str) -> str:
    return f"{slugify(f'{name} {version}')}.csv"


def _digests(samples: Sequence[Sample]) -> dict[str, str]:
    """Name → digest of the file; files that cannot be read are left out."""
    digests = {}
    for sample in samples:
        try:
            digests[sample.name] = picture_digest(sample.path.read_bytes())
        except OSError:
            continue
    return digests
