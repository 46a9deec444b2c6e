"""After the verdict: copies, an appeal and its correction, a link, and a receipt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_upload_journey import sign_up
from tests.factories import PASSWORD, UserFactory
from tests.images import encode
from tests.mltrain.datasets import drawn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def send(page: Page, path: Path) -> str:
    """Send a picture and open its result; the address of that."""
    page.goto("/")
    page.locator("#file").set_input_files(path)
    page.get_by_role("link", name="Details").click()
    return page.url


def review(browser: Browser, live_server: LiveServer) -> None:
    """A reviewer labels the only appeal blind and corrects the verdict."""
    UserFactory.create(username="judge", is_staff=True, is_superuser=True)
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/accounts/login/?next=/admin/classifier/dispute/")
    page.locator("input[name=login]").fill("judge")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.locator("#result_list tbody a").click()
    expect(page.get_by_text("notes.raw")).to_be_visible()
    expect(page.locator("#content")).not_to_contain_text("AI probability")

    page.get_by_label("Human-made").check()
    page.get_by_role("button", name="Store my label").click()
    expect(page.get_by_text("AI probability")).to_be_visible()
    expect(page.get_by_text("I took it myself.")).to_be_visible()

    page.get_by_label("Correct the verdict to my label").check()
    page.locator("textarea").fill("The RAW shows it.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Decided; the owner gets an e-mail.")).to_be_visible()
    context.close()


def test_appeal_link_and_receipt(
    page: Page,
    browser: Browser,
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
) -> None:
    picture, smaller = tmp_path / "red.png", tmp_path / "smaller.jpg"
    raw, receipt = tmp_path / "notes.raw", tmp_path / "receipt.json"
    large = drawn(0, "ai", (640, 480))
    picture.write_bytes(encode(large))
    smaller.write_bytes(encode(large.resize((320, 240)), "JPEG"))
    assert picture.stat().st_size > 200_000
    raw.write_bytes(b"\0raw")
    sign_up(page)
    result = send(page, picture)

    # A smaller copy is told where the larger one is.
    send(page, smaller)
    expect(page.get_by_text("Go by the largest.")).to_be_visible()
    page.get_by_role("link", name="red.png").click()
    assert page.url == result

    # The link shows the result to somebody without an account.
    page.get_by_label("Show the picture too").check()
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("[data-share-link]").inner_text()
    visitor = browser.new_context().new_page()
    visitor.goto(link)
    expect(visitor.get_by_role("heading", level=1)).to_have_text(
        "Probably AI\u2011generated"
    )
    shown = visitor.get_by_alt_text("The picture that was judged")
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)")

    # The appeal, its review, and the correction in every place.
    page.get_by_role("link", name="This is wrong").click()
    page.get_by_label("People made it").check()
    page.get_by_label("How do you know?").fill("I took it myself.")
    page.locator("input[name=evidence]").set_input_files(raw)
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text("Waiting for a reviewer").first).to_be_visible()
    review(browser, live_server)
    corrected = "Corrected after review: Human-made"
    page.reload()
    expect(page.get_by_role("heading", name=corrected)).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_role("heading", name=corrected)).to_be_visible()

    # The receipt, checked against the picture, which stays in the browser: the
    # server would refuse it.
    with page.expect_download() as download:
        page.get_by_role("link", name="Signed receipt").click()
    download.value.save_as(receipt)
    assert json.loads(receipt.read_text())["correction"]["verdict"] == "human"
    visitor.goto(f"{live_server.url}/receipts/verify/")
    visitor.locator("input[name=receipt_file]").set_input_files(receipt)
    visitor.locator("input[name=picture]").set_input_files(picture)
    settings.MAX_UPLOAD_BYTES = 10_000
    visitor.get_by_role("button", name="Check").click()
    expect(visitor.get_by_role("heading", name="Genuine")).to_be_visible()
    expect(visitor.get_by_text("exactly the file that was judged")).to_be_visible()

    # The revoked link is gone.
    page.get_by_role("button", name="Revoke the link").click()
    assert visitor.goto(link).status == 404
    visitor.context.close()
