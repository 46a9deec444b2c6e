"""The servers that are measured: the site as deployed, and one to compare it with."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import multipart

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 180

CREATE_KEY = """
from accounts.models import ApiToken, User
user = User.objects.create_user("bench", "bench@example.org")
print(ApiToken.objects.create(user=user, name="bench")[1])
"""

# The site's network with the one output that simple servers expect.
SINGLE_OUTPUT = """
import sys, keras
model = keras.saving.load_model(sys.argv[1], compile=False)
probability = keras.layers.Activation("sigmoid")(model.output["logit"])
keras.Model(model.inputs, probability).save(sys.argv[2])
"""


@dataclass(frozen=True)
class Server:
    """A running server: where it takes pictures, and how long it took to start.

    `pid` is None for a server that somebody else started, of which neither CPU nor
    memory is known. Both times are in seconds from the start of its process: to the
    first answer of /health, and to the first verdict.
    """

    name: str
    address: str
    pid: int | None
    health_seconds: float | None = None
    first_seconds: float | None = None
    token: str = ""


@contextmanager
def site(folder: Path, bundle: Path, picture: bytes, *options: str) -> Iterator[Server]:
    """The site under gunicorn with `deploy/gunicorn.conf.py` and a new database.

    Its variables are those of this process; only the limits per visitor are lifted.
    `options` are further ones of gunicorn's command line.
    """
    port = free_port()
    environment = {
        **os.environ,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "HTTPS_ONLY": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": os.environ.get(
            "DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"
        ),
        "MEDIA_ROOT": f"{folder}/media",
        "STATIC_ROOT": f"{folder}/static",
        "DETECTOR_BUNDLE": str(bundle),
        "THROTTLE_ANON": "100000/s",
        "THROTTLE_USER": "100000/s",
        "THROTTLE_TOKEN": "100000/s",
        "DAILY_QUOTA": "100000000",
        "PORT": str(port),
    }
    # The hashed names of static files are for pages, which nobody asks for here.
    _run("manage.py", "migrate", "--noinput", "--verbosity", "0", env=environment)
    token = _run("manage.py", "shell", "-v0", "-c", CREATE_KEY, env=environment)
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    command += options
    with (folder / "site.log").open("w") as log:
        yield from _serve(
            "site", command, port, picture, log, env=environment, token=token.strip()
        )


@contextmanager
def baseline(
    app: Path, python: str, folder: Path, bundle: Path, picture: bytes
) -> Iterator[Server]:
    """An ASGI application (`app` in the file) under uvicorn with one worker.

    It answers POST /predict and GET /health, and finds in MODEL the site's network as
    a Keras file with one sigmoid output. `python` has the packages it needs.
    """
    port = free_port()
    model = folder / "single_output.keras"
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    _run("-c", SINGLE_OUTPUT, str(bundle / "model.keras"), str(model), python=python)
    command = [python, "-m", "uvicorn", f"{app.stem}:app", "--app-dir", str(app.parent)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    with (folder / "baseline.log").open("w") as log:
        yield from _serve(
            "baseline", command, port, picture, log, env={**quiet, "MODEL": str(model)}
        )


def running(address: str) -> Server:
    """A server that runs already, as the baseline."""
    return Server("baseline", address.rstrip("/") + "/predict", pid=None)


def free_port() -> int:
    """A TCP port on the loopback address that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(
    *arguments: str, python: str = sys.executable, env: dict[str, str] | None = None
) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments
        [python, *arguments], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[:2]} failed:\n{done.stderr}")
    return done.stdout


def _serve(
    name: str,
    command: list[str],
    port: int,
    picture: bytes,
    log: object,
    *,
    env: dict[str, str],
    token: str = "",
) -> Iterator[Server]:
    address = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)  # noqa: S603
    try:
        _wait(f"{address}/health", process, log)
        health_seconds = time.perf_counter() - started
        body, content_type = multipart(picture)
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{address}/predict", body, {"Content-Type": content_type}
        )
        with urllib.request.urlopen(request, timeout=START_SECONDS) as response:  # noqa: S310
            response.read()
        first_seconds = time.perf_counter() - started
        yield Server(
            name,
            f"{address}/predict",
            process.pid,
            health_seconds,
            first_seconds,
            token,
        )
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(address: str, process: subprocess.Popen[bytes], log: object) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    text = Path(log.name).read_text()  # type: ignore[attr-defined]
    raise RuntimeError(f"The server did not start:\n{text[-4000:]}")
