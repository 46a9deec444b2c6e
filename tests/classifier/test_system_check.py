"""A missing or unreadable model is reported when the site starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


def ids() -> list[str]:
    return [message.id for message in run_checks(tags=["detector"])]


def test_a_readable_bundle_is_no_news() -> None:
    assert ids() == []


@pytest.mark.parametrize("card", [None, "not JSON", '{"format_version": 99}'])
def test_a_card_that_cannot_be_read_is_a_warning(
    settings: Settings, tmp_path: Path, card: str | None
) -> None:
    if card is not None:
        (tmp_path / "card.json").write_text(card)
    settings.DETECTOR_BUNDLE = tmp_path

    assert ids() == ["classifier.W001"]
