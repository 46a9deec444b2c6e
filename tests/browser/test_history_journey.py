"""The history by mouse and keyboard, and without a script."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.conftest import TIMEOUT_MS
from tests.classifier.appeals import kept_submission
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def history(user: User) -> list[str]:
    """Four pictures of the user, of two verdicts; their result pages, oldest first."""
    pictures = [
        kept_submission(user, verdict, colour)
        for verdict, colour in (
            *(("ai", "red"), ("human", "blue")),
            *(("ai", "green"), ("human", "grey")),
        )
    ]
    return [picture.get_absolute_url() for picture in pictures]


def log_in(page: Page, user: User) -> None:
    page.goto("/accounts/login/?next=/accounts/history/")
    page.locator("input[name=login]").fill(user.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your history")


def test_filter_select_export_and_delete(
    page: Page, user: User, history: list[str], tmp_path: Path
) -> None:
    log_in(page, user)
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(4)

    # Filters make short addresses, and the view is remembered beside them.
    page.get_by_role("link", name="Table").click()
    page.get_by_label("Verdict").select_option("human")
    page.get_by_role("button", name="Show").click()
    expect(boxes).to_have_count(2)
    assert page.url.endswith("/accounts/history/?verdict=human&sort=newest")
    expect(page.get_by_role("columnheader", name="Model version")).to_be_visible()
    page.get_by_role("link", name="Clear all filters").click()

    # With the keyboard: one box, then up to another with Shift.
    boxes.first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3

    page.get_by_role("button", name="Select all on this page").click()
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.get_by_role("button", name="Select none").click()
    expect(boxes.first).not_to_be_checked()

    boxes.first.check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete 1 picture?")).to_be_visible()
    page.get_by_role("link", name="Keep").click()
    expect(boxes).to_have_count(4)
    boxes.first.check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("1 picture and its results are deleted.")).to_be_visible()
    expect(boxes).to_have_count(3)
    assert page.request.get(history[-1]).status == 404


def test_judge_again_and_look_at_the_summary_without_a_script(
    browser: Browser, live_server: LiveServer, user: User, history: list[str]
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    log_in(page, user)

    page.get_by_role("link", name="Select all on this page").click()
    expect(page.get_by_role("checkbox").last).to_be_checked()
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Judged again on its preview").first).to_be_visible()
    page.get_by_role("link", name="Back to the history").click()

    page.get_by_role("link", name="Summary").click()
    expect(page.get_by_role("img", name="Verdicts by week")).to_be_visible()
    page.get_by_text("The numbers", exact=True).first.click()
    expect(page.get_by_role("columnheader", name="Week from")).to_be_visible()
    context.close()
