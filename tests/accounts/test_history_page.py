"""The history page: one's own, filtered, sorted, in pages, as tiles or a table."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.history_views import HISTORY_PAGE_SIZE
from accounts.models import User
from classifier.history_columns import history_refresh
from classifier.models import Submission
from tests.accounts.submissions import make_many, make_submission
from tests.classifier.appeals import decided, make_dispute

pytestmark = pytest.mark.django_db

URL = "/accounts/history/"


def page(client: Client, query: str = "") -> str:
    return client.get(f"{URL}{query}").content.decode()


def names(client: Client, query: str = "") -> list[str]:
    return re.findall(r'class="tile__title"[^>]*>([^<]+)<', page(client, query))


def link(html: str, relation: str) -> str:
    """The query of the link to the next or previous page."""
    return unescape(re.search(rf'rel="{relation}" href="([^"]+)"', html)[1])


def sent_on(submission: Submission, day: int) -> None:
    moment = datetime(2026, 3, day, 12, tzinfo=UTC)
    Submission.objects.filter(pk=submission.pk).update(created_at=moment)


def judged_as(submission: Submission, probability: float, version: str = "1") -> None:
    submission.predictions.update(ai_probability=probability, model_version=version)
    history_refresh(submission_id=submission.pk)


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


def test_somebody_anonymous_logs_in_first(client: Client, db: None) -> None:
    response = client.get(URL)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("verdict", ["ai", "human", "uncertain"])
def test_the_history_is_filtered_by_verdict(
    user: User, user_client: Client, verdict: str
) -> None:
    for each in ("ai", "human", "uncertain"):
        make_submission(owner=user, verdict=each, name=each)

    assert names(user_client, f"?verdict={verdict}") == [verdict]


def test_a_reviewers_correction_is_the_verdict_to_filter_by(
    user: User, stranger: User, user_client: Client
) -> None:
    submission = make_submission(owner=user, verdict="ai", name="mine.jpg")
    decided(submission, stranger, label="human", outcome="corrected")

    assert names(user_client, "?verdict=human") == ["mine.jpg"]
    assert names(user_client, "?verdict=ai") == []


@pytest.mark.parametrize("search", ["WINTER", "inter", "%C3%89t%C3%A9", "100%25"])
def test_a_part_of_the_name_finds_it_in_any_case(
    user: User, user_client: Client, search: str
) -> None:
    make_submission(owner=user, name="winter été 100%.jpg")
    make_submission(owner=user, name="other 100.jpg")

    assert names(user_client, f"?search={search}") == ["winter été 100%.jpg"]


def test_source_and_model_version_filter(user: User, user_client: Client) -> None:
    old, new = (make_submission(owner=user, name=name) for name in ("old", "new"))
    judged_as(new, 0.9, version="2")
    Submission.objects.filter(pk=old.pk).update(source="api")

    assert names(user_client, "?source=api") == ["old"]
    assert names(user_client, "?model=tiny+2") == ["new"]
    assert names(user_client, "?source=api&model=tiny+2") == []


def test_the_model_versions_of_the_history_are_offered(
    user: User, user_client: Client
) -> None:
    for version in ("2", "1", "2"):
        judged_as(make_submission(owner=user), 0.9, version)

    offered = re.findall(r'<option value="(tiny[^"]*)"', page(user_client))
    assert offered == ["tiny 1", "tiny 2"]


def test_dates_include_both_ends(user: User, user_client: Client) -> None:
    for day in (1, 2, 3, 4):
        sent_on(make_submission(owner=user, name=f"{day}"), day)

    found = names(user_client, "?date_from=2026-03-02&date_to=2026-03-03")
    assert found == ["3", "2"]


def test_the_state_of_the_appeal_filters(
    user: User, stranger: User, user_client: Client
) -> None:
    made = {
        name: make_submission(owner=user, name=name)
        for name in ("none", "open", "upheld", "corrected")
    }
    make_dispute(made["open"])
    decided(made["upheld"], stranger, label="ai", outcome="upheld")
    decided(made["corrected"], stranger, label="human", outcome="corrected")

    for name in made:
        assert names(user_client, f"?feedback={name}") == [name]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["c", "A", "b"]),
        ("oldest", ["b", "A", "c"]),
        ("likeliest_ai", ["A", "b", "c"]),
        ("likeliest_human", ["c", "b", "A"]),
        ("name", ["A", "b", "c"]),
    ],
)
def test_the_history_is_sorted(
    user: User, user_client: Client, sort: str, expected: list[str]
) -> None:
    for name, probability in (("b", 0.5), ("A", 0.9), ("c", 0.1)):
        judged_as(make_submission(owner=user, name=name), probability)

    assert names(user_client, f"?sort={sort}") == expected


@pytest.mark.parametrize(
    "query",
    ["?verdict=cat&cursor=minus", "?sort=cat", "?cursor=WyJhIl0", "?date_from=9-9-9"],
)
def test_a_senseless_query_shows_everything(
    user: User, user_client: Client, query: str
) -> None:
    make_submission(owner=user, name="one.jpg")

    assert names(user_client, query) == ["one.jpg"]


def test_dates_the_wrong_way_round_are_explained(
    user: User, user_client: Client
) -> None:
    make_submission(owner=user)

    html = page(user_client, "?date_from=2026-03-03&date_to=2026-03-01")

    assert "The last day is before the first; swap them." in html


@pytest.mark.parametrize("sort", ["newest", "oldest", "likeliest_ai", "name"])
def test_pages_follow_each_other_in_both_directions_and_miss_nothing(
    user: User, user_client: Client, sort: str
) -> None:
    # Equal names and probabilities: the order must not depend on them alone.
    make_many(owner=user, number=2 * HISTORY_PAGE_SIZE + 1)

    def shown(html: str) -> list[str]:
        return re.findall(r'name="ids" value="([^"]+)"', html)

    first = page(user_client, f"?sort={sort}")
    second = page(user_client, link(first, "next"))
    third = page(user_client, link(second, "next"))

    found = shown(first) + shown(second) + shown(third)
    assert len(found) == len(set(found)) == 2 * HISTORY_PAGE_SIZE + 1
    assert 'rel="next"' not in third
    assert shown(page(user_client, link(third, "prev"))) == shown(second)
    assert shown(page(user_client, link(second, "prev"))) == shown(first)


def test_the_number_of_pictures_is_told_up_to_a_thousand(
    user: User, user_client: Client
) -> None:
    make_many(owner=user, number=HISTORY_PAGE_SIZE + 1)
    assert "25 pictures" in page(user_client)

    make_many(owner=user, number=1000)
    assert "More than 1,000 pictures" in page(user_client)


@pytest.mark.parametrize("view", ["grid", "table", "summary"])
@pytest.mark.parametrize("query", ["", "&search=photo&verdict=ai&sort=name"])
def test_a_long_history_needs_no_more_queries(
    user: User,
    user_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    view: str,
    query: str,
) -> None:
    make_many(owner=user, number=30)
    page(user_client, f"?view={view}")

    with django_assert_max_num_queries(9):
        page(user_client, f"?view={view}{query}")


def test_the_chosen_view_is_remembered(user: User, user_client: Client) -> None:
    make_submission(owner=user, name="in-a-row.jpg")

    assert "<th scope" in page(user_client, "?view=table")
    assert "<th scope" in page(user_client)
    assert names(user_client, "?view=grid") == ["in-a-row.jpg"]


def test_a_table_shows_what_decides(user: User, user_client: Client) -> None:
    make_submission(owner=user, verdict="human", name="cat.jpg")

    html = page(user_client, "?view=table")

    for text in ("cat.jpg", "Human-made", "10%", "tiny 1", "by page"):
        assert text in html


def test_an_empty_history_says_how_to_begin(user_client: Client) -> None:
    html = page(user_client)

    assert "You have not checked a picture yet." in html
    assert "data-filters" not in html


def test_where_nothing_fits_each_filter_can_be_taken_away(
    user: User, user_client: Client
) -> None:
    make_submission(owner=user, name="cat.jpg")

    html = page(user_client, "?search=dog&verdict=ai")

    assert "No picture of yours fits all of these." in html
    assert 'href="?verdict=ai"' in html
    assert 'href="?search=dog"' in html
    assert names(user_client, "?verdict=ai") == ["cat.jpg"]


def test_a_tile_shows_the_preview_and_leads_to_the_result(
    user: User, user_client: Client
) -> None:
    submission = make_submission(owner=user)
    submission.preview.save("preview.webp", ContentFile(b"picture"))

    html = page(user_client)

    assert f'src="/submissions/{submission.pk}/preview"' in html
    assert f'href="/submissions/{submission.pk}/"' in html


@pytest.mark.parametrize("view", ["grid", "table"])
def test_a_hostile_file_name_is_only_text(
    user: User, user_client: Client, view: str
) -> None:
    make_submission(owner=user, name="<script>alert(1)</script>.jpg")

    html = page(user_client, f"?view={view}")

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_everything_on_the_page_can_be_selected_without_a_script(
    user: User, user_client: Client
) -> None:
    make_submission(owner=user)

    assert " checked" not in page(user_client)
    assert " checked" in page(user_client, "?select=page")
