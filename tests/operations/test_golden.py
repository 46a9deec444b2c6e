"""manage.py check_golden without a server: what it refuses, and the shipped scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from classifier.inference.detector import load_detector
from operations.golden import FILE_NAME, PICTURES, TOLERANCE
from operations.models import GoldenCheck
from tests.bundles import tiny_bundle
from tests.detector_site.processes import ROOT

SHIPPED = ROOT / "classifier/bundles/default"

pytestmark = pytest.mark.django_db


def test_the_shipped_model_still_gives_its_recorded_scores() -> None:
    """Recorded with Keras; served with ONNX."""
    recorded = json.loads((SHIPPED / FILE_NAME).read_text())
    detector = load_detector(SHIPPED, "onnx")

    assert recorded["model"]["version"] == detector.card.version
    for name, score in recorded["scores"].items():
        found = detector.detect((PICTURES / name).read_bytes()).ai_probability
        assert found == pytest.approx(score, abs=TOLERANCE / 2)


def test_without_recorded_scores_it_says_what_to_do(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "bundle")

    with pytest.raises(CommandError, match="check_golden --record"):
        call_command("check_golden")

    assert GoldenCheck.objects.get().passed is False


def test_a_site_that_does_not_answer_is_a_failed_check(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "bundle")
    call_command("check_golden", "--record")

    with pytest.raises(CommandError, match="does not answer"):
        call_command("check_golden", "--url", "http://127.0.0.1:9")


@pytest.mark.parametrize("content", ["", "{}", '{"model": 1, "scores": {}}', "[]"])
def test_a_damaged_record_is_told(
    settings: Settings, tmp_path: Path, content: str
) -> None:
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "bundle")
    (tmp_path / "bundle" / FILE_NAME).write_text(content)

    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_golden")
