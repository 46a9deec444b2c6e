"""One certificate authority for the whole run: making keys takes time."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.provenance import TrustSettings
from tests.provenance.signing import Authority, make_authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority()


@pytest.fixture(scope="session")
def trust(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> TrustSettings:
    folder: Path = tmp_path_factory.mktemp("trust")
    return TrustSettings(anchors=authority.write_root(folder))
