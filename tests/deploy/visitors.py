"""What people and programs do with the site, and a steady stream of it."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import uuid4

import requests

from tests.deploy.stack import Stack
from tests.images import encode, jpeg, plain

PASSWORD = "correct horse battery staple"


def sign_up(stack: Stack) -> requests.Session:
    """A new person, logged in."""
    browser = stack.browser()
    name = f"person-{uuid4().hex[:8]}"
    address = f"{stack.url}/accounts/signup/"
    page = browser.get(address).text
    (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = {
        "csrfmiddlewaretoken": token,
        "username": name,
        "email": f"{name}@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    answer = browser.post(address, data=form, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return browser


def predict(
    stack: Stack, browser: requests.Session, data: bytes | None = None
) -> requests.Response:
    """Send a picture as the page does; a new one unless `data` says which."""
    token = browser.cookies.get("csrftoken", domain=None) or ""
    return browser.post(
        f"{stack.url}/predict",
        files={"file": ("red.png", data or new_picture())},
        headers={"X-CSRFToken": token} if token else {},
        timeout=150,
    )


def new_picture() -> bytes:
    """A red picture that nobody has sent before."""
    salt = uuid4().bytes
    image = plain("red", 64, 48)
    for x, value in enumerate(salt):
        image.putpixel((x, 0), (255, value, 0))
    return encode(image)


def new_photograph(seed: int) -> bytes:
    """A JPEG of two megapixels, about what a phone sends to a friend."""
    return jpeg(1600, 1200, seed)


@dataclass
class Traffic:
    """Steady requests until `stop`; `outcomes` counts statuses and exceptions."""

    stack: Stack
    per_second: float = 10.0
    visitors: int = 4
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Traffic:
        for number in range(self.visitors):
            thread = threading.Thread(target=self._visit, args=(number,))
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def failures(self) -> dict[str, int]:
        """All outcomes but 200."""
        return {what: n for what, n in self.outcomes.items() if what != "200"}

    def _visit(self, number: int) -> None:
        """Half of the visitors keep their connection; the others knock anew."""
        browser = self.stack.browser()
        pause = self.visitors / self.per_second
        while not self._over.wait(pause):
            if number % 2:
                browser = self.stack.browser()
            started = time.monotonic()
            try:
                if number < self.visitors / 2:
                    status = predict(self.stack, browser).status_code
                else:
                    status = browser.get(f"{self.stack.url}/", timeout=150).status_code
                self.outcomes[str(status)] += 1
            except requests.RequestException as error:
                self.outcomes[f"{type(error).__name__}: {error}"] += 1
            self.seconds.append(time.monotonic() - started)
