"""URLs of the services that the site uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from detector_site.service_urls import (
    broker_from_url,
    cache_from_url,
    database_from_url,
    email_from_url,
)


def test_sqlite_writes_ahead_and_waits_for_locks() -> None:
    database = database_from_url("sqlite:////srv/db.sqlite3")

    assert database["NAME"] == "/srv/db.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_postgres_url_becomes_the_postgres_backend() -> None:
    database = database_from_url("postgres://ada:secret@db.example.org:5433/detector")

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"]) == ("db.example.org", 5433)
    assert (database["USER"], database["NAME"]) == ("ada", "detector")


def test_the_cache_can_be_redis() -> None:
    cache = cache_from_url("redis://localhost:6379/0")

    assert cache["BACKEND"].endswith("RedisCache")
    assert cache["LOCATION"] == "redis://localhost:6379/0"


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp+tls://ada:p%40ss@mail.example.org", 587, True, False),
        ("smtp+ssl://ada:p%40ss@mail.example.org", 465, False, True),
        ("smtp://ada:p%40ss@mail.example.org:2525", 2525, False, False),
    ],
)
def test_a_mail_url_names_server_port_and_encryption(
    url: str, port: int, starttls: bool, tls: bool
) -> None:
    email = email_from_url(url)

    assert email["EMAIL_HOST"] == "mail.example.org"
    assert email["EMAIL_PORT"] == port
    assert email["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert (email["EMAIL_USE_TLS"], email["EMAIL_USE_SSL"]) == (starttls, tls)


@pytest.mark.parametrize(
    ("reader", "url", "name"),
    [
        (database_from_url, "oracle://ada:hunter2@db", "DATABASE_URL"),
        (cache_from_url, "memcached://ada:hunter2@cache", "CACHE_URL"),
        (email_from_url, "imap://ada:hunter2@mail", "EMAIL_URL"),
        (email_from_url, "smtp://ada:hunter2@mail:99999", "EMAIL_URL"),
    ],
)
def test_a_bad_url_is_refused_without_repeating_its_password(
    reader: Callable[[str], dict[str, Any]], url: str, name: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=name) as refusal:
        reader(url)

    assert "hunter2" not in str(refusal.value)


def broker(url: str) -> dict[str, Any]:
    return broker_from_url(url, visibility_seconds=900)


def test_without_a_url_there_is_no_broker() -> None:
    assert broker("") == {"CELERY_BROKER_URL": ""}


def test_the_broker_can_be_redis() -> None:
    settings = broker("rediss://:secret@cache.example.org:6379/1")

    assert settings["CELERY_BROKER_URL"] == "rediss://:secret@cache.example.org:6379/1"
    assert settings["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"] == 900


def test_the_broker_can_be_one_queue_of_sqs_with_the_role_of_the_machine() -> None:
    settings = broker("sqs://sqs.eu-central-1.amazonaws.com/123456789012/tasks")

    options = settings["CELERY_BROKER_TRANSPORT_OPTIONS"]
    assert settings["CELERY_BROKER_URL"] == "sqs://"
    assert options["region"] == "eu-central-1"
    assert options["predefined_queues"] == {
        settings["CELERY_TASK_DEFAULT_QUEUE"]: {
            "url": "https://sqs.eu-central-1.amazonaws.com/123456789012/tasks"
        }
    }


@pytest.mark.parametrize("url", ["amqp://localhost", "redis://", "sqs://host/queue"])
def test_another_broker_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CELERY_BROKER_URL must be"):
        broker(url)
