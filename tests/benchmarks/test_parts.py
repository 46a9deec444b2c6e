"""Each part of a request is counted once, whatever runs inside of it."""

from __future__ import annotations

import time

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from pytest_django import Settings

from benchmarks.parts import INNERMOST, collected, part, timed, watched


def work(seconds: float) -> None:
    """Compute for so long, by the clock of this thread."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_the_time_of_an_inner_part_is_not_its_outer_ones_too() -> None:
    with collected() as times, part("outer"):
        work(0.01)
        with part("inner"):
            work(0.03)

    assert times["inner"] >= 0.03
    assert 0.01 <= times["outer"] < times["inner"]


def test_a_part_that_runs_twice_has_both_times() -> None:
    twice = timed(work, "work")

    with collected() as times:
        twice(0.01)
        twice(0.01)

    assert times["work"] >= 0.02


def test_a_part_that_fails_is_counted_and_fails_on() -> None:
    with collected() as times, pytest.raises(ZeroDivisionError), part("failing"):
        1 / 0  # noqa: B018

    assert "failing" in times


@pytest.mark.django_db
def test_each_middleware_has_a_time_of_its_own(settings: Settings) -> None:
    names = [path.rsplit(".", 1)[1] for path in settings.MIDDLEWARE]
    settings.MIDDLEWARE = watched(settings.MIDDLEWARE)
    handler = WSGIHandler()

    with collected() as times:
        handler.get_response(RequestFactory().get("/health"))

    assert set(times) == {*names, INNERMOST}
