"""The history page: one's own, newest first, filtered, in pages."""

from __future__ import annotations

import re

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.views import HISTORY_PAGE_SIZE
from tests.accounts.submissions import make_submission

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/accounts/history/{query}").content.decode()
    return re.findall(r'class="tile__title"[^>]*>([^<]+)<', page)


def test_the_newest_picture_comes_first(user: User, user_client: Client) -> None:
    for name in ("first.jpg", "second.jpg", "third.jpg"):
        make_submission(owner=user, name=name)

    assert names(user_client) == ["third.jpg", "second.jpg", "first.jpg"]


def test_pictures_of_others_and_of_nobody_are_absent(
    user: User, stranger_client: Client
) -> None:
    make_submission(owner=user)
    make_submission(owner=None)

    assert names(stranger_client) == []


@pytest.mark.parametrize("verdict", ["ai", "human", "uncertain"])
def test_the_history_is_filtered_by_verdict(
    user: User, user_client: Client, verdict: str
) -> None:
    for each in ("ai", "human", "uncertain"):
        make_submission(owner=user, verdict=each, name=each)

    assert names(user_client, f"?label={verdict}") == [verdict]


def test_a_senseless_query_shows_everything(user: User, user_client: Client) -> None:
    make_submission(owner=user, name="one.jpg")

    assert names(user_client, "?label=cat&page=minus") == ["one.jpg"]


def test_older_pictures_are_on_later_pages(user: User, user_client: Client) -> None:
    for number in range(HISTORY_PAGE_SIZE + 1):
        make_submission(owner=user, name=f"{number}.jpg")

    assert len(names(user_client)) == HISTORY_PAGE_SIZE
    assert names(user_client, "?page=2") == ["0.jpg"]


def test_a_long_history_needs_no_more_queries(
    user: User,
    user_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(20):
        make_submission(owner=user)

    with django_assert_max_num_queries(6):
        user_client.get("/accounts/history/")


def test_a_tile_shows_the_preview_and_leads_to_the_result(
    user: User, user_client: Client
) -> None:
    submission = make_submission(owner=user)
    submission.preview.save("preview.webp", ContentFile(b"picture"))

    page = user_client.get("/accounts/history/").content.decode()

    assert f'src="/submissions/{submission.pk}/preview"' in page
    assert f'href="/submissions/{submission.pk}/"' in page


def test_a_hostile_file_name_is_only_text(user: User, user_client: Client) -> None:
    make_submission(owner=user, name="<script>alert(1)</script>.jpg")

    page = user_client.get("/accounts/history/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
