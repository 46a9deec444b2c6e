"""The settings page and the deletion of an account."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import User
from classifier.models import Submission
from tests.accounts.confirming import confirm
from tests.accounts.submissions import make_submission
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

PAGES = [
    *("history", "settings", "tokens", "delete", "password/change", "email"),
    *("data", "data/download", "data/erase", "sessions", "security"),
]


@pytest.mark.parametrize("page", PAGES)
def test_account_pages_ask_visitors_to_log_in(client: Client, page: str) -> None:
    response = client.get(f"/accounts/{page}/")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/accounts/")


@pytest.mark.parametrize("page", PAGES)
def test_every_account_page_opens_for_its_owner(user_client: Client, page: str) -> None:
    confirm(user_client)

    assert user_client.get(f"/accounts/{page}/").status_code == 200


@pytest.mark.parametrize("page", ["delete", "data/erase", "data/download"])
def test_what_cannot_be_undone_asks_for_the_password_once_more(
    user_client: Client, page: str
) -> None:
    response = user_client.get(f"/accounts/{page}/")

    assert unquote(response["Location"]) == (
        f"/accounts/reauthenticate/?next=/accounts/{page}/"
    )


def test_a_username_is_changed(user: User, user_client: Client) -> None:
    user_client.post("/accounts/settings/", {"username": "grace"})

    user.refresh_from_db()
    assert user.username == "grace"


def test_a_name_of_somebody_else_is_refused_whatever_its_case(
    user: User, stranger: User, user_client: Client
) -> None:
    form = {"username": stranger.username.upper()}

    page = user_client.post("/accounts/settings/", form)

    assert b"Somebody else has this username." in page.content
    user.refresh_from_db()
    assert user.username.lower() != stranger.username.lower()


def test_the_page_before_the_deletion_says_what_will_be_erased(
    user: User, user_client: Client
) -> None:
    make_submission(owner=user)
    confirm(user_client)

    page = user_client.get("/accounts/delete/").content.decode()

    assert "Results: SHA-256, size and format of each file" in page
    assert "API tokens" not in page.split("<form", 2)[1]


def test_deleting_the_account_removes_rows_and_files(
    user: User,
    stranger: User,
    user_client: Client,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    mine = make_submission(owner=user)
    mine.preview.save("mine.webp", ContentFile(b"picture"))
    theirs = make_submission(owner=stranger)
    theirs.preview.save("theirs.webp", ContentFile(b"picture"))
    confirm(user_client)

    with django_capture_on_commit_callbacks(execute=True):
        user_client.post("/accounts/delete/", {"sure": "on"})

    assert not User.objects.filter(pk=user.pk).exists()
    assert list(Submission.objects.all()) == [theirs]
    left = [path.name for path in Path(settings.MEDIA_ROOT).rglob("*.webp")]
    assert left == ["theirs.webp"]


def test_deleting_the_account_ends_its_other_log_ins(
    user: User, user_client: Client
) -> None:
    phone = Client()
    phone.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    key = phone.session.session_key
    confirm(user_client)

    user_client.post("/accounts/delete/", {"sure": "on"})

    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize("form", [{}, {"sure": ""}])
def test_the_account_is_not_deleted_without_the_tick(
    user: User, user_client: Client, form: dict[str, str]
) -> None:
    confirm(user_client)

    user_client.post("/accounts/delete/", form)

    assert User.objects.filter(pk=user.pk).exists()


def test_the_account_is_not_deleted_without_the_password(
    user: User, user_client: Client
) -> None:
    confirm(user_client, "wrong")

    user_client.post("/accounts/delete/", {"sure": "on"})

    assert User.objects.filter(pk=user.pk).exists()


def test_a_stolen_session_cannot_guess_the_password(user_client: Client) -> None:
    answers = [confirm(user_client, f"guess {n}") for n in range(11)]

    assert answers == [200] * 10 + [429]
