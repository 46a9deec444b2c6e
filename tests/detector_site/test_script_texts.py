"""The texts of the scripts: served from here, cached, and English without any file."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import translation


def test_a_page_with_scripts_loads_their_texts_from_this_site(client: Client) -> None:
    page = client.get("/").content.decode()

    texts = page.index('<script src="/jsi18n/?language=en-gb&amp;version=')
    assert texts < page.index('<script type="module"')
    assert not re.search(r"<script[^>]*>[^<\s]", page), "an inline script"
    assert not re.search(r'<script[^>]+src="(?!/)', page), "a script from elsewhere"


def test_the_functions_exist_without_any_translation(client: Client) -> None:
    response = client.get("/jsi18n/?language=en-gb")

    assert response["Content-Type"].startswith("text/javascript")
    script = response.content.decode()
    for name in ("gettext", "ngettext", "interpolate"):
        assert f"globals.{name} =" in script


@pytest.mark.parametrize("query", ["", "?language=xx", "?language=../../etc/passwd"])
def test_an_unknown_language_is_the_default_one(client: Client, query: str) -> None:
    default = client.get("/jsi18n/?language=en-gb").content

    assert client.get(f"/jsi18n/{query}").content == default


def test_it_is_cached_for_everybody_alike(client: Client) -> None:
    response = client.get("/jsi18n/?language=ar", headers={"Accept-Language": "de"})

    assert "public" in response["Cache-Control"]
    assert "max-age=86400" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")


def test_the_language_ends_with_the_request(client: Client) -> None:
    with translation.override("en-gb"):
        client.get("/jsi18n/?language=ar")

        assert translation.get_language() == "en-gb"
