"""A site with a real Redis and real workers, each process as in production."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.detector_site.processes import PRODUCTION, ROOT, run_python
from tests.detector_site.servers import free_port

WAIT_SECONDS = 180.0

CLIENT = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "detector_site.settings"
import django
django.setup()
from django.test import Client
from accounts.models import User
from tests.classifier.batches import send
from tests.images import encode, plain
user, _ = User.objects.get_or_create(username="somebody", email="somebody@example.org")
client = Client()
client.force_login(user)
def pictures(*colours):
    return [encode(plain(colour)) for colour in colours]
"""


def wait_for(condition: Callable[[], object]) -> None:
    """Look until the condition holds; raises `RuntimeError` when it never does."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise RuntimeError("It did not happen in time.")


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """An empty Redis on loopback; yield its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)
    ping = ["redis-cli", "-p", str(port), "ping"]
    try:
        wait_for(lambda: subprocess.run(ping, capture_output=True).stdout == b"PONG\n")
        yield f"redis://127.0.0.1:{port}/1"
    finally:
        server.terminate()
        server.wait(timeout=60)


@dataclass
class Site:
    """Its processes share a folder with database and media."""

    folder: Path
    variables: dict[str, str]

    def ask(self, code: str, **changes: str) -> Any:  # noqa: ANN401 - as JSON is
        """Run code after CLIENT in a process of the site; what it prints as JSON."""
        done = run_python("-c", CLIENT + code, **{**self.variables, **changes})
        if done.returncode:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database."""
        connection = sqlite3.connect(self.folder / "db.sqlite3", timeout=60)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    @contextmanager
    def worker(self, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker with one process for tasks, in a process group of its own."""
        command = [sys.executable, "-m", "celery", "--app", "detector_site", "worker"]
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [*command, "--loglevel", "INFO"],
                cwd=ROOT,
                env={**PRODUCTION, **self.variables, **changes},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield worker
        finally:
            if worker.poll() is None:
                worker.terminate()
                worker.wait(timeout=60)

    def log(self) -> str:
        """What the workers wrote."""
        return (self.folder / "worker.log").read_text()


def kill_group(worker: subprocess.Popen[bytes]) -> None:
    """As the kernel does when memory is short, but to all of it."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(timeout=60)
