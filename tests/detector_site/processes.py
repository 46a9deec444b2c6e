"""Python in a process of its own, with an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "PATH": "/usr/bin:/bin",
    "SECRET_KEY": "for-one-test-only-but-long-and-varied-0123456789-abcdefgh",
    "DEBUG": "false",
    "HTTPS_ONLY": "true",
    "ALLOWED_HOSTS": "detector.example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org",
    "DATABASE_URL": "sqlite://:memory:",
    "CACHE_URL": "database://",
}


def run_python(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the repository as in production but for `changes`."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**PRODUCTION, **changes},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
