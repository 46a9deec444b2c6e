"""Where the time of `POST /predict` goes, part by part, in milliseconds of CPU.

`python -m benchmarks.request_path` prints a table; with the name of an SVG file behind
it, a flame graph is drawn there too. The site runs inside this process,
without gunicorn, on a new SQLite database. A part's time is its own: what another part
takes inside of it counts for that one alone.
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
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.client import multipart
from benchmarks.flame import draw, sample
from benchmarks.parts import INNERMOST, Times, collected, timed, watched
from benchmarks.pictures import Picture, draw_pictures

CALLS = 40
FLAME_CALLS = 300
WHOLE = "The whole request"
REST = "The rest: Django's handler and signals"
# Milliseconds below which a middleware is not worth a row of its own.
SMALL = 0.05
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
    "Store the print, look for copies": "classifier.services.print_create",
    "Write files": "classifier.services.store_file",
    "Begin": "django.db.transaction.Atomic.__enter__",
    "Commit": "django.db.transaction.Atomic.__exit__",
    "Answer": "classifier.api.prediction_out",
}


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
            # A second thread's time is not this thread's.
            "DETECTOR_THREADS": "1",
        }
        names = _watch_middleware()
        application = import_module("detector_site.wsgi").application
        token = _prepare()
        key = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
        anonymous = _measure(application, picture, {})
        owner = _measure(application, picture, key)
        if len(sys.argv) > 1:
            _draw(Path(sys.argv[1]), application, picture)
    sys.stdout.write(_table(anonymous, owner, names) + "\n")


def _watch_middleware() -> list[str]:
    """Time each middleware of the site; their names."""
    import django
    from django.conf import settings

    django.setup()
    names = [path.rsplit(".", 1)[1] for path in settings.MIDDLEWARE]
    settings.MIDDLEWARE = watched(settings.MIDDLEWARE)
    return names


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
            for part, seconds in times.items():
                found[part].append(seconds * 1000)
    return {part: statistics.median(values) for part, values in found.items()}


@contextlib.contextmanager
def _watching() -> Iterator[Times]:
    """Time every part inside the block."""
    with contextlib.ExitStack() as undo:
        for part, path in PARTS.items():
            owner, name = find(path)
            original = getattr(owner, name)
            setattr(owner, name, timed(original, part))
            undo.callback(setattr, owner, name, original)
        yield undo.enter_context(collected())


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


def _table(anonymous: Times, owner: Times, middleware: Sequence[str]) -> str:
    """Both columns, part by part; what the parts don't hold is the rest."""
    both = anonymous, owner
    small = [n for n in middleware if max(_of(n, both)) < SMALL]
    large = [n for n in middleware if n not in small]
    named = [*PARTS, INNERMOST, *middleware]
    rest = [whole[WHOLE] - sum(whole.get(n, 0.0) for n in named) for whole in both]
    rows = [(part, *_of(part, both)) for part in (*PARTS, INNERMOST, *large)]
    together = [sum(_of(name, both)[i] for name in small) for i in range(2)]
    rows.append((f"{len(small)} other middleware together", *together))
    rows += [(REST, *rest), (WHOLE, *_of(WHOLE, both))]
    lines = ["| Part | Anonymous, ms | With a token, ms |", "|---|---:|---:|"]
    return "\n".join(lines + [f"| {n} | {a:.2f} | {b:.2f} |" for n, a, b in rows])


def _of(part: str, both: tuple[Times, Times]) -> tuple[float, float]:
    return both[0].get(part, 0.0), both[1].get(part, 0.0)


if __name__ == "__main__":
    main()
