"""Every page, for every eye: access, narrow screens, darkness, and Arabic.

With SCREENSHOTS=folder each page is also drawn at three widths, light and dark, in
both languages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as site_settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page, Response
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.accounts.confirming import confirm
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.looks import LOOKS, NO_PAGES, Look, route_of
from tests.detector_site.test_every_url import routes
from tests.factories import PASSWORD, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROWEST = {"width": 320, "height": 640}
WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "ar")
FOLDER = os.environ.get("SCREENSHOTS", "")
AXE = Axe()
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Django's own pages: the criteria of WCAG 2.2 AA, without axe's further advice.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What Swagger UI draws has faults of these kinds, see docs/decisions.md.
OF_SWAGGER = ("color-contrast", "nested-interactive", "target-size")
# The element, what encloses it and its labels: one of them draws the ring.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const around = [element.parentElement, element.closest("li")];
  const drawn = [element, ...around.filter(Boolean), ...(element.labels ?? [])];
  const ring = drawn.some((one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
      || style.boxShadow !== "none" && one === element;
  });
  return { ring, name: element.outerHTML.slice(0, 120) };
}"""
# The admin fades from light to dark, reduced motion or not.
# One without an end, such as a spinner, cannot be finished.
SETTLED = """document.getAnimations().forEach((animation) =>
  animation.effect.getComputedTiming().endTime === Infinity
    ? animation.cancel()
    : animation.finish())"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files of all applications: the admin and the API's page have some."""
    folder = tmp_path_factory.mktemp("static")
    source = "django.contrib.staticfiles.storage.StaticFilesStorage"
    with override_settings(
        STATIC_ROOT=folder,
        STORAGES={**site_settings.STORAGES, "staticfiles": {"BACKEND": source}},
    ):
        call_command("collectstatic", "--noinput", "--link", verbosity=0)
    return folder


@pytest.fixture(autouse=True)
def _with_error_pages(settings: Settings, collected: Path) -> Iterator[None]:
    settings.STATIC_ROOT = collected
    settings.ROOT_URLCONF = "tests.browser.error_urls"
    yield
    translation.activate(site_settings.LANGUAGE_CODE)


@pytest.fixture
def context(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, viewport=NARROWEST)
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


class Watch:
    """What a page does behind the back of its reader."""

    def __init__(self, page: Page, home: str) -> None:
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        local = (home, "data:", "blob:")
        page.on(
            "request",
            lambda sent: sent.url.startswith(local) or self.strangers.append(sent.url),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, message: object) -> None:
        # That an error page has an error's status is what it is for.
        if message.type == "error" and "status of" not in message.text:
            self.complaints.append(message.text)


def speak(context: BrowserContext, language: str, home: str) -> None:
    name = site_settings.LANGUAGE_COOKIE_NAME
    context.add_cookies([{"name": name, "value": language, "url": home}])


def log_in(context: BrowserContext, look: Look, home: str) -> str:
    """The address of the page, after its person is logged in and its state made."""
    staff = look.person == "staff"
    person = UserFactory.create(is_staff=staff, is_superuser=staff)
    client = Client()
    if look.person == "sure":  # before there is a second step
        client.force_login(person)
        confirm(client)
    address = look.address if isinstance(look.address, str) else look.address(person)
    if look.person == "half":
        form = {"login": person.username, "password": PASSWORD}
        client.post("/accounts/login/", form)
    elif look.person in ("owner", "staff"):
        client.force_login(person)
    name = site_settings.SESSION_COOKIE_NAME
    if name in client.cookies:
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": home}])
    return address


def show(page: Page, look: Look, address: str) -> Response:
    """Open the page; what it answers at its address."""
    answer = page.goto(address, wait_until="load")
    if look.then:
        look.then(page)
    return answer


def violations(page: Page, options: dict[str, object]) -> list[str]:
    # Without preloading, axe writes no styles of its own into the page.
    fixed = {"resultTypes": ["violations"], "preload": False}
    found = AXE.run(page, options={**fixed, **options})
    return [
        f"{rule['id']}: {json.dumps(node['target'])} {node['failureSummary']}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """By how many pixels one would have to scroll to the side, if at all."""
    pixels = page.evaluate(SIDEWAYS)
    return [f"{pixels} px"] if pixels > 0 else []


def unseen_focus(page: Page) -> list[str]:
    """What the tab key reaches without a visible ring, among the first stops."""
    unseen = []
    for _ in range(25):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            break
        if not focus["ring"]:
            unseen.append(focus["name"])
    return unseen


def test_every_page_has_a_look() -> None:
    pages = {route.replace("/^", "/") for route in routes()} - NO_PAGES
    seen = {look.shows for look in LOOKS}
    missing = sorted(page for page in pages - seen if not page.startswith("admin/"))

    assert not missing, (
        f"Nobody looks at {missing}: add a row for each to LOOKS in "
        "tests/browser/looks.py, or to NO_PAGES where the answer is not a page."
    )


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_page_is_for_everybody(
    look: Look, context: BrowserContext, live_server: LiveServer
) -> None:
    home = live_server.url
    address = log_in(context, look, home)
    ours = look.person != "staff" and not look.foreign
    page = context.new_page()
    watch = Watch(page, home)
    problems = {}

    answer = show(page, look, address)
    ended = route_of(urlsplit(page.url).path)
    problems["route"] = [ended] if look.shows not in ("", ended) else []
    policy = answer.headers["content-security-policy"]
    problems["policy"] = ["unsafe-inline"] if "unsafe" in policy else []
    rules = {} if ours else {"runOnly": {"type": "tag", "values": WCAG}}
    if look.foreign:
        rules["rules"] = {rule: {"enabled": False} for rule in OF_SWAGGER}
    problems["light"] = violations(page, rules)
    problems["sideways"] = sideways(page) if ours else []
    problems["focus"] = [] if look.foreign else unseen_focus(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.evaluate(SETTLED)
    problems["dark"] = [] if look.foreign else violations(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    speak(context, "ar", home)
    show(page, look, address)
    turned = page.evaluate("document.documentElement.dir") == "rtl"
    problems["direction"] = [] if turned or look.foreign else ["ltr"]
    problems["sideways in Arabic"] = sideways(page) if ours else []
    if FOLDER:
        draw(page, look, context, home, address)

    problems["strangers"] = watch.strangers
    problems["complaints"] = watch.complaints
    faults = {name: found for name, found in problems.items() if found}
    assert not faults, json.dumps(faults, indent=1, ensure_ascii=False)


def draw(
    page: Page, look: Look, context: BrowserContext, home: str, address: str
) -> None:
    """The page at each width, in both schemes and languages, as pictures."""
    folder = Path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        speak(context, language, home)
        show(page, look, address)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                name = f"{look.name}-{width}-{scheme}-{language}.png"
                page.screenshot(path=folder / name, full_page=True)
