"""Logits that are kept between comparisons, found again by model and picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from django.utils.text import slugify

from classifier.inference.bundle import ModelCard
from mltrain.bundles import model_identity
from mltrain.manifest import DatasetError, Sample
from mltrain.scores import Score, Scores, picture_digest, read_scores, score_of


class KeptScores:
    """One model's file of logits in a folder.

    A logit belongs to the bytes of a picture and to a network. What else a row says
    (name, label, split, origin) is the dataset's to say, and may change.
    """

    def __init__(self, folder: Path, card: ModelCard) -> None:
        self.model = model_identity(card)
        self.path = folder / f"{slugify(f'{card.name} {self.model}')}.csv"

    def complete(
        self,
        samples: Sequence[Sample],
        changes: Sequence[str],
        score: Callable[[Sequence[Sample]], Scores],
        progress: Callable[[int], object] | None = None,
    ) -> Scores:
        """The rows of every sample under each change, in the samples' order.

        `score` gives those of the samples of which a logit is missing; the file gains
        them. `progress` is told how many need none. Raises `DatasetError` for a file
        that holds anything else, and what `score` raises.
        """
        known = {(row.picture, row.perturbation): row for row in self._read()}
        digests = _digests(samples) if known else {}
        missing = [
            sample
            for sample in samples
            if any((digests.get(sample.name, ""), c) not in known for c in changes)
        ]
        if progress:
            progress(len(samples) - len(missing))
        made = score(missing) if missing else Scores(rows=())
        known |= {(row.picture, row.perturbation): row for row in made.rows}
        digests |= {row.name: row.picture for row in made.rows}
        if made.rows:
            Scores(tuple(known.values()), model=self.model).write(self.path)
        rows = tuple(
            score_of(sample, change, row.logit, row.picture)
            for sample in samples
            for change in changes
            if (row := known.get((digests.get(sample.name, ""), change)))
        )
        return Scores(rows, made.skipped, model=self.model)

    def _read(self) -> tuple[Score, ...]:
        if not self.path.exists():
            return ()
        scores = read_scores(self.path)
        if scores.rows and scores.model != self.model:
            raise DatasetError(
                f"{self.path} holds scores of {scores.model}, not of {self.model}. "
                "Give --scores another folder."
            )
        return scores.rows


def _digests(samples: Sequence[Sample]) -> dict[str, str]:
    """Name → digest of the file; files that cannot be read are left out."""
    digests = {}
    for sample in samples:
        try:
            digests[sample.name] = picture_digest(sample.path.read_bytes())
        except OSError:
            continue
    return digests
