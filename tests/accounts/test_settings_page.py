"""The settings page: names, address, deletion."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import User
from classifier.models import Submission
from tests.accounts.submissions import make_submission
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "page", ["history", "settings", "tokens", "delete", "password/change"]
)
def test_account_pages_ask_visitors_to_log_in(client: Client, page: str) -> None:
    response = client.get(f"/accounts/{page}/")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/accounts/")


def test_a_username_is_changed_without_the_password(
    user: User, user_client: Client
) -> None:
    form = {"username": "grace", "email": user.email}
    user_client.post("/accounts/settings/", form)

    user.refresh_from_db()
    assert user.username == "grace"


def test_a_new_address_needs_the_password_and_then_logs_in(
    user: User, user_client: Client
) -> None:
    form = {"username": user.username, "email": "New@example.org"}
    user_client.post("/accounts/settings/", form)
    user.refresh_from_db()
    assert user.email != "new@example.org"

    user_client.post("/accounts/settings/", {**form, "password": PASSWORD})
    user.refresh_from_db()
    assert user.email == "new@example.org"
    login = {"login": "new@example.org", "password": PASSWORD}
    assert Client().post("/accounts/login/", login).status_code == 302


@pytest.mark.parametrize("field", ["username", "email"])
def test_a_name_of_somebody_else_is_refused_whatever_its_case(
    user: User, stranger: User, user_client: Client, field: str
) -> None:
    form = {"username": user.username, "email": user.email, "password": PASSWORD}
    form[field] = getattr(stranger, field).upper()

    page = user_client.post("/accounts/settings/", form)

    assert b"Somebody else has this" in page.content
    user.refresh_from_db()
    assert getattr(user, field).lower() != getattr(stranger, field).lower()


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

    with django_capture_on_commit_callbacks(execute=True):
        user_client.post("/accounts/delete/", {"password": PASSWORD})

    assert not User.objects.filter(pk=user.pk).exists()
    assert list(Submission.objects.all()) == [theirs]
    left = [path.name for path in Path(settings.MEDIA_ROOT).rglob("*.webp")]
    assert left == ["theirs.webp"]
    assert user_client.get("/accounts/settings/").status_code == 302


def test_the_account_is_not_deleted_without_the_password(
    user: User, user_client: Client
) -> None:
    user_client.post("/accounts/delete/", {"password": "wrong"})

    assert User.objects.filter(pk=user.pk).exists()


def test_a_stolen_session_cannot_guess_the_password(user_client: Client) -> None:
    answers = [
        user_client.post("/accounts/delete/", {"password": f"guess {n}"}).status_code
        for n in range(11)
    ]

    assert answers == [200] * 10 + [429]
