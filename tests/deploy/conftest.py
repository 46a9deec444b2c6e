"""One running site for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.stack import Stack, missing_programs, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The site behind nginx, as deployed; built once."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"Not installed: {', '.join(missing)} (sh deploy/test-packages.sh)")
    with running_stack() as site:
        yield site
