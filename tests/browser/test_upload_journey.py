"""What people do: sign up, send pictures, read verdicts, find them again."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import PASSWORD
from tests.images import encode, plain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Hands a file to the page as a drop or a paste does.
TRANSFER = """
([kind, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "drop"
    ? new DragEvent("drop", { ...options, dataTransfer: transfer })
    : new ClipboardEvent("paste", { ...options, clipboardData: transfer });
  document.querySelector("[data-dropzone]").dispatchEvent(event);
}
"""


@pytest.fixture
def album(tmp_path: Path) -> dict[str, Path]:
    """A red, a blue and a grey picture, and a text that is none."""
    files = {}
    for colour in ("red", "blue", "grey"):
        files[colour] = tmp_path / f"{colour}.png"
        files[colour].write_bytes(encode(plain(colour)))
    files["text"] = tmp_path / "notes.jpg"
    files["text"].write_text("no picture")
    return files


def sign_up(page: Page) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Username").fill("ada")
    page.locator("input[name=email]").fill("ada@example.org")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/")


def test_sign_up_upload_read_the_verdict_and_find_it_in_the_history(
    page: Page, album: dict[str, Path]
) -> None:
    sign_up(page)
    page.locator("input[type=file]").set_input_files(album["red"])

    row = page.locator(".queue__item")
    expect(row.locator(".badge--ai")).to_be_visible()
    expect(row).to_contain_text("over 99% likely to be AI")

    row.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Probably AI\u2011generated"
    )
    page.get_by_label("Heat map").fill("20")
    expect(page.locator("[data-overlay]")).to_have_css("opacity", "0.2")
    result = page.url

    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name="red.png").click()
    assert page.url == result


def test_many_pictures_are_judged_and_a_bad_one_stops_none(
    page: Page, album: dict[str, Path]
) -> None:
    page.goto("/")
    page.locator("input[type=file]").set_input_files(list(album.values()))

    expect(page.locator("[data-queue-count]")).to_have_text("4 of 4 done")
    for name, badge in (("red", "ai"), ("blue", "human"), ("grey", "uncertain")):
        row = page.locator(".queue__item", has_text=f"{name}.png")
        expect(row.locator(f".badge--{badge}")).to_be_visible()
    failed = page.locator(".queue__item", has_text="notes.jpg")
    expect(failed).to_contain_text("not a picture we can read")
    expect(failed.locator(".badge:visible")).to_have_count(0)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_can_be_dropped_or_pasted(page: Page, kind: str) -> None:
    page.goto("/")
    content = base64.b64encode(encode(plain("blue"))).decode()
    page.evaluate(TRANSFER, [kind, "sky.png", content])

    row = page.locator(".queue__item", has_text="sky.png")
    expect(row.locator(".badge--human")).to_be_visible()


def test_an_anonymous_visitor_reads_the_result_of_the_queue(
    page: Page, album: dict[str, Path]
) -> None:
    page.goto("/")
    page.locator("input[type=file]").set_input_files(album["blue"])
    page.get_by_role("link", name="Details").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Probably human\u2011made"
    )
    expect(page.get_by_text("Nothing of your picture was kept")).to_be_visible()


def test_without_javascript_the_form_leads_to_the_result(
    browser: Browser, live_server: LiveServer, album: dict[str, Path]
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("input[type=file]").set_input_files(album["grey"])
    page.get_by_role("button", name="Check this picture").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Uncertain")
    context.close()
