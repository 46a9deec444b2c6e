"""What people do: sign up, send pictures, read verdicts, find them again."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from classifier import remote
from tests.factories import PASSWORD
from tests.images import encode, plain
from tests.remote_sites import TlsSite, sends, tls_site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Hands a file to the page as a drop or a paste does.
TRANSFER = """
([kind, name, content]) => {
  const transfer = new DataTransfer();
  if (name) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/png" }));
  } else transfer.setData("text/plain", content);
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


@pytest.fixture
def folder(tmp_path: Path, album: dict[str, Path]) -> Path:
    """A red and a blue picture in folders, and a text that is left out."""
    root = tmp_path / "holiday"
    (root / "day 2").mkdir(parents=True)
    album["red"].rename(root / "red.png")
    album["blue"].rename(root / "day 2" / "blue.png")
    (root / "notes.txt").write_text("no picture")
    return root


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsSite]:
    """A site on the web that holds one picture."""
    with tls_site({"/sky.png": sends(encode(plain("blue")))}) as site:
        monkeypatch.setattr(remote, "site_policy", site.policy)
        yield site


def row(page: Page, name: str) -> Locator:
    return page.locator(".queue__item", has_text=name)


def log_in(page: Page, user: User, live_server: LiveServer) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": cookie,
                "url": live_server.url,
            }
        ]
    )


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
    page.locator("#file").set_input_files(album["red"])

    red = page.locator(".queue__item")
    expect(red.locator(".badge--ai")).to_be_visible()
    expect(red).to_contain_text("over 99% likely to be AI")

    red.get_by_role("link", name="Details").click()
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
    page.locator("#file").set_input_files(list(album.values()))

    expect(page.locator("[data-queue-count]")).to_have_text("4 of 4 done")
    for name, badge in (("red", "ai"), ("blue", "human"), ("grey", "uncertain")):
        expect(row(page, f"{name}.png").locator(f".badge--{badge}")).to_be_visible()
    failed = row(page, "notes.jpg")
    expect(failed).to_contain_text("not a picture we can read")
    expect(failed.locator(".badge:visible")).to_have_count(0)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_can_be_dropped_or_pasted(page: Page, kind: str) -> None:
    page.goto("/")
    content = base64.b64encode(encode(plain("blue"))).decode()
    page.evaluate(TRANSFER, [kind, "sky.png", content])

    expect(row(page, "sky.png").locator(".badge--human")).to_be_visible()


def test_a_folder_dropped_on_the_page_is_searched_for_pictures(
    page: Page, folder: Path, album: dict[str, Path]
) -> None:
    page.goto("/")
    box = page.locator("[data-dropzone]").bounding_box()
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        dragged = {
            "items": [],
            "files": [str(folder), str(album["grey"])],
            "dragOperationsMask": 1,
        }
        browser.send(
            "Input.dispatchDragEvent",
            {"type": kind, "x": box["x"] + 9, "y": box["y"] + 9, "data": dragged},
        )

    expect(page.locator("[data-queue-count]")).to_have_text("3 of 3 done")
    for name, badge in (("red", "ai"), ("blue", "human"), ("grey", "uncertain")):
        expect(row(page, f"{name}.png").locator(f".badge--{badge}")).to_be_visible()
    expect(page.locator("[data-queue-left-out]")).to_have_text(
        "1 file of the folder was left out."
    )


def test_a_folder_can_be_chosen(page: Page, folder: Path) -> None:
    page.goto("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").press("Enter")
    chooser.value.set_files(folder)

    expect(page.locator("[data-queue-count]")).to_have_text("2 of 2 done")
    expect(row(page, "blue.png").locator(".badge--human")).to_be_visible()


def test_a_phone_offers_its_camera(
    browser: Browser, live_server: LiveServer, album: dict[str, Path]
) -> None:
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    page.goto("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take a photo").tap()
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files(album["red"])

    expect(row(page, "red.png").locator(".badge--ai")).to_be_visible()
    expect(page.get_by_role("button", name="Choose a folder")).to_be_hidden()
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 360


def test_pictures_are_cancelled_on_their_way_and_while_they_wait(
    page: Page, album: dict[str, Path]
) -> None:
    held: list[Route] = []
    page.route("**/predict?*", lambda route: held.append(route))
    page.goto("/")
    page.locator("#file").set_input_files(list(album.values()))
    red, grey = row(page, "red.png"), row(page, "grey.png")
    expect(page.locator(".queue__state", has_text="Waiting")).to_have_count(2)

    red.get_by_role("button", name="Cancel").press("Enter")
    expect(red).to_contain_text("Cancelled")
    expect(red.get_by_role("button", name="Try again")).to_be_focused()
    expect(page.locator(".queue__state", has_text="Waiting")).to_have_count(1)

    page.get_by_role("button", name="Cancel all waiting").click()
    expect(row(page, "notes.jpg")).to_contain_text("Cancelled")
    expect(page.get_by_role("heading", name="Your pictures")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("1 picture cancelled")
    expect(page.get_by_role("button", name="Cancel all waiting")).to_be_hidden()

    for route in held:
        if b"red.png" not in (route.request.post_data_buffer or b""):
            route.continue_()
    page.unroute("**/predict?*")
    expect(row(page, "blue.png").locator(".badge--human")).to_be_visible()
    expect(grey.locator(".badge--uncertain")).to_be_visible()
    red.get_by_role("button", name="Try again").press("Enter")
    expect(red.locator(".badge--ai")).to_be_visible()
    expect(red.get_by_role("link", name="Details")).to_be_focused()
    expect(page.locator("[data-queue-count]")).to_have_text("4 of 4 done")


def test_a_failure_is_tried_again_and_a_busy_site_waited_for(
    page: Page, album: dict[str, Path]
) -> None:
    busy = {"status": 429, "headers": {"Retry-After": "1"}, "json": {"detail": "."}}
    page.route("**/predict?*", lambda route: route.fulfill(**busy), times=1)
    page.route("**/predict?*", lambda route: route.abort(), times=1)
    page.goto("/")
    page.locator("#file").set_input_files([album["red"], album["blue"]])

    red = row(page, "red.png")
    expect(red).to_contain_text("The site did not answer. Check your connection.")
    expect(row(page, "blue.png").locator(".badge--human")).to_be_visible()
    red.get_by_role("button", name="Try again").click()
    expect(red.locator(".badge--ai")).to_be_visible()


def test_a_picture_is_fetched_by_its_address(page: Page, web: TlsSite) -> None:
    page.goto("/")
    field = page.get_by_label("Or give the address of a picture")
    field.fill(web.address("/sky.png"))
    field.press("Enter")

    expect(row(page, "sky.png").locator(".badge--human")).to_be_visible()
    expect(row(page, "sky.png")).to_contain_text("without an account the site keeps no")
    expect(field).to_have_value("")

    page.evaluate(TRANSFER, ["paste", "", "https://10.0.0.1/secret.png"])
    refused = row(page, "secret.png")
    expect(refused).to_contain_text("No public site can be reached at this address.")
    expect(refused.get_by_role("button", name="Try again")).to_be_visible()


def test_the_site_shows_what_the_browser_cannot(
    page: Page, user: User, live_server: LiveServer, tmp_path: Path
) -> None:
    picture = tmp_path / "phone.heic"
    picture.write_bytes(encode(plain("red"), "HEIF"))
    page.goto("/")
    page.locator("#file").set_input_files(picture)
    expect(row(page, "phone.heic")).to_contain_text("your browser cannot show this")
    expect(row(page, "phone.heic").locator("img")).to_be_hidden()

    log_in(page, user, live_server)
    page.goto("/")
    page.locator("#file").set_input_files(picture)
    preview = row(page, "phone.heic").locator("img")
    expect(preview).to_be_visible()
    assert preview.evaluate("(image) => image.naturalWidth") == 64


def test_an_anonymous_visitor_reads_the_result_of_the_queue(
    page: Page, album: dict[str, Path]
) -> None:
    page.goto("/")
    page.locator("#file").set_input_files(album["blue"])
    page.get_by_role("link", name="Details").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Probably human\u2011made"
    )
    expect(page.get_by_text("Nothing of your picture was kept")).to_be_visible()


def test_without_javascript_the_forms_lead_to_the_result(
    browser: Browser, live_server: LiveServer, album: dict[str, Path], web: TlsSite
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("#file").set_input_files(album["grey"])
    page.get_by_role("button", name="Check this picture").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Uncertain")

    page.goto("/")
    field = page.get_by_label("Or give the address of a picture")
    field.fill("https://10.0.0.1/sky.png")
    page.get_by_role("button", name="Fetch and check").click()
    expect(page.get_by_role("alert")).to_contain_text("No public site can be reached")
    expect(field).to_have_value("https://10.0.0.1/sky.png")

    field.fill(web.address("/sky.png"))
    page.get_by_role("button", name="Fetch and check").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Probably human\u2011made"
    )
    context.close()
