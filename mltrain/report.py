"""The comparison for people: a table for the terminal and one HTML file with plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from mltrain.calibrate import probabilities_of
from mltrain.charts import Chart, Series
from mltrain.compare import CHOSEN_ON, UNSEEN, Comparison, Measurement
from mltrain.metrics import reliability, roc_points
from mltrain.robustness import CLEAN, CURVES, TIERS
from mltrain.tables import figure, format_table, percent

Row = tuple[str, list[str]]
_THREADS = {"onnx": "one thread", "keras": "every core"}


def comparison_table(comparison: Comparison) -> str:
    """One column for each model, one line for each figure."""
    headers = ["", *(m.name for m in comparison.measurements)]
    return format_table(headers, [[t, *v] for t, v in _rows(comparison)])


def write_html(comparison: Comparison, path: Path) -> None:
    """One self-contained page: no script, no other file, nothing from the network."""
    path.write_text(
        render_to_string(
            "mltrain/comparison.html",
            {
                "names": [m.name for m in comparison.measurements],
                "rows": _rows(comparison),
                "rule": str(comparison.rule),
                "reason": comparison.choice.reason,
                "sections": [_section(comparison, s) for s in comparison.splits],
                "learning": _learning_curves(comparison.measurements),
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
    for name in sorted({n for m in models for n in m.megabytes}, reverse=True):
        sizes = [m.megabytes.get(name) for m in models]
        rows.append((f"MB, {name}", [figure(s, 1) for s in sizes]))
    return rows


def _section(comparison: Comparison, split: str) -> dict[str, Any]:
    models = comparison.measurements
    return {
        "split": split,
        "unseen": split == UNSEEN,
        "charts": [
            chart.svg()
            for chart in [
                _roc(models, split),
                _reliability(models, split),
                *_robustness(models, split),
            ]
        ],
        "confusions": [
            (m.name, m.report["splits"][split]["overall"]["confusion"]) for m in models
        ],
    }


def _clean(model: Measurement, split: str) -> tuple[Any, Any]:
    """Labels and calibrated probabilities of the unchanged pictures."""
    scores = model.scores.where(split=split, perturbation=CLEAN)
    return scores.labels, probabilities_of(scores.logits, model.card.temperature)


def _roc(models: list[Measurement], split: str) -> Chart:
    series = []
    for model in models:
        labels, probabilities = _clean(model, split)
        if 0 < labels.sum() < len(labels):
            points = zip(*roc_points(labels, probabilities), strict=True)
            series.append(Series(model.name, list(points)))
    return Chart(
        title="ROC",
        x_label="human-made called AI",
        y_label="AI called AI",
        series=series,
        diagonal=True,
    )


def _reliability(models: list[Measurement], split: str) -> Chart:
    series = [
        Series(
            model.name,
            [
                (row["mean_probability"], row["share_ai"])
                for row in reliability(*_clean(model, split))
            ],
            marked=True,
        )
        for model in models
    ]
    return Chart(
        title="Reliability: what a probability is worth",
        x_label="mean AI probability of the bin",
        y_label="share of AI in it",
        series=series,
        diagonal=True,
    )


def _robustness(models: list[Measurement], split: str) -> list[Chart]:
    """One chart for the tiers and one for each curve that was scored."""
    charts = []
    for family, changes in {"tiers": TIERS, **CURVES}.items():
        names = list(changes)
        if family != "tiers":
            names = [CLEAN, *names]
        series = []
        for model in models:
            table = model.report["splits"][split]["perturbations"]
            points = [
                (float(i), table[name]["balanced_accuracy"])
                for i, name in enumerate(names)
                if name in table and table[name]["balanced_accuracy"] is not None
            ]
            if len(points) == len(names):
                series.append(Series(model.name, points, marked=True))
        if series:
            charts.append(
                Chart(
                    title=f"Robustness: {family}",
                    x_label="",
                    y_label="balanced accuracy",
                    series=series,
                    x_range=(0.0, len(names) - 1.0),
                    y_range=(0.5, 1.0),
                    ticks=[(float(i), name) for i, name in enumerate(names)],
                )
            )
    return charts


def _learning_curves(models: list[Measurement]) -> list[str]:
    """Validation AUROC by epoch, where the card tells it."""
    series = []
    for model in models:
        history = model.card.training.get("history", [])
        points = [
            (float(row["epoch"]), float(row["auroc"]))
            for row in history
            if row.get("auroc") is not None and row.get("epoch") is not None
        ]
        if points:
            series.append(Series(model.name, points, marked=True))
    if not series:
        return []
    last = max(point[0] for line in series for point in line.points)
    chart = Chart(
        title="Learning: AUROC on validation",
        x_label="epoch",
        y_label="AUROC",
        series=series,
        x_range=(1.0, max(2.0, last)),
        y_range=(0.5, 1.0),
        ticks=[(float(e), str(e)) for e in _epochs(int(last))],
    )
    return [chart.svg()]


def _epochs(last: int) -> list[int]:
    """At most ten epochs to write below the axis."""
    step = max(1, -(-last // 10))
    return list(range(1, max(2, last) + 1, step))
