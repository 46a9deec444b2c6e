"""What breaks under a running site: what visitors see, and that nothing acknowledged
is lost."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.deploy.hostile import hostile_uploads
from tests.deploy.stack import Stack, wait_for
from tests.deploy.visitors import predict, sign_up
from tests.detector_site.servers import postgres_programs

pytestmark = pytest.mark.rehearsal

CLOCK_IS_READ_EVERY_SECONDS = 0.2
REFUSALS = {400, 413, 415, 422}


def stored(stack: Stack, identity: str) -> bool:
    line = f"SELECT 1 FROM classifier_submission WHERE id = '{identity}'"  # noqa: S608
    ask = ["psql", stack.database_url, "-qtAc", line]
    return subprocess.check_output(ask, text=True).strip() == "1"


def is_well_again(stack: Stack) -> bool:
    try:
        return predict(stack, stack.browser()).status_code == 200
    except requests.RequestException:
        return False


def run_postgres(stack: Stack, *arguments: str) -> None:
    """pg_ctl on the running cluster, by the account that owns it."""
    subprocess.run(
        [postgres_programs() / "pg_ctl", "-D", stack.postgres_data, *arguments],
        user="postgres" if os.geteuid() == 0 else None,
        cwd="/",
        stdout=subprocess.DEVNULL,
        check=True,
    )


def test_killed_workers_cost_an_answer_and_no_acknowledged_picture(
    stack: Stack,
) -> None:
    browsers = [sign_up(stack) for _ in range(3)]
    over = threading.Event()
    answers: list[requests.Response] = []

    def send(browser: requests.Session) -> None:
        while not over.is_set():
            answers.append(predict(stack, browser))

    with ThreadPoolExecutor(3) as pool:
        for browser in browsers:
            pool.submit(send, browser)
        for _ in range(3):
            wanted = len(answers) + 4
            wait_for(lambda wanted=wanted: len(answers) >= wanted)
            for pid in stack.server_processes():
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_well_again(stack))
        over.set()

    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in refused} <= {503}
    assert {answer.json()["code"] for answer in refused} <= {"unavailable"}
    assert all(answer.headers["Retry-After"] for answer in refused)
    acknowledged = [a.json()["id"] for a in answers if a.status_code == 200]
    assert acknowledged
    assert all(stored(stack, identity) for identity in acknowledged)
    assert "is gone" not in stack.manage("check_media").stdout


def test_without_its_database_the_site_says_so_and_comes_back_with_it(
    stack: Stack,
) -> None:
    browser = sign_up(stack)
    acknowledged = predict(stack, browser).json()["id"]
    options = shlex.split((stack.postgres_data / "postmaster.opts").read_text())[3:]

    run_postgres(stack, "stop", "--wait", "-m", "immediate")
    try:
        answer = predict(stack, browser)
        page = stack.browser().get(
            f"{stack.url}/status", headers={"Accept": "text/html"}
        )
        health = stack.browser().get(f"{stack.url}/health")
    finally:
        log = str(stack.postgres_data.parent / "log")
        run_postgres(stack, "start", "--wait", "-l", log, "-o", shlex.join(options))

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "10"
    assert page.status_code == 503
    assert "not fully working" in page.text
    assert health.json()["database"] == "unavailable"
    wait_for(lambda: is_well_again(stack))
    assert stored(stack, acknowledged)
    assert predict(stack, browser).status_code == 200


def test_without_redis_the_site_works_on(stack: Stack) -> None:
    browser = sign_up(stack)
    stack.redis.kill()
    stack.redis.wait()
    try:
        answers = [predict(stack, browser).status_code for _ in range(4)]
        somebody_new = predict(stack, sign_up(stack)).status_code
    finally:
        stack.start_redis()

    assert answers == [200] * 4
    assert somebody_new == 200


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A small file system over the folder, full to the last byte."""
    size = "size=64k,mode=0777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
    try:
        for name in ("previews", "heatmaps"):
            (folder / name).mkdir()
        with (folder / "filler").open("wb", buffering=0) as file, _ignoring_full():
            while file.write(bytes(4096)):
                pass
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def _ignoring_full() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_on_a_full_disk_nothing_is_stored_by_halves(stack: Stack) -> None:
    browser = sign_up(stack)

    with full_disk(stack.media):
        answer = predict(stack, browser)
        history = browser.get(f"{stack.url}/api/v1/history/").json()["results"]
        somebody_else = predict(stack, stack.browser())

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert history == []
    assert somebody_else.status_code == 200, "nothing of theirs is stored as a file"
    assert predict(stack, browser).status_code == 200


@contextmanager
def clock_of_its_own(stack: Stack) -> Iterator[Path]:
    """Serve with a clock that is off by as many seconds as the file yielded says."""
    clock = stack.root / "clock"
    clock.write_text("0")
    variables = stack.root / "etc" / "detector.env"
    before = variables.read_text()
    variables.write_text(
        f"{before}PYTHONPATH='{Path(__file__).parent / 'clock'}'\n"
        f"SHIFTED_CLOCK='{clock}'\n"
    )
    release = (stack.live_slot / "release").resolve().name
    try:
        forth = stack.script("upgrade", "--release", release)
        assert forth.returncode == 0, forth.stderr
        yield clock
    finally:
        variables.write_text(before)
        back = stack.script("upgrade", "--release", release)
        assert back.returncode == 0, back.stderr


def test_a_clock_that_jumps_by_a_day_stops_nobody(stack: Stack) -> None:
    with clock_of_its_own(stack) as clock:
        browser = sign_up(stack)
        workers = stack.server_processes()
        dates = set()
        for days in (1, -1, 0):
            clock.write_text(str(days * 86400))
            time.sleep(5 * CLOCK_IS_READ_EVERY_SECONDS)
            for _ in range(4):
                assert predict(stack, browser).status_code == 200
                assert predict(stack, stack.browser()).status_code == 200
            rows = browser.get(f"{stack.url}/api/v1/history/").json()["results"]
            dates |= {row["created_at"][:10] for row in rows}

        assert stack.server_processes() == workers
        assert len(dates) == 3, "the clock did jump"


def test_hostile_uploads_are_refused_and_cost_no_worker(stack: Stack) -> None:
    workers = stack.server_processes()
    browser = stack.browser()

    statuses = Counter(
        predict(stack, browser, data).status_code for data in hostile_uploads(200)
    )

    assert set(statuses) <= {200, *REFUSALS}, statuses
    assert set(statuses) & REFUSALS
    assert stack.server_processes() == workers
