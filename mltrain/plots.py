"""What is drawn of a comparison: one line for each model."""

from __future__ import annotations

from typing import Any

from mltrain.attacks import AFTERWARDS, EPSILONS, METHODS, afterwards
from mltrain.calibrate import probabilities_of
from mltrain.charts import Chart, Series
from mltrain.choice import Measurement
from mltrain.metrics import reliability, roc_points
from mltrain.robustness import CLEAN, CURVES, TIERS


def _clean(model: Measurement, split: str) -> tuple[Any, Any]:
    """Labels and calibrated probabilities of the unchanged pictures."""
    scores = model.scores.where(split=split, perturbation=CLEAN)
    return scores.labels, probabilities_of(scores.logits, model.card.temperature)


def roc(models: list[Measurement], split: str) -> Chart:
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


def reliability_chart(models: list[Measurement], split: str) -> Chart:
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


def robustness_charts(models: list[Measurement], split: str) -> list[Chart]:
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


def learning_charts(models: list[Measurement]) -> list[Chart]:
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
    return [
        Chart(
            title="Learning: AUROC on validation",
            x_label="epoch",
            y_label="AUROC",
            series=series,
            x_range=(1.0, max(2.0, last)),
            y_range=(0.5, 1.0),
            ticks=[(float(e), str(e)) for e in _epochs(int(last))],
        )
    ]


def _epochs(last: int) -> list[int]:
    """At most ten epochs to write below the axis."""
    step = max(1, -(-last // 10))
    return list(range(1, max(2, last) + 1, step))


def attack_charts(models: list[Measurement], source: str) -> list[Chart]:
    """Accuracy over the size of the attacks made on `source`: plain, then changed."""
    tables = {m.name: m.attack_figures(source) for m in models if source in m.attacked}
    charts = []
    for method in METHODS:
        for change in ("", *AFTERWARDS):
            names = [f"{method}-{epsilon}" for epsilon in EPSILONS]
            if change:
                names = [afterwards(name, change) for name in names]
            series = [
                Series(
                    model,
                    [
                        (float(i), table[name]["accuracy"])
                        for i, name in enumerate([CLEAN, *names])
                    ],
                    marked=True,
                )
                for model, table in tables.items()
            ]
            then = f", then {change}" if change else ""
            charts.append(
                Chart(
                    title=f"{method.upper()}{then}",
                    x_label="largest change of a value, in levels of 255",
                    y_label="accuracy",
                    series=series,
                    x_range=(0.0, float(len(EPSILONS))),
                    ticks=[(float(i), f"{e:g}") for i, e in enumerate((0, *EPSILONS))],
                )
            )
    return charts
