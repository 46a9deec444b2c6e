"""/status: what anybody may know about the state of the site."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from operations.models import GoldenCheck

pytestmark = pytest.mark.django_db


def test_before_the_first_check_it_says_so(client: Client) -> None:
    response = client.get("/status")

    assert response.status_code == 200
    assert b"The site is working" in response.content
    assert b"has not run yet" in response.content


def test_the_last_check_is_shown(client: Client) -> None:
    GoldenCheck.objects.create(passed=True, pictures=6, worst_difference=0.0041)

    content = client.get("/status").content

    assert b"6 pictures agree; the largest difference is 0.004" in content


def test_a_check_that_stopped_running_is_noticed(client: Client) -> None:
    GoldenCheck.objects.create(passed=True, pictures=6, worst_difference=0.0)
    GoldenCheck.objects.update(checked_at=timezone.now() - timedelta(days=3))

    assert b"too long ago" in client.get("/status").content


def test_what_went_wrong_inside_is_not_told_to_everybody(client: Client) -> None:
    GoldenCheck.objects.create(passed=False, detail="There is no /secret/golden.json")

    content = client.get("/status").content

    assert b"could not be made" in content
    assert b"/secret" not in content


def test_without_a_model_it_is_503(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "nothing"

    response = client.get("/status")

    assert response.status_code == 503
    assert b"not fully working" in response.content
