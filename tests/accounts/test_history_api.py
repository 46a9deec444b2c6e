"""`/api/v1/history/`: list, filter, paginate, retrieve, delete one's own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import token_create
from classifier.models import Submission
from tests.accounts.submissions import make_many, make_submission
from tests.classifier.appeals import decided

URL = "/api/v1/history/"

pytestmark = pytest.mark.django_db


def bearer(user: User) -> Client:
    _, token = token_create(user=user, name="test", lifetime=None)
    return Client(headers={"Authorization": f"Bearer {token}"})


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["results"]]


def test_a_token_opens_ones_own_history_newest_first(user: User) -> None:
    older, newer = make_submission(owner=user), make_submission(owner=user)

    answer = bearer(user).get(URL).json()

    assert ids(answer) == [str(newer.pk), str(older.pk)]


def test_a_session_opens_it_too(user: User, user_client: Client) -> None:
    submission = make_submission(owner=user)

    assert ids(user_client.get(URL).json()) == [str(submission.pk)]


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Bearer a b"])
def test_without_a_valid_token_it_is_401(db: None, header: str | None) -> None:
    client = Client(headers={"Authorization": header} if header else {})

    response = client.get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert set(response.json()) == {"detail", "code"}


def test_a_row_speaks_the_words_of_predict(user: User) -> None:
    submission = make_submission(owner=user, verdict="human", name="cat.jpg")

    row = bearer(user).get(f"{URL}{submission.pk}/").json()

    assert row["label"] == "human"
    assert row["ai_probability"] == 0.1
    assert row["confidence"] == 0.9
    assert row["name"] == "cat.jpg"
    assert row["model"] == {"name": "tiny", "version": "1"}
    assert row["image"]["width"] == 640
    assert row["image"]["sha256"] == submission.sha256
    assert row["page"] == f"http://testserver/submissions/{submission.pk}/"


def test_the_label_filters(user: User) -> None:
    make_submission(owner=user, verdict="ai")
    human = make_submission(owner=user, verdict="human")

    assert ids(bearer(user).get(f"{URL}?label=human").json()) == [str(human.pk)]


def test_an_unknown_label_is_a_400_that_names_the_known_ones(user: User) -> None:
    response = bearer(user).get(f"{URL}?label=cat")

    assert response.status_code == 400
    assert response.json() == {
        "detail": "label must be ai, human or uncertain.",
        "code": "bad_label",
    }


def test_pages_follow_a_cursor_and_miss_nothing(user: User) -> None:
    made = [str(make_submission(owner=user).pk) for _ in range(5)]
    client = bearer(user)

    found: list[str] = []
    url: str | None = f"{URL}?limit=2"
    while url:
        answer = client.get(url).json()
        found += ids(answer)
        url = answer["next"]

    assert found == made[::-1]


def test_deleting_removes_the_submission(user: User) -> None:
    submission = make_submission(owner=user)

    response = bearer(user).delete(f"{URL}{submission.pk}/")

    assert response.status_code == 204
    assert not Submission.objects.exists()


def test_a_strangers_id_is_not_found(user: User, stranger: User) -> None:
    submission = make_submission(owner=user)
    client = bearer(stranger)

    assert client.get(f"{URL}{submission.pk}/").status_code == 404
    assert client.delete(f"{URL}{submission.pk}/").status_code == 404
    assert ids(client.get(URL).json()) == []
    assert Submission.objects.exists()


@pytest.mark.parametrize("identifier", [str(uuid.uuid4()), "not-a-uuid", "1"])
def test_an_id_of_nothing_is_not_found(user: User, identifier: str) -> None:
    assert bearer(user).get(f"{URL}{identifier}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_history_cannot_be_written(user: User, method: str) -> None:
    submission = make_submission(owner=user)
    url = URL if method == "post" else f"{URL}{submission.pk}/"

    response = getattr(bearer(user), method)(url)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_deleting_with_a_session_needs_a_csrf_token(user: User) -> None:
    submission = make_submission(owner=user)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.delete(f"{URL}{submission.pk}/").status_code == 403
    assert Submission.objects.exists()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=CAT", ["cat"]),
        ("verdict=human", ["dog", "cat"]),
        ("label=human", ["dog"]),
        ("feedback=corrected", ["cat"]),
        ("model=tiny+1&sort=name", ["cat", "cow", "dog"]),
        ("sort=likeliest_human", ["dog", "cow", "cat"]),
        ("source=api", []),
        ("date_to=2001-01-01", []),
    ],
)
def test_the_list_takes_the_filters_and_orders_of_the_page(
    user: User, stranger: User, query: str, expected: list[str]
) -> None:
    cat = make_submission(owner=user, verdict="ai", name="cat")
    make_submission(owner=user, verdict="uncertain", name="cow")
    make_submission(owner=user, verdict="human", name="dog")
    decided(cat, stranger, label="human", outcome="corrected")

    answer = bearer(user).get(f"{URL}?{query}").json()

    assert [row["name"] for row in answer["results"]] == expected


def test_a_row_names_the_label_that_counts(user: User, stranger: User) -> None:
    submission = make_submission(owner=user, verdict="ai")
    decided(submission, stranger, label="human", outcome="corrected")

    row = bearer(user).get(f"{URL}{submission.pk}/").json()

    assert (row["label"], row["final_label"]) == ("ai", "human")
    assert row["feedback"] == "corrected"


def test_a_long_list_needs_no_more_queries(
    user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_many(owner=user, number=60)
    client = bearer(user)

    with django_assert_max_num_queries(9):
        client.get(f"{URL}?search=photo")
