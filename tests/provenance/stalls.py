"""An interrupt for a reader that never comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# Far beyond what any file takes on a busy machine, so that only a stall reaches it.
STALL_SECONDS = 20


class Stalled(BaseException):
    """Beyond `Exception`, which the readers catch."""


@contextmanager
def stall_is_an_error() -> Iterator[None]:
    """Interrupt a reader that never comes back, instead of hanging the tests."""

    def stalled(*_: object) -> None:
        raise Stalled(f"no answer within {STALL_SECONDS} s")

    before = signal.signal(signal.SIGALRM, stalled)
    signal.alarm(STALL_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
