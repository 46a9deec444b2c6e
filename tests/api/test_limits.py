"""Limits by address, account and token, quotas of the day, and what answers tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from classifier.models import Counter, UserLimits
from classifier.throttling import (
    TooManyRequests,
    count_request,
    give_back_pictures,
    quota_today,
)
from tests.api.requests import HISTORY, RED, bearer, send
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
MIDNIGHT = int(datetime(2031, 5, 5, tzinfo=UTC).timestamp())


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Noon, and it stays noon."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def limits(response: HttpResponse) -> tuple[str, ...]:
    """Limit, remaining, reset and resource."""
    names = ("Limit", "Remaining", "Reset", "Resource")
    return tuple(response[f"X-RateLimit-{name}"] for name in names)


def in_a_minute() -> str:
    return str(int(NOON.timestamp()) + 60)


def test_an_answer_tells_what_is_left_for_the_address(
    client: Client, settings: Settings
) -> None:
    settings.THROTTLE_ANON = "2/min"

    assert limits(send(client)) == ("2", "1", in_a_minute(), "address")
    assert limits(send(client)) == ("2", "0", in_a_minute(), "address")
    refused = send(client)

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert limits(refused) == ("2", "0", in_a_minute(), "address")
    assert refused["Retry-After"] == "60"


def test_it_goes_on_when_the_window_is_over(
    client: Client, settings: Settings, clock: time_machine.Traveller
) -> None:
    settings.THROTTLE_ANON = "1/min"
    send(client)
    clock.shift(59)
    assert send(client)["Retry-After"] == "1"
    clock.shift(1)

    assert send(client).status_code == 200


def test_refused_requests_prolong_nothing(client: Client, settings: Settings) -> None:
    settings.THROTTLE_ANON = "1/min"
    for _ in range(5):
        send(client)

    assert Counter.objects.get().used == 1


def test_a_bad_picture_counts_as_well(client: Client, settings: Settings) -> None:
    settings.THROTTLE_ANON = "3/min"

    refused = send(client, b"no picture")

    assert refused.status_code == 415
    assert limits(refused)[1] == "2"


def test_each_token_has_a_limit_of_its_own(
    client: Client, user: User, settings: Settings
) -> None:
    settings.THROTTLE_TOKEN = "1/min"
    one, other = bearer(user), bearer(user)

    assert limits(send(client, **one)) == ("1", "0", in_a_minute(), "token")
    assert send(client, **one).status_code == 429
    assert send(client, **other).status_code == 200


def test_tokens_and_pages_share_the_limit_of_the_account(
    client: Client, user: User, user_client: Client, settings: Settings
) -> None:
    settings.THROTTLE_USER = "2/min"
    send(client, **bearer(user))
    send(user_client)

    refused = send(client, **bearer(user))

    assert refused.status_code == 429
    assert limits(refused)[3] == "account"


def test_what_one_limit_refuses_the_others_do_not_count(
    client: Client, user: User, settings: Settings
) -> None:
    settings.THROTTLE_TOKEN, settings.THROTTLE_USER = "1/min", "2/min"
    busy, other = bearer(user), bearer(user)
    send(client, **busy)
    for _ in range(3):
        assert send(client, **busy).status_code == 429

    assert send(client, **other).status_code == 200
    assert quota_today(user=user).used == 2


def test_the_history_counts_apart_with_the_same_headers(
    client: Client, user: User, settings: Settings
) -> None:
    settings.THROTTLE_TOKEN = "1/min"
    token = bearer(user)
    send(client, **token)

    first, second = client.get(HISTORY, **token), client.get(HISTORY, **token)

    assert first.status_code == 200
    assert limits(first) == ("1", "0", in_a_minute(), "token")
    assert second.status_code == 429
    assert second.json()["code"] == "throttled"
    assert limits(second) == ("1", "0", in_a_minute(), "token")
    assert second["Retry-After"] == "60"


def test_the_history_costs_no_quota(client: Client, user: User) -> None:
    client.get(HISTORY, **bearer(user))

    assert quota_today(user=user).used == 0


def test_the_quota_of_the_day_ends_and_begins_anew(
    client: Client, user: User, settings: Settings, clock: time_machine.Traveller
) -> None:
    settings.DAILY_QUOTA = 1
    token = bearer(user)
    assert limits(send(client, **token)) == ("1", "0", str(MIDNIGHT), "day")

    refused = send(client, **token)

    assert refused.status_code == 429
    assert refused.json() == {
        "detail": "You may send 1 picture a day, and 0 is left. "
        "The day ends at 00:00 UTC.",
        "code": "quota_exceeded",
    }
    assert limits(refused) == ("1", "0", str(MIDNIGHT), "day")
    assert refused["Retry-After"] == str(12 * 3600)
    clock.move_to(datetime(2031, 5, 5, tzinfo=UTC))
    assert send(client, **token).status_code == 200


def test_a_picture_that_is_known_counts(client: Client, user: User) -> None:
    token = bearer(user)
    send(client, **token)

    assert send(client, **token).json()["cached"] is True
    assert quota_today(user=user).used == 2


@pytest.mark.parametrize("refuse", [b"no picture", b""], ids=["415", "400"])
def test_a_refused_picture_costs_no_quota(
    client: Client, user: User, user_client: Client, refuse: bytes
) -> None:
    assert send(client, refuse, **bearer(user)).status_code in (400, 415)
    user_client.post("/", {"file": ""})

    assert quota_today(user=user).used == 0


def test_the_upload_page_counts_and_refuses_too(
    user: User, user_client: Client, settings: Settings
) -> None:
    settings.DAILY_QUOTA = 1
    send(user_client)

    refused = user_client.post("/", {"file": SimpleUploadedFile("a.png", RED)})

    assert refused.status_code == 429
    assert "You may send 1 picture a day" in refused.content.decode()


def test_staff_raise_and_lower_the_quota_of_one_person(
    client: Client, user: User, admin_client: Client, settings: Settings
) -> None:
    settings.DAILY_QUOTA = 0
    token = bearer(user)
    form = {"user": user.pk, "daily_quota": 2}

    admin_client.post("/admin/classifier/userlimits/add/", form)
    assert limits(send(client, **token)) == ("2", "1", str(MIDNIGHT), "day")
    path = f"/admin/classifier/userlimits/{user.pk}/change/"
    admin_client.post(path, form | {"daily_quota": 0})
    refused = send(client, **token)

    assert "You may not send pictures." in refused.json()["detail"]
    listed = admin_client.get("/admin/classifier/userlimits/").content.decode()
    assert "1 of 0" in listed


def test_a_limit_without_a_number_is_that_of_the_site(
    client: Client, user: User, settings: Settings
) -> None:
    settings.DAILY_QUOTA = 7
    UserLimits.objects.create(user=user, daily_quota=None)

    assert limits(send(client, **bearer(user)))[0] == "7"


def test_the_page_of_tokens_shows_what_is_used(
    user: User, user_client: Client, settings: Settings
) -> None:
    settings.DAILY_QUOTA = 200
    for _ in range(2):
        send(user_client)

    page = user_client.get("/accounts/tokens/").content.decode()

    assert "Used 2 of 200 pictures today." in page


def test_several_pictures_in_one_request_count_as_many(
    rf: Callable[..., object], user: User, settings: Settings
) -> None:
    settings.THROTTLE_USER, settings.DAILY_QUOTA = "100/min", 100
    request = rf.post("/predict/batch")

    count_request(request, user, pictures=20)
    give_back_pictures(request, 3)

    assert quota_today(user=user).used == 17
    assert Counter.objects.get(name=f"submit:account:{user.pk}").used == 20


def test_pictures_that_are_counted_one_by_one_are_given_back_together(
    rf: Callable[..., object], user: User
) -> None:
    request = rf.post("/predict/batch")
    for _ in range(3):
        count_request(request, user)

    give_back_pictures(request)

    assert quota_today(user=user).used == 0


def test_nothing_is_given_back_that_was_not_counted(
    rf: Callable[..., object], user: User, settings: Settings
) -> None:
    settings.DAILY_QUOTA = 1
    request = rf.post("/predict/batch")
    count_request(request, user)
    with pytest.raises(TooManyRequests):
        count_request(request, user)

    give_back_pictures(request, 5)

    assert quota_today(user=user).used == 0


def test_addresses_are_not_stored(client: Client) -> None:
    send(client, REMOTE_ADDR="192.0.2.77")

    assert "192.0.2.77" not in Counter.objects.get().name


def test_counting_is_one_query_and_reading_the_token_another(
    client: Client,
    user: User,
    rf: Callable[..., object],
    django_assert_num_queries: Callable[..., object],
) -> None:
    anonymous = rf.post("/predict")
    with django_assert_num_queries(1):
        count_request(anonymous, None)
    person = UserFactory.create()
    with django_assert_num_queries(2):  # the person's limits, then all counters
        count_request(rf.post("/predict"), person, token="t")
