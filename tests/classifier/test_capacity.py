"""When more pictures arrive than can be judged, the site says so at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from classifier import capacity
from classifier.capacity import Gate, Overloaded, inference_slot
from classifier.models import Submission
from tests.images import jpeg

WAIT = 60


@contextmanager
def somebody_inside(gate: Gate) -> Iterator[None]:
    """Another thread holds a slot of the gate meanwhile."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with gate.slot():
            inside.set()
            leave.wait(WAIT)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        assert inside.wait(WAIT)
        try:
            yield
        finally:
            leave.set()
            held.result(WAIT)


@pytest.fixture
def full(settings: Settings) -> Iterator[None]:
    """The one slot of the process is taken, and nobody may wait."""
    settings.DETECTOR_CONCURRENCY = 1
    settings.DETECTOR_QUEUE = 0
    with inference_slot():
        yield


def send(client: Client, address: str = "/predict") -> HttpResponse:
    return client.post(address, {"file": SimpleUploadedFile("a.jpg", jpeg())})


def test_no_more_than_the_slots_are_inside_at_once() -> None:
    gate, lock = Gate(slots=2, queue=10), threading.Lock()
    now, most = 0, 0
    both_are_in = threading.Barrier(2)

    def enter(_: int) -> None:
        nonlocal now, most
        with gate.slot():
            with lock:
                now += 1
                most = max(most, now)
            both_are_in.wait(WAIT)
            with lock:
                now -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(enter, range(6)))

    assert most == 2


def test_beyond_the_queue_the_gate_turns_away_at_once() -> None:
    gate = Gate(slots=1, queue=0)

    with somebody_inside(gate), pytest.raises(Overloaded), gate.slot():
        pytest.fail("two were inside")


def test_a_wait_that_takes_too_long_ends_in_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capacity, "WAIT_SECONDS", 0.01)
    gate = Gate(slots=1, queue=1)

    with somebody_inside(gate), pytest.raises(Overloaded), gate.slot():
        pytest.fail("two were inside")


@pytest.mark.parametrize("first", [None, ValueError, Overloaded])
def test_a_slot_is_free_again_however_its_block_ended(
    first: type[Exception] | None,
) -> None:
    gate = Gate(slots=1, queue=0)
    try:
        with gate.slot():
            if first:
                raise first()
    except (ValueError, Overloaded):
        pass

    with gate.slot():
        entered = True

    assert entered


@pytest.mark.django_db
@pytest.mark.usefixtures("full")
def test_the_api_answers_503_and_says_when_to_come_back(client: Client) -> None:
    response = send(client)

    assert response.status_code == 503
    assert response.json()["code"] == "overloaded"
    assert "Try again in" in response.json()["detail"]
    assert int(response["Retry-After"]) >= 1
    assert not Submission.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("full")
def test_the_page_says_so_too(client: Client) -> None:
    response = send(client, "/")

    assert response.status_code == 503
    assert int(response["Retry-After"]) >= 1
    assert "Too many pictures wait" in response.content.decode()


@pytest.mark.django_db
def test_a_stored_answer_needs_no_slot(client: Client, settings: Settings) -> None:
    assert send(client).status_code == 200
    settings.DETECTOR_CONCURRENCY = 1
    settings.DETECTOR_QUEUE = 0

    with inference_slot():
        response = send(client)

    assert response.json()["cached"] is True


@pytest.mark.parametrize(
    ("cores", "processes", "slots"), [(2, 2, 1), (8, 2, 4), (1, 2, 1), (4, 1, 4)]
)
def test_processes_share_the_cores(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    processes: int,
    slots: int,
) -> None:
    settings.WEB_CONCURRENCY = processes
    settings.DETECTOR_CONCURRENCY, settings.DETECTOR_QUEUE = 0, 0
    monkeypatch.setattr(capacity, "available_cores", lambda: cores)

    with ExitStack() as inside:
        for _ in range(slots):
            inside.enter_context(inference_slot())
        with pytest.raises(Overloaded), inference_slot():
            pass
