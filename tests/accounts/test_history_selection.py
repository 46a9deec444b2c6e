"""Many pictures at once: delete after a question, judge again, take along."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import (
    DjangoAssertNumQueries,
    DjangoCaptureOnCommitCallbacks,
    Settings,
)

from accounts.history_actions import MAX_RECHECKS
from accounts.models import User
from classifier.models import Prediction, Submission
from tests.accounts.submissions import make_many, make_submission
from tests.bundles import tiny_bundle
from tests.classifier.appeals import decided, kept_submission

pytestmark = pytest.mark.django_db

URL = "/accounts/history/selection/"
EXPORT = "/accounts/history/export"


def post(
    client: Client, action: str, *submissions: Submission, **more: str
) -> HttpResponseBase:
    ids = [str(submission.pk) for submission in submissions]
    return client.post(URL, {"action": action, "ids": ids, **more})


def text(response: HttpResponseBase) -> str:
    return response.getvalue().decode()


def rows(response: HttpResponseBase) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(response))))


def warning(client: Client, response: HttpResponseBase) -> str:
    html = client.get(response["Location"]).content.decode()
    return re.search(r'class="alert[^>]*>([^<]*)<', html)[1]


@pytest.fixture(scope="module")
def newer_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that calls every picture `ai`."""
    return tiny_bundle(tmp_path_factory.mktemp("newer"), version="2.0", bias=9.0)


@pytest.fixture
def newer_model(settings: Settings, newer_bundle: Path) -> None:
    """The site has a model that has judged nothing yet."""
    settings.DETECTOR_BUNDLE = newer_bundle


# --- Deleting ------------------------------------------------------------------------


def test_deleting_asks_first(user: User, user_client: Client) -> None:
    first, second = (make_submission(owner=user, name=n) for n in ("a.jpg", "b.jpg"))

    html = post(user_client, "delete", first, second).content.decode()

    assert "Delete 2 pictures?" in html
    assert "a.jpg" in html
    assert Submission.objects.count() == 2


def test_the_answer_deletes_these_and_no_others(
    user: User, user_client: Client
) -> None:
    gone, kept = make_submission(owner=user), make_submission(owner=user)

    response = post(user_client, "delete", gone, confirmed="yes", back="verdict=ai")

    assert response["Location"] == "/accounts/history/?verdict=ai"
    assert list(Submission.objects.all()) == [kept]
    assert "1 picture and its results are deleted." in warning(user_client, response)


def test_the_way_back_never_leaves_the_site(user: User, user_client: Client) -> None:
    submission = make_submission(owner=user)

    response = post(
        user_client, "delete", submission, confirmed="yes", back="//evil.example/?x=1"
    )

    assert response["Location"].startswith("/accounts/history/?")


def test_files_go_with_their_rows(
    user: User,
    user_client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    submission = kept_submission(user)
    storage, name = submission.preview.storage, submission.preview.name

    with django_capture_on_commit_callbacks(execute=True):
        post(user_client, "delete", submission, confirmed="yes")

    assert not storage.exists(name)


@pytest.mark.parametrize("action", ["delete", "recheck", "csv", "json"])
def test_strangers_reach_nothing_by_id(
    user: User, stranger_client: Client, action: str
) -> None:
    submission = make_submission(owner=user, name="secret.jpg")

    response = post(stranger_client, action, submission, confirmed="yes")

    shown = text(response) if response.streaming else response.content.decode()
    assert "secret.jpg" not in shown
    assert str(submission.pk) not in shown
    assert Submission.objects.filter(pk=submission.pk).exists()
    assert submission.predictions.count() == 1


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_selection_is_only_posted(user_client: Client, method: str) -> None:
    assert getattr(user_client, method)(URL).status_code == 405


def test_a_selection_needs_its_csrf_token_and_a_log_in(user: User) -> None:
    submission = make_submission(owner=user)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)

    assert post(careful, "delete", submission, confirmed="yes").status_code == 403
    assert post(Client(), "delete", submission, confirmed="yes").status_code == 302
    assert Submission.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"action": "delete"}, "Select at least one picture first."),
        ({"action": "delete", "ids": ["1"]}, "Select a valid choice."),
        ({"action": "delete", "ids": [str(uuid4())]}, "are deleted already"),
        (
            {"action": "csv", "ids": [str(uuid4()) for _ in range(201)]},
            "Select at most 200 pictures at once.",
        ),
    ],
)
def test_a_selection_that_cannot_be_used_is_explained(
    user: User, user_client: Client, data: dict[str, object], sentence: str
) -> None:
    assert sentence in warning(user_client, user_client.post(URL, data))


# --- Judging again -------------------------------------------------------------------


def test_the_model_in_use_judges_the_previews_and_says_what_changed(
    user: User, user_client: Client, newer_model: None
) -> None:
    flips = kept_submission(user, "human", "grey")
    stays = kept_submission(user, "ai", "red")

    html = post(user_client, "recheck", flips, stays).content.decode()

    assert "2 pictures were judged" in html
    assert "the verdict is another one now" in html
    assert "the verdict is the same" in html
    flips.refresh_from_db()
    assert (flips.final_verdict, flips.model) == ("ai", "tiny 2.0")
    assert flips.latest_prediction.scored_on == "preview"


def test_what_cannot_be_judged_again_is_told_why(
    user: User, user_client: Client, newer_model: None
) -> None:
    judged, bare = kept_submission(user), make_submission(owner=user)
    post(user_client, "recheck", judged)

    html = post(user_client, "recheck", judged, bare).content.decode()

    assert "The model in use has judged it already." in html
    assert "There is no stored preview to judge." in html
    assert Prediction.objects.count() == 3


def test_one_request_judges_a_bounded_number(
    user: User, user_client: Client, newer_model: None
) -> None:
    many = [kept_submission(user) for _ in range(MAX_RECHECKS + 1)]

    html = post(user_client, "recheck", *many).content.decode()

    assert html.count("Judged again on its preview") == MAX_RECHECKS
    assert html.count("Select it again.") == 1


def test_pictures_beyond_the_rate_limit_wait(
    user: User, user_client: Client, newer_model: None, settings: Settings
) -> None:
    settings.THROTTLE_USER = "1/min"
    pictures = [kept_submission(user), kept_submission(user)]

    html = post(user_client, "recheck", *pictures).content.decode()

    assert html.count("Judged again on its preview") == 1
    assert "Try again in" in html


def test_without_a_model_nothing_happens(
    user: User, user_client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "missing"
    submission = kept_submission(user)

    response = post(user_client, "recheck", submission)

    assert "The detector is not available" in warning(user_client, response)


# --- Taking along --------------------------------------------------------------------


def test_the_selection_is_exported_as_csv(user: User, user_client: Client) -> None:
    chosen = make_submission(owner=user, verdict="human", name="cat, fed.jpg")
    make_submission(owner=user)

    response = post(user_client, "csv", chosen)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(r'filename="history-[\d-]+\.csv"', response["Content-Disposition"])
    (row,) = rows(response)
    assert row["id"] == str(chosen.pk)
    assert row["name"] == "cat, fed.jpg"
    assert (row["label"], row["ai_probability"]) == ("human", "0.1")
    assert (row["model"], row["width"], row["source"]) == ("tiny 1", "640", "page")
    assert row["page"] == f"http://testserver/submissions/{chosen.pk}/"


def test_the_selection_is_exported_as_json(user: User, user_client: Client) -> None:
    made = [make_submission(owner=user, name=f"été {n}.jpg") for n in range(2)]

    found = json.loads(text(post(user_client, "json", *made)))

    assert [row["name"] for row in found] == ["été 1.jpg", "été 0.jpg"]
    assert found[0]["ai_probability"] == 0.9


def test_everything_that_the_filters_find_is_exported(
    user: User, stranger: User, user_client: Client
) -> None:
    corrected = make_submission(owner=user, verdict="ai", name="mine.jpg")
    decided(corrected, stranger, label="human", outcome="corrected")
    make_submission(owner=user, verdict="ai")
    make_submission(owner=stranger, verdict="human")

    (row,) = rows(user_client.get(f"{EXPORT}/csv/?verdict=human"))

    assert row["name"] == "mine.jpg"
    assert (row["label"], row["final_label"]) == ("ai", "human")
    assert row["feedback"] == "corrected"


def test_a_long_history_is_exported_whole_and_in_order(
    user: User,
    user_client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_many(owner=user, number=1001)

    with django_assert_max_num_queries(12):
        found = rows(user_client.get(f"{EXPORT}/csv/"))

    times = [row["created_at"] for row in found]
    assert len({row["id"] for row in found}) == 1001
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_runs_no_name_as_a_formula(
    user: User, user_client: Client, start: str
) -> None:
    submission = make_submission(owner=user)
    Submission.objects.filter(pk=submission.pk).update(original_name=f"{start}1+1")

    (row,) = rows(user_client.get(f"{EXPORT}/csv/"))

    assert row["name"] == f"'{start}1+1"


@pytest.mark.parametrize(("kind", "expected"), [("csv", 1), ("json", 2)])
def test_an_export_of_nothing_is_a_valid_file(
    user_client: Client, kind: str, expected: int
) -> None:
    content = text(user_client.get(f"{EXPORT}/{kind}/"))

    assert len(content.splitlines() if kind == "csv" else content.strip()) == expected


def test_an_unknown_kind_of_export_is_not_found(user_client: Client) -> None:
    assert user_client.get(f"{EXPORT}/xml/").status_code == 404


def test_an_export_is_for_its_owner(user: User, stranger_client: Client) -> None:
    make_submission(owner=user)

    assert rows(stranger_client.get(f"{EXPORT}/csv/")) == []
    assert Client().get(f"{EXPORT}/csv/").status_code == 302
