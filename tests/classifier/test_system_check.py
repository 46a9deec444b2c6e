"""A missing or unreadable model is reported when the site starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from tests.bundles import tiny_encoder, tiny_head_bundle


def ids(*, deploy: bool = False) -> list[str]:
    found = run_checks(tags=["detector"], include_deployment_checks=deploy)
    return [message.id for message in found]


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


def test_a_site_without_a_key_for_receipts_is_told_when_it_is_deployed(
    settings: Settings,
) -> None:
    assert ids(deploy=True) == []

    settings.RECEIPT_SIGNING_KEY = None

    assert ids() == []
    assert ids(deploy=True) == ["classifier.I001"]


def test_a_model_without_its_encoder_is_a_warning_until_it_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    encoder = tiny_encoder(tmp_path / "encoder.onnx")
    settings.DETECTOR_BUNDLE = tiny_head_bundle(tmp_path / "bundle", encoder)
    assert ids() == ["classifier.W001"]

    settings.DETECTOR_ENCODER = encoder

    assert ids() == []
