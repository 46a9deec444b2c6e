"""Every address of the site, for somebody anonymous, a stranger and the owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from accounts.services import token_create
from tests.accounts.confirming import confirm
from tests.detector_site.url_table import LOGIN, ROWS, Answer, Row, objects_of

pytestmark = pytest.mark.django_db

JSON = "application/json"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
NOBODY = UUID(int=0)
# The addresses of the admin's models are many, and one rule holds for all.
STAFF_ONLY = "admin/"
# Whatever a person sends, it is refused before anything is looked at.
NOT_FOR_PEOPLE = (302, 403, 404, 405)


def routes(
    patterns: Iterable[URLPattern | URLResolver] = (), before: str = ""
) -> Iterator[str]:
    """Every route of the project with all of its prefixes."""
    for pattern in patterns or get_resolver().url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif pattern.name != "api-root":  # django-ninja's, which answers 404
            yield route


ROUTES = set(routes())
ADMIN = sorted(route for route in ROUTES if route.startswith(STAFF_ONLY))


def path_of(route: str, row: Row, objects: dict[str, str]) -> str:
    """An address with the owner's objects in it."""
    if row.example:
        return f"/{row.example}"
    objects = objects | {"pk": objects[row.pk]}
    unknown = set(PARAMETER.findall(route)) - objects.keys()
    assert not unknown, f"Add {unknown} to objects_of in url_table.py."
    return "/" + PARAMETER.sub(lambda match: objects[match[1]], route)


def answer(client: Client, path: str, row: Row) -> Answer:
    """The status, or `LOGIN`."""
    response = client.generic(row.method, path, row.json, JSON)
    if response.status_code == 302 and response["Location"].startswith(
        reverse("account_login")
    ):
        return LOGIN
    return response.status_code


def test_every_address_has_a_row() -> None:
    missing = sorted(ROUTES - ROWS.keys() - set(ADMIN))

    assert not missing, (
        f"Nobody says who may see {missing}: add a row for each to ROWS in "
        "tests/detector_site/url_table.py, with what it answers to somebody anonymous, "
        "to a stranger and to the owner. Where its address holds an id, a stranger "
        "gets 404."
    )


def test_every_row_has_an_address() -> None:
    gone = sorted(ROWS.keys() - ROUTES)

    assert not gone, f"Remove the rows of {gone} from url_table.py; they are no more."


def test_strangers_find_nothing_by_an_id() -> None:
    open_doors = [
        route
        for route, row in ROWS.items()
        if "<" in route and not (row.is_secret or row.example) and row.stranger != 404
    ]

    assert not open_doors, f"A stranger must get 404 at {open_doors}."


@pytest.mark.parametrize("route", sorted(ROWS))
def test_an_address_answers_as_the_table_says(
    route: str,
    client: Client,
    user: User,
    user_client: Client,
    stranger_client: Client,
) -> None:
    row = ROWS[route]
    path = path_of(route, row, objects_of(user, row.pk))
    if row.confirmed:
        confirm(stranger_client)
        confirm(user_client)

    answers = {
        "anonymous": answer(client, path, row),
        "stranger": answer(stranger_client, path, row),
        "owner": answer(user_client, path, row),
    }

    assert answers == {
        "anonymous": row.anonymous,
        "stranger": row.stranger,
        "owner": row.owner,
    }, path


@pytest.mark.parametrize(
    "route", sorted(r for r, row in ROWS.items() if "<" in r and not row.example)
)
def test_an_id_that_nobody_has_is_not_found(
    route: str, user: User, user_client: Client
) -> None:
    row = ROWS[route]
    nothing = {
        name: "0"
        if name in ("evidence_id", "log_in", "passkey")
        else "none"
        if "token" in name
        else str(NOBODY)
        for name in objects_of(user)
    }
    if row.confirmed:
        confirm(user_client)
    assert answer(user_client, path_of(route, row, nothing), row) == 404


@pytest.mark.parametrize("route", sorted(r for r, row in ROWS.items() if row.scope))
def test_a_token_needs_the_scope(route: str, client: Client, user: User) -> None:
    row = ROWS[route]
    path = path_of(route, row, objects_of(user))
    _, token = token_create(user=user, name="bare", lifetime=None, scopes=[])

    bearer = f"Bearer {token}"
    refused = client.generic(
        row.method, path, row.json, JSON, HTTP_AUTHORIZATION=bearer
    )

    assert refused.status_code == 403
    assert refused.json()["code"] == "missing_scope"
    assert f"“{row.scope}”" in refused.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_staff_enter_the_admin(
    method: str, client: Client, user_client: Client
) -> None:
    opened = []
    for route in ADMIN:
        path = re.sub(r"<uuid:\w+>", str(NOBODY), route)
        path = re.sub(r"\^?\(\?P<app_label>[^)]*\)/\$", "accounts/", path)
        path = re.sub(r"\(\?P<url>\.\*\)\$", "nowhere", path)
        path = "/" + PARAMETER.sub("1", path)
        for visitor in (client, user_client):
            status = visitor.generic(method, path).status_code
            if status not in NOT_FOR_PEOPLE:
                opened.append((path, status))

    assert not opened
