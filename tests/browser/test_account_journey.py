"""Second steps, passkeys, log-ins and one's data, in a browser with its scripts."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.accounts.confirming import totp
from tests.factories import PASSWORD, UserFactory
from tests.images import encode, plain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A phone that always recognises its owner's finger.
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's static files and, beside them, those of allauth."""
    root = tmp_path_factory.mktemp("static")
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    storages = {**django_settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        call_command(
            "collectstatic",
            interactive=False,
            link=True,
            verbosity=0,
            ignore_patterns=["admin", "ninja", "rest_framework"],
        )
    return root


@pytest.fixture(autouse=True)
def _with_files_of_allauth(
    _files_of_the_pages: None, settings: Settings, collected: Path
) -> None:
    settings.STATIC_ROOT = collected


@pytest.fixture
def ada(transactional_db: None) -> User:
    """Somebody with an account and a password."""
    return UserFactory.create(username="ada")


@pytest.fixture
def strict_page(page: Page) -> Iterator[Page]:
    """A page on which nothing is refused by the Content Security Policy."""
    refused: list[str] = []
    page.on(
        "console",
        lambda message: (
            refused.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    yield page
    assert refused == []


def give_password(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_in(page: Page) -> None:
    give_password(page)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").first.click()
    page.wait_for_url("**/")


def confirm(page: Page) -> None:
    """Answer the question who one is by the password."""
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def give_phone(page: Page) -> str:
    """Plug a virtual authenticator in; its id."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    answer = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
    return answer["authenticatorId"]


def test_an_app_is_set_up_and_asked_for_at_the_next_log_in(
    strict_page: Page, ada: User
) -> None:
    page = strict_page
    log_in(page)
    page.goto("/accounts/security/")
    page.get_by_role("link", name="Set up an app").click()
    confirm(page)
    expect(page.locator("img.qr")).to_be_visible()
    assert page.locator("img.qr").evaluate("(image) => image.naturalWidth") > 0
    secret = page.locator("[data-secret]").inner_text()
    page.get_by_label("Code that the app shows").fill(totp(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("[data-recovery-code]")).to_have_count(10)
    code = page.locator("[data-recovery-code]").first.inner_text()
    log_out(page)

    give_password(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_label("Code from your app, or a recovery code").fill("000000")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    page.get_by_label("Code from your app, or a recovery code").fill(
        totp(secret, time.time() + 30)
    )
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/")
    log_out(page)

    give_password(page)
    page.get_by_label("Code from your app, or a recovery code").fill(code)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/")
    page.goto("/accounts/security/")
    expect(page.get_by_text("9 codes are left.")).to_be_visible()


def test_a_passkey_logs_in_without_a_password(strict_page: Page, ada: User) -> None:
    page = strict_page
    log_in(page)
    give_phone(page)
    page.goto("/accounts/security/")
    page.get_by_role("link", name="Add a passkey").click()
    confirm(page)
    page.get_by_label("Name").fill("My phone")
    expect(page.get_by_label("Log in with this key alone")).to_be_checked()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-recovery-code]")).to_have_count(10)
    page.goto("/accounts/security/webauthn/")
    expect(page.get_by_role("row", name="My phone")).to_contain_text("Passkey")
    log_out(page)

    page.goto("/accounts/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("link", name="History")).to_be_visible()

    # The same key answers in place of the password where that is asked for.
    page.goto("/accounts/delete/")
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page.get_by_role("heading", name="Delete your account?")).to_be_visible()


def test_a_passkey_is_the_second_step_after_the_password(
    strict_page: Page, ada: User
) -> None:
    page = strict_page
    log_in(page)
    give_phone(page)
    page.goto("/accounts/security/webauthn/add/")
    confirm(page)
    page.get_by_label("Log in with this key alone").uncheck()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-recovery-code]")).to_have_count(10)
    log_out(page)

    give_password(page)
    page.get_by_role("button", name="Use a passkey or security key").click()

    page.wait_for_url("**/")
    expect(page.get_by_role("link", name="History")).to_be_visible()


def test_a_browser_without_the_key_says_so(strict_page: Page, ada: User) -> None:
    page = strict_page
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    nobody = {**PHONE, "isUserVerified": False, "hasUserVerification": False}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": nobody})
    page.goto("/accounts/login/")

    page.get_by_role("button", name="Log in with a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("Try again")


def test_another_browser_is_logged_out_from_here(
    page: Page, browser: Browser, live_server: LiveServer, ada: User
) -> None:
    log_in(page)
    elsewhere = browser.new_context(base_url=live_server.url).new_page()
    log_in(elsewhere)
    page.goto("/accounts/sessions/")
    expect(page.locator("tbody tr")).to_have_count(2)

    page.get_by_role("button", name="Log out everywhere else").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    elsewhere.goto("/accounts/history/")
    expect(elsewhere).to_have_url(
        f"{live_server.url}/accounts/login/?next=/accounts/history/"
    )
    elsewhere.context.close()


def test_a_person_reads_takes_and_erases_what_is_held(
    strict_page: Page, ada: User, tmp_path: Path
) -> None:
    page = strict_page
    picture, archive = tmp_path / "red.png", tmp_path / "all.zip"
    picture.write_bytes(encode(plain("red", 640, 480)))
    log_in(page)
    page.goto("/accounts/data/")
    page.get_by_label("Preview, heat map and the original file").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your choice is saved.")).to_be_visible()
    page.goto("/")
    page.locator("#file").set_input_files(picture)
    expect(page.locator(".queue__item .badge--ai")).to_be_visible()

    page.goto("/accounts/data/")
    row = page.locator("[data-holding=originals]")
    expect(row).to_contain_text("RETENTION_ORIGINALS_DAYS")
    expect(row.locator("td").first).to_contain_text("1")
    page.get_by_role("link", name="Download all").click()
    confirm(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(archive)
    folders = {name.split("/")[0] for name in zipfile.ZipFile(archive).namelist()}
    assert {"previews", "heatmaps", "originals", "results.json"} <= folders

    page.goto("/accounts/data/erase/")
    page.get_by_label("All results").check()
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_text("1 result is erased with all its files.")).to_be_visible()
    expect(row.locator("td").first).to_have_text("None")

    page.get_by_role("link", name="Delete account").click()
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("Your account and your data are erased.")).to_be_visible()
    assert not User.objects.filter(username="ada").exists()
