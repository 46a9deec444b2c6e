"""Every kind of file in the table of docs/provenance.md is read as the table says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifier.inference.images import decode_image
from classifier.provenance import TrustSettings, read
from tests.provenance.kinds import KINDS
from tests.provenance.signing import Authority

PAGE = (Path(__file__).parents[2] / "docs" / "provenance.md").read_text("utf-8")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_read_as_the_table_says(
    name: str, authority: Authority, trust: TrustSettings
) -> None:
    kind = KINDS[name]
    if kind.writer == "exiftool" and shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed: apt-get install libimage-exiftool-perl")
    data = kind.make(authority)

    first = read(data, trust)[0]

    assert (first.source, first.claim) == (kind.source, kind.claim)
    assert first.strength == kind.strength
    assert decode_image(data).facts.byte_size == len(data)


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_has_its_row_in_the_documentation(name: str) -> None:
    kind = KINDS[name]

    judged = f"`{kind.source}` | `{kind.claim}` | `{kind.strength}`"

    assert f"| {name} | {kind.writer} | {judged} |" in PAGE
