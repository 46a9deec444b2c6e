"""How many pictures this process judges at once, and how many more may wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.utils.translation import gettext

from classifier.cores import available_cores

# Longer than a full queue takes; a picture that waits still is one too many.
WAIT_SECONDS = 30.0
RETRY_AFTER_SECONDS = 2


class Overloaded(Exception):  # noqa: N818 - an outcome, not a fault
    """Too many pictures wait already; `retry_after` is in whole seconds."""

    retry_after = RETRY_AFTER_SECONDS

    def __init__(self) -> None:
        sentence = gettext(
            "Too many pictures wait right now. Try again in %(seconds)d s."
        )
        self.detail = sentence % {"seconds": self.retry_after}
        super().__init__(self.detail)


class Gate:
    """Lets `slots` threads in and `queue` more wait; everybody else is turned away."""

    def __init__(self, slots: int, queue: int) -> None:
        self._slots = threading.Semaphore(slots)
        self._places = threading.Semaphore(slots + queue)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot inside the block, after waiting for it. Raises `Overloaded`."""
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            if not self._slots.acquire(timeout=WAIT_SECONDS):
                raise Overloaded
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._places.release()


@contextmanager
def inference_slot() -> Iterator[None]:
    """A turn at decoding a picture and running the network. Raises `Overloaded`.

    DETECTOR_CONCURRENCY threads of a process compute at a time, since more would only
    take the cores, their caches and the memory from each other: by default this
    process's share of the cores. DETECTOR_QUEUE may wait.
    """
    share = max(1, available_cores() // settings.WEB_CONCURRENCY)
    slots = settings.DETECTOR_CONCURRENCY or share
    gate = _gate(slots, settings.DETECTOR_QUEUE)
    with gate.slot():
        yield


@cache
def _gate(slots: int, queue: int) -> Gate:
    return Gate(slots, queue)
