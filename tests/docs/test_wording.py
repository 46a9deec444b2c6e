"""The words that people read: no picture is a “fake”, no verdict is “proof”."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier import error_text, presentation, stability_text, verdicts
from detector_site.api import api

ROOT = Path(__file__).parents[2]
# Code names folders of other people's datasets (`fake/`), and a record of decisions is
# not rewritten.
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
RECORDS = {"decisions.md"}
FORBIDDEN = re.compile(r"\bfak(?:e[sd]?|ing|ery)\b|(?<!never )\bproofs?\b", re.I)


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "static" / "js").rglob("*.js")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for module in (presentation, stability_text, error_text, verdicts):
        yield module.__name__, Path(module.__file__).read_text(encoding="utf-8")
    for path in sorted((ROOT / "classifier" / "provenance").glob("*.py")):
        yield f"provenance/{path.name}", path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")]:
        if path.name not in RECORDS:
            yield path.name, CODE.sub("", path.read_text(encoding="utf-8"))
    # Sources keep the names that their authors gave them.
    card = (ROOT / "classifier/bundles/default/MODEL_CARD.md").read_text("utf-8")
    yield "MODEL_CARD.md", re.sub(r"^\|.*$", "", card, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("place", "text"), [pytest.param(*t, id=t[0]) for t in texts()]
)
def test_no_text_calls_a_picture_fake_or_a_verdict_proof(place: str, text: str) -> None:
    found = [text[max(0, m.start() - 40) : m.end()] for m in FORBIDDEN.finditer(text)]

    assert found == [], place


def test_the_document_of_the_api_keeps_to_it_too() -> None:
    assert FORBIDDEN.findall(json.dumps(api.get_openapi_schema())) == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("It is a fake.", True),
        ("Faked by AI", True),
        ("This is proof of it", True),
        ("an estimate, never proof", False),
        ("waterproof", False),
    ],
)
def test_the_audit_finds_what_it_looks_for(text: str, is_found: bool) -> None:
    assert bool(FORBIDDEN.search(text)) is is_found
