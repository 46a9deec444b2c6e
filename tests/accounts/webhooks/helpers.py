"""What several tests of webhooks do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests.classifier.batches import red, send
from tests.detector_site.processes import ROOT

EVENTS = ["batch.finished", "submission.rechecked"]
DAY = timedelta(days=1)


def finish_a_batch(
    client: Client, on_commit: DjangoCaptureOnCommitCallbacks
) -> dict[str, Any]:
    with on_commit(execute=True):
        return send(client, red()).json()


def snippet() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function of docs/api.md that checks a signature."""
    page = (ROOT / "docs/api.md").read_text()
    code = next(
        block
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        if "webhook-signature" in block
    )
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    return names["verify"]
