"""Where the time of `POST /predict` goes, part by part, in milliseconds of CPU.

`python -m benchmarks.request_path` prints a table; with the name of an SVG file behind
it, a flame graph is drawn there too. The site runs inside this process,
without gunicorn, on a new SQLite database; each part is timed on its own thread.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.client import multipart
from benchmarks.flame import draw, sample
from benchmarks.pictures import Picture, draw_pictures

CALLS = 40
FLAME_CALLS = 300
WHOLE = "The whole request"
# What the table calls it, and where the site looks it up.
PARTS = {
    "Token: who sends it?": "detector_site.api.token_from_bearer",
    "Count the request": "classifier.api.count_request",
    "Parse the body": "classifier.api.uploaded_file",
    "Known already?": "classifier.services._known_prediction",
    "Decode": "classifier.inference.detector.decode_image",
    "View": "classifier.inference.detector.to_model_input",
    "Network": "classifier.inference.engines.OnnxEngine.run",
    "Provenance": "classifier.judging.read_signals",
    "Heat map": "classifier.services.render_overlay",
    "Preview": "classifier.services.render_preview",
    "Perceptual hash": "classifier.services.picture_print",
    "Store rows": "classifier.models.Submission.save",
    "Store the prediction": "classifier.models.Prediction.save",
    "Store both without an owner": "classifier.services.insert_row",
    "Answer": "classifier.api.prediction_out",
}

Times = dict[str, float]


def main() -> None:
    """Time an anonymous request and one with a token, and print both."""
    picture = draw_pictures()[0]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "detector_site.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "false",
            "HTTPS_ONLY": "false",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "THROTTLE_ANON": "100000/s",
            "THROTTLE_USER": "100000/s",
            "THROTTLE_TOKEN": "100000/s",
            "DAILY_QUOTA": "100000000",
        }
        application = import_module("detector_site.wsgi").application
        token = _prepare()
        key = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
        anonymous = _measure(application, picture, {})
        owner = _measure(application, picture, key)
        if len(sys.argv) > 1:
            _draw(Path(sys.argv[1]), application, picture)
    sys.stdout.write(_table(anonymous, owner) + "\n")


def _prepare() -> str:
    """Make the tables and an account; return its token."""
    from django.core.management import call_command

    from accounts.models import ApiToken, User

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("bench", "bench@example.org")
    return ApiToken.objects.create(user=user, name="bench")[1]


def _draw(file: Path, application: Callable[..., Any], picture: Picture) -> None:
    """Draw where anonymous requests spend their CPU."""

    def send() -> None:
        for _ in range(FLAME_CALLS):
            _post(application, picture.unique(), {})

    title = f"POST /predict, {picture.name}, anonymous: CPU time"
    file.write_text(draw(sample(send, _post.__name__), title), encoding="utf-8")


def _measure(
    application: Callable[..., Any], picture: Picture, headers: dict[str, str]
) -> Times:
    """The median of each part over the calls."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(CALLS + 5):
        with _watching() as times:
            started = time.thread_time()
            _post(application, picture.unique(), headers)
            times[WHOLE] = time.thread_time() - started
        if number >= 5:  # the first ones load the model and fill caches
            for part in (WHOLE, *PARTS):
                found[part].append(times[part] * 1000)
    return {part: statistics.median(values) for part, values in found.items()}


@contextlib.contextmanager
def _watching() -> Iterator[Times]:
    """Time every part inside the block."""
    times: Times = defaultdict(float)
    with contextlib.ExitStack() as undo:
        for part, path in PARTS.items():
            owner, name = find(path)
            original = getattr(owner, name)
            setattr(owner, name, _timed(original, part, times))
            undo.callback(setattr, owner, name, original)
        yield times


def _timed(function: Callable[..., Any], part: str, times: Times) -> Callable[..., Any]:
    @wraps(function)
    def timed(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - any function
        started = time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            times[part] += time.thread_time() - started

    return timed


def find(path: str) -> tuple[Any, str]:
    """The module or class that holds the name at the end of the path."""
    parent, name = path.rsplit(".", 1)
    try:
        return import_module(parent), name
    except ModuleNotFoundError:
        module, holder = parent.rsplit(".", 1)
        return getattr(import_module(module), holder), name


def _post(
    application: Callable[..., Any], picture: bytes, headers: dict[str, str]
) -> None:
    body, content_type = multipart(picture)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/predict",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        **headers,
    }
    statuses: list[str] = []
    response = application(environ, lambda status, _: statuses.append(status))
    answer = b"".join(response)
    response.close()
    if not statuses[0].startswith("200"):
        raise RuntimeError(f"{statuses[0]}: {answer.decode()}")


def _table(anonymous: Times, owner: Times) -> str:
    lines = ["| Part | Anonymous, ms | With a token, ms |", "|---|---:|---:|"]
    for part in PARTS:
        lines += [f"| {part} | {anonymous[part]:.1f} | {owner[part]:.1f} |"]
    rest = [whole[WHOLE] - sum(whole[p] for p in PARTS) for whole in (anonymous, owner)]
    label = "The rest: middleware, addresses, transactions, files"
    lines.append(f"| {label} | {rest[0]:.1f} | {rest[1]:.1f} |")
    lines.append(f"| {WHOLE} | {anonymous[WHOLE]:.1f} | {owner[WHOLE]:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
