"""What people see of how far to believe a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import PASSWORD, UserFactory
from tests.images import encode, framed, plain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    path.write_bytes(encode(plain("red")))
    return path


@pytest.fixture
def fickle(tmp_path: Path) -> Path:
    path = tmp_path / "fickle.png"
    path.write_bytes(encode(framed("red", "blue")))
    return path


def log_in(page: Page) -> None:
    person = UserFactory.create()
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(person.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda address: "login" not in address)


def test_the_heat_map_lies_over_the_picture_and_fades_by_keyboard(
    page: Page, red: Path
) -> None:
    log_in(page)
    page.goto("/")
    page.locator("#file").set_input_files(red)
    page.get_by_role("link", name="Details").click()

    overlay, picture = page.locator("[data-overlay]"), page.locator(".picture__image")
    expect(overlay).to_have_css("opacity", "0.7")
    assert overlay.bounding_box() == picture.bounding_box()
    page.get_by_label("Heat map").press("Home")
    expect(overlay).to_have_css("opacity", "0")


def test_the_heat_map_shows_without_javascript(
    browser: Browser, live_server: LiveServer, red: Path
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(60_000)
    page = context.new_page()
    log_in(page)
    page.goto("/")
    page.locator("#file").set_input_files(red)
    page.get_by_role("button", name="Check this picture").click()

    expect(page.locator("[data-overlay]")).to_have_css("opacity", "0.7")
    expect(page.get_by_label("Heat map")).to_be_hidden()
    context.close()


def test_the_queue_and_its_page_tell_that_a_verdict_does_not_hold(
    page: Page, fickle: Path
) -> None:
    page.goto("/")
    page.locator("#file").set_input_files(fickle)
    expect(page.locator(".queue__item .badge--uncertain")).to_be_visible()
    page.get_by_role("link", name="Details").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Uncertain")
    expect(page.locator("#stability")).to_contain_text("the copies contradict that")
    page.get_by_text("The changed copies").click()
    expect(
        page.get_by_text("The middle part, four fifths of each side")
    ).to_be_visible()


def test_the_explanation_is_one_click_away(page: Page) -> None:
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("link", name="How it works").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("How it works")
