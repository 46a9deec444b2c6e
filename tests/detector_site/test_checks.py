"""Unsafe configurations: each has an id, and the errors keep a server from starting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from detector_site import checks
from tests.bundles import tiny_bundle
from tests.detector_site.processes import run_python

LOCMEM = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture
def safe(settings: Settings, tmp_path: Path) -> Settings:
    """A configuration that raises no objection."""
    settings.DEBUG = False
    settings.SECRET_KEY_IS_SET = True
    settings.ALLOWED_HOSTS = ["detector.example.org"]
    settings.HTTPS_ONLY = True
    settings.CSRF_TRUSTED_ORIGINS = ["https://detector.example.org"]
    settings.CACHES = {"default": {"BACKEND": "…DatabaseCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    return settings


def ids() -> set[str | None]:
    return {message.id for check in checks.CHECKS for message in check(None)}


def test_a_safe_configuration_raises_no_objection(safe: Settings) -> None:
    assert ids() == set()
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY_IS_SET": False}, "detector.E001"),
        ({"SECRET_KEY": "short"}, "detector.E002"),
        ({"SECRET_KEY": "ab" * 40}, "detector.E002"),
        ({"ALLOWED_HOSTS": ["*"]}, "detector.E003"),
        ({"DEBUG": True}, "detector.E004"),
        ({"MEDIA_ROOT": Path("/srv/static/media")}, "detector.E005"),
        ({"CSRF_TRUSTED_ORIGINS": ["http://example.org"]}, "detector.E006"),
    ],
)
def test_an_error_keeps_the_server_from_starting_and_is_named(
    safe: Settings, changes: dict[str, Any], expected: str
) -> None:
    safe.STATIC_ROOT = Path("/srv/static")
    for name, value in changes.items():
        setattr(safe, name, value)

    assert ids() == {expected}
    with pytest.raises(ImproperlyConfigured, match=expected):
        checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"HTTPS_ONLY": False}, "detector.W001"),
        ({"CACHES": LOCMEM}, "detector.W002"),
        ({"EMAIL_BACKEND": CONSOLE}, "detector.W003"),
    ],
)
def test_a_warning_is_shown_but_the_server_starts(
    safe: Settings, changes: dict[str, Any], expected: str
) -> None:
    for name, value in changes.items():
        setattr(safe, name, value)

    assert ids() == {expected}
    checks.refuse_unsafe_start()


def test_a_local_trial_over_plain_http_is_safe(safe: Settings) -> None:
    safe.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    safe.HTTPS_ONLY = False
    safe.EMAIL_BACKEND = CONSOLE

    assert ids() == set()


def test_the_wsgi_entry_refuses_an_unsafe_start_and_says_why() -> None:
    started = run_python("-c", "import detector_site.wsgi", ALLOWED_HOSTS="*")

    assert started.returncode != 0
    assert "detector.E003: ALLOWED_HOSTS accepts every host name." in started.stderr


def test_the_wsgi_entry_starts_with_a_production_configuration() -> None:
    started = run_python("-c", "import detector_site.wsgi")

    assert started.returncode == 0, started.stderr


def test_deploy_checks_are_clean_with_a_production_configuration(
    tmp_path: Path,
) -> None:
    checked = run_python(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        DETECTOR_BUNDLE=str(tiny_bundle(tmp_path)),
    )

    assert checked.returncode == 0, checked.stderr


def test_a_bad_value_stops_the_start_with_one_sentence() -> None:
    checked = run_python("manage.py", "check", THROTTLE_ANON="lots")

    assert checked.returncode != 0
    assert "THROTTLE_ANON must be a number per s, min, hour or day" in checked.stderr
