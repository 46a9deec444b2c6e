"""The list of browsers that are logged in."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.browsers import describe
from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def browser_of(user: User, user_agent: str) -> Client:
    client = Client(headers={"user-agent": user_agent})
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return client


def is_logged_in(client: Client) -> bool:
    return client.get("/accounts/settings/").status_code == 200


def test_the_list_shows_every_browser_and_which_one_this_is(user: User) -> None:
    here, _ = browser_of(user, FIREFOX), browser_of(user, SAFARI)

    page = here.get("/accounts/sessions/").content.decode()

    assert "Firefox on Windows <span" in page
    assert "Safari on iPhone" in page
    assert page.count("This one") == 1


def test_all_other_browsers_are_logged_out_at_once(user: User) -> None:
    here, there = browser_of(user, FIREFOX), browser_of(user, SAFARI)

    here.post("/accounts/sessions/")

    assert is_logged_in(here)
    assert not is_logged_in(there)


def test_one_browser_is_logged_out(user: User) -> None:
    here, there = browser_of(user, FIREFOX), browser_of(user, SAFARI)
    third = browser_of(user, SAFARI)
    session = UserSession.objects.get(session_key=there.session.session_key)

    here.post(f"/accounts/sessions/{session.pk}/end/")

    assert [is_logged_in(c) for c in (here, there, third)] == [True, False, True]


def test_a_stranger_ends_no_session_of_somebody_else(
    user: User, stranger_client: Client
) -> None:
    there = browser_of(user, FIREFOX)
    session = UserSession.objects.get()

    response = stranger_client.post(f"/accounts/sessions/{session.pk}/end/")

    assert response.status_code == 404
    assert is_logged_in(there)


def test_ending_needs_a_post(user: User) -> None:
    here = browser_of(user, FIREFOX)
    session = UserSession.objects.get()

    assert here.get(f"/accounts/sessions/{session.pk}/end/").status_code == 405


def test_a_session_from_before_the_list_appears_when_it_looks(
    user_client: Client,
) -> None:
    page = user_client.get("/accounts/sessions/")

    assert b"This one" in page.content


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_are_told_in_words(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words
