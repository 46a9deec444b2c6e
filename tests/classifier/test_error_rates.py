"""Measured errors on files like the one sent, read from the model's card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from classifier.error_rates import Rate, error_tables, split_figures
from classifier.error_text import in_words, operating_sentence
from classifier.inference.bundle import ModelCard, load_bundle, write_card
from classifier.templatetags.error_rates import rate
from tests.bundles import tiny_bundle
from tests.images import encode, plain


def summary(n_human: int, fpr: float | None, n_ai: int, recall: float | None) -> dict:
    verdict = {"false_positive_rate": fpr, "recall": recall, "coverage": 0.8}
    verdict |= {"accuracy": 0.9, "false_negative_rate": 0.1}
    counts = {"n": n_human + n_ai, "n_human": n_human, "n_ai": n_ai}
    return counts | {"verdict": verdict}


METRICS = {
    "validation": {"overall": summary(953, 9 / 953, 773, 446 / 773), "by": {}},
    "test": {
        "overall": summary(506, 2 / 506, 390, 201 / 390),
        "by": {
            "size": {"up to 512 px": summary(331, 1 / 331, 118, 0.5)},
            "format": {
                "JPEG": summary(419, 0.0, 198, 0.5),
                "PNG": summary(87, 2 / 87, 75, 0.6),
            },
            "kind": {"photo": summary(309, 0.0, 0, None)},
        },
    },
}


@pytest.fixture
def card(bundle_folder: Path) -> ModelCard:
    return replace(load_bundle(bundle_folder).card, metrics=METRICS)


@pytest.fixture
def measured_bundle(tmp_path: Path, settings: Settings) -> Path:
    """The site's model, with measurements in its card."""
    folder = tiny_bundle(tmp_path / "measured", name="measured")
    write_card(folder, replace(load_bundle(folder).card, metrics=METRICS))
    settings.DETECTOR_BUNDLE = folder
    return folder


def groups(card: ModelCard, **file: Any) -> list[str]:
    facts = {"width": 400, "height": 300, "file_format": "PNG"} | file
    [table] = error_tables(card, **facts)
    return [row.group for row in table.rows]


def test_a_file_is_compared_with_its_size_format_and_possible_kinds(
    card: ModelCard,
) -> None:
    assert groups(card) == [
        "All pictures",
        "Pictures of up to 512 px",
        "PNG files",
        "Photographs",
    ]


def test_groups_that_were_not_measured_are_left_out(card: ModelCard) -> None:
    assert groups(card, width=4000, file_format="AVIF") == [
        "All pictures",
        "Photographs",
    ]


def test_a_jpeg_of_several_pictures_counts_as_jpeg(card: ModelCard) -> None:
    assert "JPEG files" in groups(card, file_format="MPO")


def test_a_rate_has_its_counts_and_its_interval(card: ModelCard) -> None:
    [table] = error_tables(card, width=400, height=300, file_format="PNG")

    png = table.rows[2].false_positive

    assert (png.count, png.n) == (2, 87)
    assert png.low == pytest.approx(0.0063, abs=1e-4)
    assert png.high == pytest.approx(0.0800, abs=1e-4)


def test_a_group_without_ai_pictures_has_no_recall(card: ModelCard) -> None:
    [table] = error_tables(card, width=400, height=300, file_format="PNG")

    assert table.rows[3].recall is None
    assert "not measured" in rate(table.rows[3].recall)


def test_validation_is_shown_only_where_nothing_else_was_measured(
    card: ModelCard,
) -> None:
    alone = replace(card, metrics={"validation": METRICS["validation"]})

    [table] = error_tables(alone, width=1, height=1, file_format="PNG")

    assert table.split == "validation"


@pytest.mark.parametrize("metrics", [{}, {"test": {}}, {"test": {"overall": {}}}])
def test_a_card_without_figures_breaks_nothing(
    card: ModelCard, metrics: dict[str, Any]
) -> None:
    bare = replace(card, metrics=metrics)

    assert split_figures(bare, "test") is None
    assert operating_sentence(bare) == ""
    for table in error_tables(bare, width=1, height=1, file_format="PNG"):
        assert [row.false_positive for row in table.rows] == [None]


def test_the_operating_point_is_told_in_counts(card: ModelCard) -> None:
    assert operating_sentence(card) == (
        "It says AI from 70% upwards and human-made up to 30%. At this threshold 9 of "
        "953 (about 1 in 100) human-made pictures in our validation were called AI, "
        "and 446 of 773 (about 58 in 100) AI pictures were found."
    )


@pytest.mark.parametrize(
    ("count", "n", "words"),
    [
        (0, 50, "none of 50"),
        (1, 100, "1 of 100 (about 1 in 100)"),
        (2, 506, "2 of 506 (about 4 in 1,000)"),
        (1500, 3000, "1,500 of 3,000 (about 50 in 100)"),
    ],
)
def test_a_count_comes_with_a_round_number(count: int, n: int, words: str) -> None:
    assert in_words(Rate(count, n, 0, 1)) == words


def result_page(client: Client) -> str:
    file = SimpleUploadedFile("a.png", encode(plain("red")))
    return client.post("/", {"file": file}, follow=True).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("measured_bundle")
def test_the_page_shows_the_errors_on_such_files(client: Client) -> None:
    page = result_page(client)

    assert "How often it is wrong on files like yours" in page
    assert "<strong>2.3%</strong> <small>2 of 87</small>" in page
    assert "<bdi>0.6–8.0%</bdi>" in page
    assert "At this threshold 9 of 953 (about 1 in 100) human-made" in page


@pytest.mark.django_db
def test_a_page_without_measurements_has_no_such_section(client: Client) -> None:
    assert "on files like yours" not in result_page(client)


@pytest.mark.django_db
def test_figures_of_another_model_are_not_shown(
    client: Client, measured_bundle: Path, settings: Settings, bundle_folder: Path
) -> None:
    file = SimpleUploadedFile("a.png", encode(plain("red")))
    address = client.post("/", {"file": file}).url
    settings.DETECTOR_BUNDLE = bundle_folder

    assert "on files like yours" not in client.get(address).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("measured_bundle")
def test_how_it_works_shows_the_models_own_figures(client: Client) -> None:
    page = client.get("/how-it-works/").content.decode()

    assert "measured 1.0" in page
    assert "Other pictures of the collections it learnt from: 506 human-made" in page
    assert "<strong>0.4%</strong> <small>2 of 506</small>" in page
    assert "At this threshold 9 of 953" in page


@pytest.mark.django_db
def test_how_it_works_admits_missing_figures(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    assert "comes without measurements" in client.get("/how-it-works/").content.decode()
    settings.DETECTOR_BUNDLE = tmp_path / "nothing"

    assert client.get("/how-it-works/").status_code == 200


@pytest.mark.django_db
def test_every_page_leads_to_the_explanation(client: Client) -> None:
    assert 'href="/how-it-works/"' in client.get("/").content.decode()
    assert client.post("/how-it-works/").status_code == 405
