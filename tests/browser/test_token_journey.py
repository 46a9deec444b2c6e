"""A person makes a token in a real browser and copies a program that holds it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def log_in(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill(user.username)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_a_new_token_and_a_program_with_it_are_copied(
    page: Page, live_server: LiveServer, user: User
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in(page, user)
    page.goto("/accounts/tokens/")
    page.get_by_label("Name").fill("newsroom script")
    page.get_by_label("Read, dispute and delete results").uncheck()
    page.get_by_role("button", name="Create token").click()

    token = page.locator("[data-token]").inner_text()
    page.get_by_role("button", name="Copy the token").click()
    expect(page.get_by_role("button", name="Copied the token")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == token
    page.get_by_role("button", name="Copy curl").first.click()
    expect(page.get_by_role("button", name="Copied curl")).to_be_visible()
    program = page.evaluate("navigator.clipboard.readText()")
    assert f"Bearer {token}" in program
    assert program.startswith("curl ")

    page.goto("/accounts/tokens/")
    expect(page.get_by_role("row", name=re.compile("newsroom script"))).to_contain_text(
        "predict"
    )
    assert token not in page.content()
