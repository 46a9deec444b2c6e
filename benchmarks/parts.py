"""A stopwatch for the parts of a request: each part's own CPU time, less its parts'."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

Times = dict[str, float]
GetResponse = Callable[[HttpRequest], HttpResponseBase]
INNERMOST = "Address, arguments, and what else the view does"

_times: Times = defaultdict(float)
_inner: list[float] = []  # of each part that runs, the seconds of its parts so far


@contextlib.contextmanager
def collected() -> Iterator[Times]:
    """Part → seconds of CPU of this thread, filled inside the block."""
    _times.clear()
    yield _times


@contextlib.contextmanager
def part(name: str) -> Iterator[None]:
    """Count the block for the part `name`, and not for the one around it."""
    started = time.thread_time()
    _inner.append(0.0)
    try:
        yield
    finally:
        seconds = time.thread_time() - started
        _times[name] += seconds - _inner.pop()
        if _inner:
            _inner[-1] += seconds


def timed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, whose calls count for the part `name`."""

    @wraps(function)
    def wrapper(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - any function
        with part(name):
            return function(*arguments, **options)

    return wrapper


def watched(middleware: Sequence[str]) -> list[str]:
    """The middleware with a probe before each, and one behind the last.

    A probe times all that is inside of it; so each middleware's own time is what
    is left when the next probe's is taken off. Django finds the probes by their names
    in this module.
    """
    names = [*(path.rsplit(".", 1)[1] for path in middleware), INNERMOST]
    for number, name in enumerate(names):
        setattr(sys.modules[__name__], f"probe_{number}", _probe(name))
    probes = [f"{__name__}.probe_{number}" for number in range(len(names))]
    pairs = zip(probes, middleware, strict=False)
    return [path for pair in pairs for path in pair] + probes[-1:]


def _probe(name: str) -> Callable[[GetResponse], GetResponse]:
    def probe(get_response: GetResponse) -> GetResponse:
        return timed(get_response, name)

    return probe
