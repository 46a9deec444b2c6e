"""The summary: verdicts by week and the spread of the scores."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from accounts.history_plots import bar_chart
from accounts.history_selectors import HistoryFilters
from accounts.history_summary import history_summary
from accounts.models import User
from classifier.history_columns import history_refresh
from classifier.models import Submission
from tests.accounts.submissions import make_many, make_submission
from tests.classifier.appeals import decided

pytestmark = pytest.mark.django_db

URL = "/accounts/history/?view=summary"


def sent_on(submission: Submission, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    Submission.objects.filter(pk=submission.pk).update(created_at=moment)


def weeks(user: User) -> dict[date, dict[str, int]]:
    found = history_summary(user=user, filters=HistoryFilters())
    return {week.monday: week.counts for week in found.weeks if week.total}


def test_weeks_begin_on_monday_and_end_with_the_newest_picture(user: User) -> None:
    sunday, monday = date(2026, 3, 1), date(2026, 3, 2)
    sent_on(make_submission(owner=user, verdict="human"), sunday)
    sent_on(make_submission(owner=user, verdict="ai"), monday)
    sent_on(make_submission(owner=user, verdict="ai"), date(2026, 3, 8))
    sent_on(make_submission(owner=user, verdict="ai"), date(2025, 3, 1))

    assert weeks(user) == {
        date(2026, 2, 23): {"human": 1, "uncertain": 0, "ai": 0},
        monday: {"human": 0, "uncertain": 0, "ai": 2},
    }


def test_a_correction_counts_in_place_of_the_verdict(
    user: User, stranger: User
) -> None:
    submission = make_submission(owner=user, verdict="ai")
    decided(submission, stranger, label="human", outcome="corrected")

    (counts,) = weeks(user).values()
    assert counts == {"human": 1, "uncertain": 0, "ai": 0}


def test_scores_are_counted_by_tenths(user: User) -> None:
    for probability in (0.0, 0.05, 0.1, 0.95, 1.0):
        submission = make_submission(owner=user)
        submission.predictions.update(ai_probability=probability)
        history_refresh(submission_id=submission.pk)

    summary = history_summary(user=user, filters=HistoryFilters())

    assert summary.bins == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert summary.total == 5


def test_the_summary_goes_by_the_filters(user: User, stranger: User) -> None:
    make_submission(owner=user, name="cat.jpg")
    make_submission(owner=user, name="dog.jpg")
    make_submission(owner=stranger, name="cat.jpg")

    assert history_summary(user=user, filters=HistoryFilters(search="cat")).total == 1
    assert history_summary(user=user, filters=HistoryFilters(search="cow")) is None


def test_a_long_history_is_not_counted_with_every_look(user: User) -> None:
    make_many(owner=user, number=1001)
    assert history_summary(user=user, filters=HistoryFilters()).total == 1001

    make_submission(owner=user)

    assert history_summary(user=user, filters=HistoryFilters()).total == 1001
    other = HistoryFilters(verdict="ai")
    assert history_summary(user=user, filters=other).total == 1002


def test_the_page_draws_the_numbers_and_lists_them(
    user: User, user_client: Client
) -> None:
    sent_on(make_submission(owner=user, verdict="human"), date(2026, 3, 4))

    html = user_client.get(URL).content.decode()

    assert html.count('role="img"') == 2
    assert len(re.findall(r'<rect class="chart__bar', html)) == 2
    assert "2 March 2026" in html
    assert "10–20%" in html
    assert "style=" not in html


def test_an_empty_history_has_no_plots(user_client: Client) -> None:
    html = user_client.get(URL).content.decode()

    assert "You have not checked a picture yet." in html
    assert '<svg class="chart"' not in html


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, "1"), (1, "1"), (3, "5"), (10, "10"), (11, "20"), (501, "1,000")],
)
def test_the_axis_ends_at_a_round_number(most: int, top: str) -> None:
    chart = bar_chart(columns=[{"ai": most}], labels=["a"])

    assert chart.levels[-1].text == top


def test_bars_of_a_column_stand_on_each_other() -> None:
    chart = bar_chart(columns=[{"human": 1, "ai": 3, "uncertain": 0}], labels=["a"])

    lower, upper = chart.bars
    assert float(upper.y) + float(upper.height) == pytest.approx(float(lower.y))
    assert float(upper.height) == pytest.approx(3 * float(lower.height), abs=0.3)
