"""What a bundle says of itself: measurements in `card.json`, prose in MODEL_CARD.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.inference.bundle import ModelCard, write_card
from mltrain.audit import SHORTCUT_LIMIT
from mltrain.tables import figure, percent

MODEL_CARD_NAME = "MODEL_CARD.md"
_FIGURES = (
    ("Accuracy", "accuracy"),
    ("Balanced accuracy", "balanced_accuracy"),
    ("Accuracy on human-made", "human_accuracy"),
    ("Accuracy on AI", "ai_accuracy"),
    ("Precision", "precision"),
    ("Recall", "recall"),
    ("F1", "f1"),
    ("AUROC", "auroc"),
    ("Average precision", "average_precision"),
    ("ECE", "ece"),
    ("Brier score", "brier"),
)


def with_measurements(card: ModelCard, report: dict[str, Any]) -> ModelCard:
    """The card with the splits of an `evaluate` report put in, or put anew.

    `all` is no split and left out. What this report did not look at (attacks, altered
    pictures, further groupings) stays as it was measured before, unless the split had
    other pictures then.
    """
    metrics = {**card.metrics}
    for name, measured in report["splits"].items():
        metrics[name] = _with_earlier(measured, metrics.get(name))
    metrics.pop("all", None)
    return replace(card, metrics=metrics)


def _with_earlier(
    measured: dict[str, Any], earlier: dict[str, Any] | None
) -> dict[str, Any]:
    if earlier is None or any(
        measured["overall"][key] != earlier["overall"].get(key)
        for key in ("n_human", "n_ai")
    ):
        return measured
    tables = {
        key: {**earlier.get(key, {}), **measured.get(key, {})}
        for key in ("by", "perturbations")
        if key in earlier or key in measured
    }
    return {**earlier, **measured, **tables}


def write_cards(folder: Path, card: ModelCard) -> None:
    """Write `card.json` and the same for people."""
    write_card(folder, card)
    text = render_model_card(card)
    part = folder / f"{MODEL_CARD_NAME}.part"
    part.write_text(text, encoding="utf-8")
    part.replace(folder / MODEL_CARD_NAME)


def render_model_card(card: ModelCard) -> str:
    """Markdown: what the model is, what it was measured to do, and its limits."""
    sections = [
        f"# {card.name} {card.version}\n\n{_summary(card)}",
        f"## Measured\n\n{_overview(card)}",
        *(
            f"### {name}, by source\n\n{_by_source(split['by']['source'])}"
            for name, split in card.metrics.items()
        ),
        *(
            f"### {name}, by generator\n\n{_by_generator(split['by']['generator'])}"
            for name, split in card.metrics.items()
            if any(split["by"].get("generator", {}))
        ),
        *(
            f"### {name}, altered pictures\n\n{_altered(split['perturbations'])}"
            for name, split in card.metrics.items()
            if "perturbations" in split
        ),
        *(
            f"### {name}, attacked pictures\n\n{_attacked(split['adversarial'])}"
            for name, split in card.metrics.items()
            if "adversarial" in split
        ),
        f"## Data\n\n{_data(card)}",
        f"## Limits\n\n{_LIMITS}",
    ]
    return "\n\n".join(sections) + "\n"


def _summary(card: ModelCard) -> str:
    config = card.training.get("config", {})
    point = card.operating_point
    teacher = (
        " It was also taught to reproduce the embeddings of a large image encoder."
        if config.get("teacher")
        else ""
    )
    encoder = (
        f" It is a head on the frozen image encoder `{card.encoder.file}` (sha256 "
        f"`{card.encoder.sha256}`), which is not part of the bundle."
        if card.encoder
        else ""
    )
    weights = (
        f" Weights at the start: {config['weights']}." if "weights" in config else ""
    )
    notes = f" {card.training['notes']}" if card.training.get("notes") else ""
    return (
        f"An image classifier on {card.backbone} that tells AI-generated from "
        f"human-made pictures by one {card.preprocessing.size}×"
        f"{card.preprocessing.size} view of the whole picture.{teacher}{encoder}"
        f"{weights}{notes}\n\n"
        f"The probability is sigmoid(logit / {card.temperature:.3f}), calibrated on "
        f"the validation split. At or above {point.ai_threshold:.3f} the verdict is "
        f"`ai`, at or below {point.human_threshold:.3f} it is `human`, between them "
        f"`uncertain`. On validation {percent(point.false_positive_rate)} of the "
        f"human-made pictures were called `ai`, and {percent(point.recall)} of the AI "
        "pictures."
    )


def _overview(card: ModelCard) -> str:
    splits = {name: split["overall"] for name, split in card.metrics.items()}
    rows = [["Pictures", *(str(s["n"]) for s in splits.values())]]
    for title, key in _FIGURES:
        rows.append([title, *(figure(s[key]) for s in splits.values())])
    for title, key in (
        ("Recall at 1 % false positives", "tpr_at_1_fpr"),
        ("Recall at 5 % false positives", "tpr_at_5_fpr"),
    ):
        rows.append([title, *(_rate(s[key]) for s in splits.values())])
    for title, key in (
        ("Verdict given (not uncertain)", "coverage"),
        ("Right where given", "accuracy"),
        ("Human-made called `ai`", "false_positive_rate"),
        ("AI called `ai`", "recall"),
    ):
        rows.append([title, *(percent(s["verdict"][key]) for s in splits.values())])
    return _markdown(["Figure", *splits], rows) + (
        "\n\nAccuracy to F1 are at the threshold 0.5; the last four lines are the "
        "three-way verdict's."
    )


def _rate(value: dict[str, float] | None) -> str:
    """A share with its 95 % interval."""
    if value is None:
        return figure(None)
    return f"{value['rate']:.3f} ({value['low']:.3f}–{value['high']:.3f})"


def _by_source(groups: dict[str, Any]) -> str:
    rows = [
        [name or "(unnamed)", str(s["n_human"]), str(s["n_ai"]), figure(s["accuracy"])]
        for name, s in groups.items()
    ]
    return _markdown(["Source", "Human-made", "AI", "Accuracy"], rows)


def _by_generator(groups: dict[str, Any]) -> str:
    """AI pictures only; each is ranked against all human-made ones of the split."""
    rows = [
        [name, str(s["n_ai"]), figure(s["ai_accuracy"]), figure(s["auroc"])]
        for name, s in groups.items()
        if name
    ]
    return _markdown(["Generator", "AI", "Called AI at 0.5", "AUROC"], rows)


def _attacked(groups: dict[str, Any]) -> str:
    """White-box: every attack was made with this model's own gradients."""
    return _altered(groups) + (
        f"\n\n{groups['clean']['n']} pictures. The number is the largest change of a "
        "value in levels of 255; the attacker knew the whole network."
    )


def _altered(groups: dict[str, Any]) -> str:
    rows = [
        [
            name,
            figure(s["accuracy"]),
            figure(s["balanced_accuracy"]),
            figure(s["auroc"]),
        ]
        for name, s in groups.items()
    ]
    return _markdown(["Change", "Accuracy", "Balanced accuracy", "AUROC"], rows)


def _data(card: ModelCard) -> str:
    counts = card.dataset.get("counts", {})
    table = _markdown(
        ["Split", "Human-made", "AI"],
        [[name, str(c["human"]), str(c["ai"])] for name, c in counts.items()],
    )
    sources = _markdown(
        ["Source of the train split", "Licence"],
        [
            [source, "; ".join(licences)]
            for source, licences in card.dataset.get("training_sources", {}).items()
        ],
    )
    auroc = card.dataset.get("shortcut_auroc")
    shortcut = [] if auroc is None else [_shortcut(auroc)]
    return "\n\n".join([table, *shortcut, sources])


def _shortcut(auroc: float) -> str:
    """What the files alone tell of the label."""
    return (
        "Of the train, validation and test pictures the files alone (format, size, "
        f"compression, metadata) tell the label with AUROC {auroc:.3f}; 0.5 is ideal, "
        f"and training refuses above {SHORTCUT_LIMIT:g} unless told otherwise."
    )


def _markdown(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_LIMITS = (
    "The figures hold for pictures like the measured ones. Generators that came later, "
    "kinds of pictures that are not among the sources, partial edits, screenshots and "
    "heavy recompression can all be judged wrongly, in both directions. The verdict is "
    "an estimate and never proof; a person should not be accused on its ground alone."
)
