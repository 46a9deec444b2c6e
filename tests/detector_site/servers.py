"""Real servers for tests: gunicorn as deployed, and a PostgreSQL cluster."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.detector_site.processes import PRODUCTION, ROOT

START_SECONDS = 180


def free_port() -> int:
    """A TCP port on the loopback address that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def gunicorn(log: Path, **environment: str) -> Iterator[str]:
    """Serve the site with `deploy/gunicorn.conf.py`; yield its address."""
    port = free_port()
    local = {"ALLOWED_HOSTS": "127.0.0.1", "HTTPS_ONLY": "false", "PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**PRODUCTION, **local, **environment},
            stdout=output,
            stderr=output,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_it_answers(address, server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=60)


def _wait_until_it_answers(
    address: str, server: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=30):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.3)
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, newest version first."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = max(versions, key=lambda path: float(path.parts[-3]), default=None)
    on_path = shutil.which("initdb")
    return found.parent if found else Path(on_path).parent if on_path else None


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """Start an empty cluster on a loopback port; yield the URL of its database.

    PostgreSQL refuses to run as root, so root runs it as the user `postgres`.
    """
    account = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        data = Path(folder) / "data"
        if account:
            shutil.chown(folder, account)

        def run(program: str, *arguments: str) -> None:
            # Its log goes to a file: the server would keep a pipe open for ever.
            subprocess.run(
                [programs / program, "-D", data, *arguments],
                cwd=folder,
                user=account,
                stdout=subprocess.DEVNULL,
                check=True,
            )

        run("initdb", "--auth=trust", "--username=detector", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -F"
        log = str(Path(folder) / "log")
        run("pg_ctl", "start", "--wait", "-t", "120", "-l", log, "-o", options)
        try:
            yield f"postgres://detector@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "--wait", "-m", "immediate")
