"""Figures as aligned text, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NONE = "–"


def format_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest cell: the first to the left, others right."""
    lines = [list(headers), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
    rule = ["─" * width for width in widths]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [lines[0], rule, *lines[1:]]
    )


def figure(value: float | None, digits: int = 4) -> str:
    """A number with that many digits, or a dash where it is undefined."""
    return NONE if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share as a percentage, or a dash where it is undefined."""
    return NONE if value is None else f"{value:.1%}"


def overview(splits: dict[str, dict[str, Any]]) -> str:
    """The main table: one column for each split, one line for each figure."""
    columns = [split["overall"] for split in splits.values()]
    point = columns[0]["verdict"]

    def line(title: str, key: str) -> list[str]:
        return [title, *(figure(column[key]) for column in columns)]

    def verdict_line(title: str, key: str) -> list[str]:
        return [title, *(percent(column["verdict"][key]) for column in columns)]

    blank = [""] * (len(columns) + 1)
    decided = f"verdict: ai ≥ {point['ai_threshold']:.3f}, "
    decided += f"human ≤ {point['human_threshold']:.3f}"
    rows = [
        ["pictures", *(str(c["n"]) for c in columns)],
        ["  human-made / AI", *(f"{c['n_human']} / {c['n_ai']}" for c in columns)],
        blank,
        ["at the threshold 0.5", *blank[1:]],
        line("  accuracy", "accuracy"),
        ["    95 % interval", *(_range(c["accuracy_interval"]) for c in columns)],
        line("  balanced accuracy", "balanced_accuracy"),
        line("  accuracy on human-made", "human_accuracy"),
        line("  accuracy on AI", "ai_accuracy"),
        line("  precision", "precision"),
        line("  recall", "recall"),
        line("  F1", "f1"),
        blank,
        [decided, *blank[1:]],
        verdict_line("  gets a verdict (coverage)", "coverage"),
        verdict_line("  verdict is right", "accuracy"),
        verdict_line("  human-made called ai", "false_positive_rate"),
        verdict_line("  AI called human", "false_negative_rate"),
        verdict_line("  AI called ai", "recall"),
        blank,
        ["probabilities", *blank[1:]],
        line("  AUROC", "auroc"),
        line("  average precision", "average_precision"),
        ["  recall at 1 % FPR", *(_rate(c["tpr_at_1_fpr"]) for c in columns)],
        ["  recall at 5 % FPR", *(_rate(c["tpr_at_5_fpr"]) for c in columns)],
        line("  ECE (15 bins)", "ece"),
        line("  Brier", "brier"),
    ]
    return format_table(["", *splits], rows)


def group_table(groups: dict[str, dict[str, Any]], grouping: str) -> str:
    """One line for each source, generator or kind, the largest first."""
    ordered = sorted(groups.items(), key=lambda item: -item[1]["n"])
    rows = [
        [
            name or "(none named)",
            str(s["n_human"]),
            str(s["n_ai"]),
            percent(s["human_accuracy"]),
            percent(s["ai_accuracy"]),
            figure(s["auroc"], 3),
            percent(s["verdict"]["coverage"]),
            percent(s["verdict"]["accuracy"]),
        ]
        for name, s in ordered
    ]
    headers = [grouping, "human", "ai", "human right", "ai right", "AUROC"]
    return format_table([*headers, "verdicts", "right"], rows)


def perturbation_table(changes: dict[str, dict[str, Any]]) -> str:
    """One line for each change, with the accuracy's distance to unchanged pictures."""
    clean = changes["clean"]["accuracy"]
    rows = [
        [
            name,
            percent(s["accuracy"]),
            f"{(s['accuracy'] - clean) * 100:+.1f}",
            percent(s["human_accuracy"]),
            percent(s["ai_accuracy"]),
            figure(s["auroc"], 3),
            percent(s["verdict"]["false_positive_rate"]),
            percent(s["changed_decisions"]),
        ]
        for name, s in changes.items()
    ]
    headers = ["change", "accuracy", "points", "human right", "ai right", "AUROC"]
    return format_table([*headers, "human as ai", "changed sides"], rows)


def _range(bounds: Sequence[float] | None) -> str:
    return NONE if bounds is None else f"{bounds[0]:.3f}–{bounds[1]:.3f}"


def _rate(value: dict[str, float] | None) -> str:
    if value is None:
        return NONE
    return f"{value['rate']:.3f} ({value['low']:.3f}–{value['high']:.3f})"
