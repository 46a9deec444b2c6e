"""Each request has a name, in the answer and in every log line about it."""

from __future__ import annotations

import io
import json
import logging
from logging.config import dictConfig

import pytest
from django.test import Client
from pytest_django import Settings

from operations.logs import logging_config

GIVEN = "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.django_db


def named_by(client: Client, given: str) -> str:
    """The id in the answer to a request that brings one."""
    return client.get("/health", headers={"X-Request-ID": given})["X-Request-ID"]


def test_every_answer_has_an_id_of_its_own(client: Client) -> None:
    first, second = client.get("/health"), client.get("/health")

    assert len(first["X-Request-ID"]) == 32
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_a_trusted_proxy_names_the_request(client: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1

    assert (
        client.get("/health", headers={"X-Request-ID": GIVEN})["X-Request-ID"] == GIVEN
    )


@pytest.mark.parametrize("value", ["short", "x" * 65, 'with "quotes" inside', ""])
def test_an_implausible_name_is_replaced(
    client: Client, settings: Settings, value: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = 1

    assert (
        client.get("/health", headers={"X-Request-ID": value})["X-Request-ID"] != value
    )


def test_a_stranger_cannot_choose_the_name(client: Client) -> None:
    assert (
        client.get("/health", headers={"X-Request-ID": GIVEN})["X-Request-ID"] != GIVEN
    )


def test_a_json_line_holds_time_level_logger_message_and_id(client: Client) -> None:
    answer = client.get("/health")
    config = logging_config(level="INFO", form="json")
    config["handlers"]["stderr"]["stream"] = stream = io.StringIO()
    config["loggers"] = {"probe": {"handlers": ["stderr"], "propagate": False}}
    config.pop("root")

    dictConfig(config)
    logging.getLogger("probe").error("Something %s", "happened")
    entry = json.loads(stream.getvalue())

    assert entry["message"] == "Something happened"
    assert entry["request_id"] == answer["X-Request-ID"]
    assert {"time", "level", "logger"} <= set(entry)
