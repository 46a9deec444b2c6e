"""The model card for people says what the card says, source by source."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from classifier.inference.bundle import ModelCard, load_bundle
from mltrain.evaluate import evaluate
from mltrain.model_card import render_model_card, with_measurements, write_cards
from mltrain.scores import Score, Scores


def scores(split: str, perturbation: str = "clean") -> Scores:
    rows = [
        Score("a.png", "ai", split, "museum", "sdxl", "", perturbation, 4.0),
        Score("b.png", "ai", split, "museum", "sdxl", "", perturbation, -1.0),
        Score("c.png", "human", split, "museum", "", "", perturbation, -5.0),
        Score("d.png", "human", split, "camera", "", "", perturbation, -3.0),
    ]
    return Scores(rows=tuple(rows))


@pytest.fixture
def card(bundle_folder: Path) -> ModelCard:
    card = load_bundle(bundle_folder).card
    sources = {"museum": ["CC0", "MIT"], "camera": ["not stated"]}
    return dataclasses.replace(
        card,
        metrics={},
        dataset={"training_sources": sources, "counts": {}},
        temperature=1.0,
    )


def test_measured_splits_are_added_to_those_that_are_there(card: ModelCard) -> None:
    for split in ("test", "unseen"):
        card = with_measurements(card, evaluate(scores(split), card))
    assert list(card.metrics) == ["test", "unseen"]
    assert card.metrics["unseen"]["overall"]["accuracy"] == 0.75


def test_a_measurement_keeps_what_it_did_not_look_at_again(card: ModelCard) -> None:
    rows = scores("test").rows
    altered = tuple(
        row for name in ("web", "jpeg-20") for row in scores("test", name).rows
    )
    card = with_measurements(card, evaluate(Scores(rows + altered), card))
    card.metrics["test"]["by"]["size"] = {"small": {}}

    for again in (rows, rows + scores("test", "web").rows):
        card = with_measurements(card, evaluate(Scores(again), card))

    assert set(card.metrics["test"]["perturbations"]) == {"clean", "web", "jpeg-20"}
    assert card.metrics["test"]["by"]["size"] == {"small": {}}


def test_figures_of_other_pictures_do_not_stay(card: ModelCard) -> None:
    rows = scores("test").rows
    both = Scores(rows + scores("test", "web").rows)
    card = with_measurements(card, evaluate(both, card))

    card = with_measurements(card, evaluate(Scores(rows[1:]), card))

    assert "perturbations" not in card.metrics["test"]


def test_all_splits_together_are_no_split(card: ModelCard) -> None:
    both = Scores(scores("test").rows + scores("unseen").rows)

    card = with_measurements(card, evaluate(both, card))

    assert set(card.metrics) == {"test", "unseen"}


def test_figures_sources_and_licences_are_written_out(card: ModelCard) -> None:
    text = render_model_card(with_measurements(card, evaluate(scores("test"), card)))
    assert "| Accuracy | 0.7500 |" in text
    assert "| museum | 1 | 2 | 0.6667 |" in text
    assert "| museum | CC0; MIT |" in text


def test_what_the_files_give_away_stands_beside_the_data(card: ModelCard) -> None:
    data = {**card.dataset, "shortcut_auroc": 0.6849}

    text = render_model_card(dataclasses.replace(card, dataset=data))

    assert "tell the label with AUROC 0.685" in text.partition("## Data")[2]


@pytest.mark.parametrize("data", [{}, {"shortcut_auroc": None}])
def test_a_card_without_an_audit_says_nothing_of_it(
    card: ModelCard, data: dict[str, None]
) -> None:
    text = render_model_card(dataclasses.replace(card, dataset=data))

    assert "files alone" not in text


def test_altered_pictures_have_a_table_of_their_own(card: ModelCard) -> None:
    rows = scores("test").rows + scores("test", "web").rows
    text = render_model_card(with_measurements(card, evaluate(Scores(rows), card)))
    assert "### test, altered pictures" in text
    assert "| web | 0.7500 | 0.7500 | 1.0000 |" in text


def test_both_cards_are_written_beside_each_other(
    card: ModelCard, tmp_path: Path
) -> None:
    write_cards(tmp_path, card)
    assert load_bundle(tmp_path).card == card
    assert (tmp_path / "MODEL_CARD.md").read_text() == render_model_card(card)
