"""A token does what its scopes say, in both APIs, and nothing else."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from accounts.models import ApiToken, User
from classifier.models import Submission
from tests.accounts.submissions import make_submission
from tests.api.requests import HISTORY, bearer, send

pytestmark = pytest.mark.django_db


def reads_of(submission: Submission) -> list[str]:
    own = f"{HISTORY}{submission.pk}/"
    media = f"/submissions/{submission.pk}"
    return [
        *(HISTORY, own, f"{own}feedback/", f"{own}receipt/"),
        *(f"{media}/preview", f"{media}/heatmap"),
    ]


def test_a_token_for_pictures_reads_no_history(client: Client, user: User) -> None:
    token = bearer(user, "predict")

    assert send(client, **token).status_code == 200
    for path in reads_of(make_submission(owner=user)):
        refused = client.get(path, **token)
        assert refused.status_code == 403, path
        assert refused.json()["code"] == "missing_scope", path
        assert "the scope “history”" in refused.json()["detail"], path


def test_a_token_for_the_history_sends_no_picture(client: Client, user: User) -> None:
    token = bearer(user, "history")

    refused = send(client, **token)

    assert refused.status_code == 403
    assert refused.json()["code"] == "missing_scope"
    assert "the scope “predict”" in refused.json()["detail"]
    assert not Submission.objects.exists()
    assert client.get(HISTORY, **token).status_code == 200


def test_a_token_for_pictures_deletes_nothing(client: Client, user: User) -> None:
    submission = make_submission(owner=user)

    refused = client.delete(f"{HISTORY}{submission.pk}/", **bearer(user, "predict"))

    assert refused.status_code == 403
    assert Submission.objects.exists()


def test_a_token_with_both_does_both(client: Client, user: User) -> None:
    token = bearer(user)

    assert send(client, **token).status_code == 200
    assert client.get(HISTORY, **token).json()["results"]


def test_a_session_needs_no_scope(user_client: Client) -> None:
    assert send(user_client).status_code == 200
    assert user_client.get(HISTORY).status_code == 200


def test_tokens_from_before_scopes_keep_doing_both(user: User) -> None:
    columns = "digest, token_key, user_id, created, name"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_apitoken ({columns}) VALUES (%s, %s, %s, %s, %s)",  # noqa: S608 - constants
            ["d" * 128, "aid_1", user.pk, "2031-01-01 00:00", "old"],
        )

    assert ApiToken.objects.get(name="old").scopes == ["predict", "history"]
