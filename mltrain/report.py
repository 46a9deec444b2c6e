"""The comparison for people: a table for the terminal and one HTML file with plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from mltrain.attacks import ATTACKS
from mltrain.choice import CHOSEN_ON
from mltrain.compare import UNSEEN, Comparison
from mltrain.mistakes import worst_mistakes
from mltrain.plots import (
    attack_charts,
    learning_charts,
    reliability_chart,
    robustness_charts,
    roc,
)
from mltrain.robustness import CLEAN, TIERS
from mltrain.tables import figure, format_table, percent

Row = tuple[str, list[str]]
_THREADS = {"onnx": "one thread", "keras": "every core"}


def comparison_table(comparison: Comparison) -> str:
    """One column for each model, one line for each figure."""
    headers = ["", *(m.name for m in comparison.measurements)]
    rows = [*_rows(comparison), *_attack_rows(comparison)]
    return format_table(headers, [[title, *values] for title, values in rows])


def write_html(comparison: Comparison, path: Path, *, thumbnails: int = 0) -> None:
    """One self-contained page: no script, no other file, nothing from the network.

    With `thumbnails` it shows so many of each model's worst mistakes of each kind on
    each split. Pictures can be private or under licence, so none is shown unasked.
    """
    path.write_text(
        render_to_string(
            "mltrain/comparison.html",
            {
                "names": [m.name for m in comparison.measurements],
                "rows": _rows(comparison),
                "rule": str(comparison.rule),
                "reason": comparison.choice.reason,
                "note": comparison.note,
                "learning": [
                    chart.svg() for chart in learning_charts(comparison.measurements)
                ],
                "attacks": _attacks(comparison),
                "sections": [
                    _section(comparison, split, thumbnails)
                    for split in comparison.splits
                ],
            },
        ),
        encoding="utf-8",
    )


def _rows(comparison: Comparison) -> list[Row]:
    models = comparison.measurements

    def of_split(split: str, key: str) -> list[str]:
        return [figure(m.report["splits"][split]["overall"][key]) for m in models]

    def of_tier(split: str, tier: str) -> list[str]:
        tables = (m.report["splits"][split]["perturbations"] for m in models)
        return [figure(t[tier]["balanced_accuracy"]) for t in tables]

    rows: list[Row] = [
        (
            f"robust accuracy ({CHOSEN_ON})",
            [figure(m.robust_accuracy) for m in models],
        )
    ]
    for split in comparison.splits:
        rows += [
            (f"{split}: accuracy", of_split(split, "accuracy")),
            (f"{split}: balanced accuracy", of_split(split, "balanced_accuracy")),
            *(
                (f"{split}: balanced, tier {tier}", of_tier(split, tier))
                for tier in TIERS
                if tier != CLEAN
            ),
            (f"{split}: AUROC", of_split(split, "auroc")),
            (f"{split}: F1", of_split(split, "f1")),
            (f"{split}: ECE", of_split(split, "ece")),
            (
                f"{split}: human-made called ai",
                [
                    percent(
                        m.report["splits"][split]["overall"]["verdict"][
                            "false_positive_rate"
                        ]
                    )
                    for m in models
                ],
            ),
        ]
    for engine in sorted({e for m in models for e in m.milliseconds}, reverse=True):
        times = [m.milliseconds.get(engine) for m in models]
        title = f"ms per picture, {engine} ({_THREADS[engine]})"
        rows.append((title, [figure(t, 1) for t in times]))
    for engine in sorted({e for m in models for e in m.megabytes}, reverse=True):
        sizes = [m.megabytes.get(engine) for m in models]
        rows.append((f"MB, {engine}", [figure(s, 1) for s in sizes]))
    return rows


def _attack_rows(comparison: Comparison) -> list[Row]:
    """Accuracy under the plain attacks, by the model whose gradients made them."""
    models = comparison.measurements
    sources = {source: None for m in models for source in m.attacked}
    rows = []
    for source in sources:
        tables = [m.attack_figures(source) for m in models]
        rows += [
            (
                f"attacked through {source}: {name}",
                [figure(t[name]["accuracy"]) for t in tables],
            )
            for name in (CLEAN, *ATTACKS)
        ]
    return rows


def _section(comparison: Comparison, split: str, thumbnails: int) -> dict[str, Any]:
    models = comparison.measurements
    charts = [roc(models, split), reliability_chart(models, split)]
    return {
        "split": split,
        "unseen": split == UNSEEN,
        "charts": [c.svg() for c in [*charts, *robustness_charts(models, split)]],
        "confusions": [
            (m.name, m.report["splits"][split]["overall"]["confusion"]) for m in models
        ],
        "mistakes": [
            (model.name, worst_mistakes(model, split, comparison.pictures, thumbnails))
            for model in models
            if thumbnails
        ],
    }


def _attacks(comparison: Comparison) -> list[dict[str, Any]]:
    """One part for each model whose gradients made attacks."""
    models = comparison.measurements
    sources = {source: None for m in models for source in m.attacked}
    parts = []
    for source in sources:
        tables = [m.attack_figures(source) for m in models]
        parts.append(
            {
                "source": source,
                "count": tables[0][CLEAN]["n"],
                "split": comparison.attacked_split,
                "rows": [
                    (name, [percent(table[name]["accuracy"]) for table in tables])
                    for name in tables[0]
                ],
                "charts": [chart.svg() for chart in attack_charts(models, source)],
            }
        )
    return parts
