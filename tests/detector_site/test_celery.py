"""Work that workers do, with a real Redis and real worker processes."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.detector_site.mailbox import mailbox
from tests.detector_site.processes import run_python
from tests.detector_site.workers import Site, kill_group, redis_server, wait_for
from tests.sqs import sqs_server

DONE = "SELECT 1 FROM classifier_batch WHERE id = ? AND state = 'done'"
ITEMS = """
SELECT code, attempts, prediction_id IS NOT NULL FROM classifier_batchitem
WHERE batch_id = ? ORDER BY position
"""
FILES = "SELECT file FROM classifier_batchitem WHERE batch_id = ? ORDER BY position"
BEGUN = "SELECT 1 FROM classifier_batchitem WHERE batch_id = ? AND attempts = ?"
ANNOUNCED = "SELECT count(*) FROM accounts_webhookdelivery WHERE payload LIKE ?"
SEND = """
answer = send(client, *pictures({colours}), query="?background=1")
print(json.dumps([answer.status_code, answer.json()]))
"""
# It leads nowhere: what is written for it stays to be counted.
ENDPOINT = """
from accounts.webhooks import endpoint_create
endpoint_create(user=user, url="https://no.invalid/", events=["batch.finished"])
print("null")
"""


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, bundle_folder: Path
) -> Iterator[Site]:
    """A site with a broker and no worker yet."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed (sh deploy/test-packages.sh)")
    folder = tmp_path_factory.mktemp("site")
    with redis_server(folder) as url:
        variables = {
            "ALLOWED_HOSTS": "testserver",
            "HTTPS_ONLY": "false",
            "CACHE_URL": "locmem://",
            "EMAIL_URL": "console://",
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "DETECTOR_BUNDLE": str(bundle_folder),
            "CELERY_BROKER_URL": url,
            "WORKER_CONCURRENCY": "1",
        }
        running = Site(folder, variables)
        migrated = run_python("manage.py", "migrate", "-v0", **variables)
        assert migrated.returncode == 0, migrated.stderr
        running.ask(ENDPOINT)
        yield running


def accept(site: Site, *colours: str) -> str:
    """Send a batch that waits for a worker; its id as the database writes it."""
    status, answer = site.ask(SEND.format(colours=", ".join(map(repr, colours))))
    assert (status, answer["state"]) == (202, "queued")
    assert answer["counts"]["waiting"] == len(colours)
    return answer["id"].replace("-", "")


def is_done(site: Site, batch: str) -> bool:
    return bool(site.rows(DONE, batch))


def announcements(site: Site, batch: str) -> int:
    ((count,),) = site.rows(ANNOUNCED, f"%{batch[:8]}-{batch[8:12]}%")
    return count


def stuck(site: Site, batch: str, position: int) -> tuple[Path, bytes]:
    """Make a worker wait for ever at one file: it becomes a pipe that nobody fills."""
    (name,) = site.rows(FILES, batch)[position]
    path = site.folder / "media" / name
    content = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    return path, content


def mend(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def test_a_worker_judges_what_was_accepted(site: Site) -> None:
    batch = accept(site, "red", "blue")

    with site.worker():
        wait_for(lambda: is_done(site, batch))

    assert site.rows(ITEMS, batch) == [("", 1, 1), ("", 1, 1)]
    assert announcements(site, batch) == 1
    assert not any((site.folder / "media" / "batches").iterdir())


def test_after_a_killed_worker_another_goes_on_and_nothing_is_done_twice(
    site: Site,
) -> None:
    batch = accept(site, "green", "yellow", "white")
    path, content = stuck(site, batch, position=1)

    with site.worker(CELERY_VISIBILITY_SECONDS="1") as worker:
        wait_for(lambda: site.rows(BEGUN + " AND position = 1", batch, 1))
        kill_group(worker)
    mend(path, content)
    time.sleep(1.5)  # until the broker takes the dead worker's task back
    with site.worker(CELERY_VISIBILITY_SECONDS="1"):
        wait_for(lambda: is_done(site, batch))

    assert site.rows(ITEMS, batch) == [("", 1, 1), ("", 2, 1), ("", 1, 1)]
    assert announcements(site, batch) == 1
    (judged,) = site.rows(
        "SELECT count(*), count(DISTINCT submission_id) FROM classifier_prediction "
        "WHERE id IN (SELECT prediction_id FROM classifier_batchitem WHERE batch_id=?)",
        batch,
    )
    assert judged == (3, 3)


def test_a_killed_task_process_is_replaced_and_the_task_begins_again(
    site: Site,
) -> None:
    batch = accept(site, "black", "orange")
    path, content = stuck(site, batch, position=0)

    with site.worker() as worker:
        wait_for(lambda: site.rows(BEGUN, batch, 1))
        mend_first = path.with_suffix(".mended")
        mend_first.write_bytes(content)
        mend_first.replace(path)
        os.kill(task_process(worker.pid), signal.SIGKILL)
        wait_for(lambda: is_done(site, batch))

    assert site.rows(ITEMS, batch) == [("", 2, 1), ("", 1, 1)]
    assert announcements(site, batch) == 1


def task_process(pid: int) -> int:
    """The one process below a worker that works at tasks."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1])


def test_while_the_broker_is_down_the_site_does_the_work_itself(site: Site) -> None:
    code = SEND.format(colours="'purple'")

    status, answer = site.ask(code, CELERY_BROKER_URL="redis://127.0.0.1:1/0")

    assert (status, answer["state"]) == (202, "done")
    assert answer["counts"]["judged"] == 1


def test_a_worker_sends_the_mail(site: Site) -> None:
    code = """
from django.core.mail import send_mail
send_mail("Grüße", "From a worker.", None, ["somebody@example.org"])
print("null")
"""
    with mailbox() as (url, messages):
        site.ask(code, EMAIL_URL=url)
        assert messages == []
        with site.worker(EMAIL_URL=url):
            wait_for(lambda: messages)

    (message,) = messages
    assert "From a worker." in message
    assert "Message-ID: <" in message


def test_the_queue_may_be_that_of_amazon(site: Site) -> None:
    with sqs_server("tasks") as url:
        status, answer = site.ask(SEND.format(colours="'pink'"), CELERY_BROKER_URL=url)
        assert (status, answer["state"]) == (202, "queued")
        batch = answer["id"].replace("-", "")
        with site.worker(CELERY_BROKER_URL=url):
            wait_for(lambda: is_done(site, batch))

    assert site.rows(ITEMS, batch) == [("", 1, 1)]


def test_without_a_broker_a_worker_says_what_it_needs() -> None:
    started = run_python("-m", "celery", "--app", "detector_site", "worker")

    assert started.returncode != 0
    assert "A worker needs CELERY_BROKER_URL" in started.stderr
