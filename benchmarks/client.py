"""A load generator: clients that each keep one connection and send without a pause."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Lock
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 120
REFUSALS = (429, 503)
BOUNDARY = "----------------------------benchmark"


@dataclass
class Load:
    """What came back: seconds of each good answer, and how often which outcome.

    Outcomes are HTTP statuses, or the names of exceptions where none arrived.
    `without_retry_after` counts refusals (429, 503) that don't say when to come back.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    without_retry_after: int = 0

    def add(self, other: Load) -> None:
        """Count what another client saw, too."""
        self.latencies += other.latencies
        self.outcomes += other.outcomes
        self.without_retry_after += other.without_retry_after

    @property
    def refused(self) -> int:
        """Requests that were told to come back later."""
        return self.outcomes["429"] + self.outcomes["503"]

    @property
    def errors(self) -> int:
        """Requests that got neither an answer nor a proper refusal."""
        bad = self.outcomes.total() - len(self.latencies) - self.refused
        return bad + self.without_retry_after


def send(
    address: str,
    bodies: Iterator[bytes],
    *,
    concurrency: int,
    go_on: Callable[[int], bool],
    headers: dict[str, str] | None = None,
    pause_when_refused: float = 0.0,
) -> Load:
    """POST the bodies as pictures to `address` while `go_on(number sent)` says so.

    A client that is refused sends its next picture `pause_when_refused` seconds later.
    """
    lock, sent = Lock(), 0

    def next_body() -> bytes | None:
        nonlocal sent
        with lock:
            if not go_on(sent):
                return None
            sent += 1
            return next(bodies)

    def client(_: int) -> Load:
        load = Load()
        parts = urlsplit(address)
        connection = HTTPConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
        )
        with closing(connection):
            while (body := next_body()) is not None:
                status = _exchange(connection, parts.path, body, headers or {}, load)
                if status in REFUSALS:
                    time.sleep(pause_when_refused)
        return load

    together = Load()
    started = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as pool:
        for load in pool.map(client, range(concurrency)):
            together.add(load)
    together.seconds = time.perf_counter() - started
    return together


def _exchange(
    connection: HTTPConnection,
    path: str,
    picture: bytes,
    headers: dict[str, str],
    load: Load,
) -> int | None:
    body, content_type = multipart(picture)
    started = time.perf_counter()
    try:
        connection.request(
            "POST", path, body, {"Content-Type": content_type, **headers}
        )
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException) as error:
        load.outcomes[type(error).__name__] += 1
        connection.close()
        return None
    load.outcomes[str(response.status)] += 1
    if response.status == 200:
        load.latencies.append(time.perf_counter() - started)
    elif response.status in REFUSALS and not response.headers["Retry-After"]:
        load.without_retry_after += 1
    return response.status


def multipart(picture: bytes) -> tuple[bytes, str]:
    """A request body with one file in the field `file`, and its content type."""
    head = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="picture"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return body, f"multipart/form-data; boundary={BOUNDARY}"
