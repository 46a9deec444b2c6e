"""Fixtures that all tests share, and a loud end for whatever could not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.bundles import tiny_bundle
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _own_files_and_counters(settings: Settings, tmp_path: Path) -> None:
    """Each test has a media folder and rate limits of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    # The real one takes a good part of a second for each person that a test makes.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The hashed names exist only after collectstatic, which has a test of its own.
    storage = f"{StaticFilesStorage.__module__}.{StaticFilesStorage.__qualname__}"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": storage},
    }
    cache.clear()


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, tiny model: red pictures are `ai`, blue `human`, grey `uncertain`."""
    return tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(autouse=True)
def _tiny_model(settings: Settings, bundle_folder: Path) -> None:
    """The site answers with the tiny model; a test may point it elsewhere."""
    settings.DETECTOR_BUNDLE = bundle_folder


@pytest.fixture
def user(db: None) -> User:
    """A person with the password of `tests.factories.PASSWORD`."""
    return UserFactory.create()


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody else."""
    return UserFactory.create()


@pytest.fixture
def user_client(user: User) -> Client:
    """A browser in which `user` is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    """A browser in which `stranger` is logged in."""
    client = Client()
    client.force_login(stranger)
    return client


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """List what could not run where nobody can overlook it."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("COULD NOT RUN", sep="!", red=True, bold=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        terminalreporter.line(f"{report.nodeid}: {reason}", red=True)
    if _in_ci():
        terminalreporter.line("CI accepts no skipped test.", red=True, bold=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a test that could not run is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _in_ci() and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"
