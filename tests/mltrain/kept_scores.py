"""Kept score files that show whether they were used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mltrain.scores import read_scores


def turn_logits(kept: Path) -> None:
    """What the kept scores say is the contrary of what the networks say."""
    for path in kept.iterdir():
        scores = read_scores(path)
        rows = tuple(replace(row, logit=-row.logit) for row in scores.rows)
        replace(scores, rows=rows).write(path)
