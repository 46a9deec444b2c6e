"""The figures for staff, and who may read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from classifier.detector_provider import describe
from classifier.models import Prediction, Submission
from operations.dashboard import dashboard
from operations.drift import CHANGED
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import kept_submission, make_dispute
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/dashboard/"


@pytest.fixture
def staff_client() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def sent(days_ago: int, verdict: str = "ai", elapsed_ms: float = 10) -> Submission:
    """A submission of that day."""
    submission = make_submission(owner=None, verdict=verdict)
    moment = timezone.now() - timedelta(days=days_ago)
    Submission.objects.filter(pk=submission.pk).update(created_at=moment)
    submission.predictions.update(created_at=moment, elapsed_ms=elapsed_ms)
    return submission


def test_submissions_are_counted_by_day_and_by_week() -> None:
    for days_ago in (0, 0, 1, 8, 400):
        sent(days_ago)

    figures = dashboard()

    assert [count for _day, count in figures.days][-2:] == [1, 2]
    assert len(figures.days) == 30
    assert sum(count for _week, count in figures.weeks) == 4
    assert len(figures.weeks) == 26


def test_verdicts_are_those_of_the_last_thirty_days() -> None:
    for verdict in ("ai", "ai", "human"):
        sent(2, verdict)
    sent(60, "uncertain")

    found = {verdict.value: count for verdict, count in dashboard().verdicts}

    assert found == {"ai": 2, "human": 1, "uncertain": 0}


def test_the_time_to_judge_is_told_in_percentiles() -> None:
    for elapsed in range(1, 102):
        sent(0, elapsed_ms=elapsed)

    assert dict(dashboard().latency) == {50: 51, 90: 91, 95: 96, 99: 100}


def test_versions_are_listed_with_the_latest_first() -> None:
    sent(9)
    newest = sent(1)
    Prediction.objects.filter(submission=newest).update(model_version="2")

    versions = dashboard().versions

    assert [(v.version, v.answers) for v in versions] == [("2", 1), ("1", 1)]


def test_scores_are_compared_with_the_validation_of_the_model_in_use(
    settings: Settings, staff_client: Client
) -> None:
    settings.DETECTOR_BUNDLE = settings.BASE_DIR / "classifier/bundles/default"
    card = describe()
    for number in range(120):
        sent(0, "ai" if number % 2 else "human")
    Prediction.objects.update(
        model_name=card.name, model_version=card.version, score_verdict="uncertain"
    )

    (week,) = dashboard().drift
    text = staff_client.get(ADDRESS).text

    # By the score's own verdict, whatever overruled it.
    assert week.counts == (0, 120, 0)
    assert week.index > CHANGED
    assert "<td>changed</td>" in text


def test_space_and_appeals_are_told(user: User) -> None:
    make_dispute(kept_submission(user))

    figures = dashboard()

    assert figures.disk.media > 0
    assert figures.disk.database > 0
    assert figures.appeals == 1


def test_the_figures_cost_few_queries_and_then_none(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for days_ago in range(40):
        sent(days_ago)
    with django_assert_max_num_queries(8):
        dashboard()
    with django_assert_max_num_queries(0):
        dashboard()


def test_an_empty_site_has_a_page_too(staff_client: Client) -> None:
    answer = staff_client.get(ADDRESS)

    assert answer.status_code == 200
    assert "No picture was judged yet." in answer.text


def test_a_drawing_says_its_values_in_text_too(staff_client: Client) -> None:
    sent(0)
    today = f"{timezone.now():%-d %b %Y}"

    assert f"<li>{today}: 1</li>" in staff_client.get(ADDRESS).text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_drawings_are_made_of_plain_numbers_in_each_language(
    staff_client: Client, language: str
) -> None:
    sent(0)
    text = staff_client.get(ADDRESS, headers={"Accept-Language": language}).text

    assert 'height="140' in text


def test_the_admin_leads_to_it(staff_client: Client) -> None:
    assert f'href="{ADDRESS}"' in staff_client.get("/admin/").text


def test_reviewers_do_not_see_it() -> None:
    reviewer = UserFactory.create(is_staff=True)
    right = Permission.objects.get(codename="change_dispute")
    reviewer.user_permissions.add(right)
    client = Client()
    client.force_login(reviewer)

    assert client.get(ADDRESS).status_code == 403
    assert ADDRESS not in client.get("/admin/").text


def test_others_are_sent_to_the_log_in(client: Client, user_client: Client) -> None:
    cache.clear()

    assert client.get(ADDRESS).status_code == 302
    assert user_client.get(ADDRESS).status_code == 302
