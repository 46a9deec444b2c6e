"""What the documentation names exists, and what people can use is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import load_command_class

from classifier.openapi import ERROR_CODES
from classifier.schemas import PredictionOut

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
COMMANDS = {
    path.stem: path.parts[-4]
    for path in ROOT.glob("*/management/commands/*.py")
    if not path.stem.startswith("_")
}
# Where the options of a command are explained, unless on the pages about training.
EXPLAINED_IN = {
    "classify": ("README.md",),
    "export_feedback": ("docs/disputes.md",),
    "index_copies": ("docs/disputes.md",),
    "rescore": ("docs/disputes.md",),
    "verify_receipt": ("docs/receipts.md",),
}
LABORATORY = (
    "docs/training.md",
    "docs/training-options.md",
    "docs/evaluation.md",
    "docs/accurate-model.md",
)
TARGETS = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
# What Django's own commands bring; `--settings` and its kin need no page.
COMMON = {
    *("--help", "--version", "--verbosity", "--settings", "--pythonpath"),
    *("--traceback", "--no-color", "--force-color", "--skip-checks"),
}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def options_of(command: str) -> set[str]:
    """The long options that the command's parser takes."""
    parser = load_command_class(COMMANDS[command], command).create_parser(
        "manage.py", command
    )
    return {
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--")
    }


def calls() -> Iterator[tuple[str, str]]:
    """Every command of this project that the pages tell the reader to type."""
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.search(r"manage\.py (\w+)(.*)", line)
            if found and found[1] in COMMANDS:
                yield found[1], found[2]


def links() -> Iterator[tuple[Path, str]]:
    """Relative links and pictures of all pages."""
    for source in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", source.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target):
                yield source, target


def anchors(source: Path) -> set[str]:
    """The anchors that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.+)$", source.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"manage\.py {command}\b", TEXT)


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_documented(target: str) -> None:
    assert re.search(rf"\bmake {target}\b", TEXT)


def test_every_make_target_that_is_documented_exists() -> None:
    code = re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", TEXT, re.DOTALL)
    spans = "\n".join(block or span for block, span in code)
    named = set(re.findall(r"\bmake ([a-z]+)", spans))

    assert named <= set(TARGETS)


@pytest.mark.parametrize(("command", "rest"), list(calls()))
def test_every_option_in_an_example_exists(command: str, rest: str) -> None:
    assert set(re.findall(r"--[a-z-]+", rest)) <= options_of(command)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_explained(command: str) -> None:
    default = LABORATORY
    if COMMANDS[command] == "operations":
        default = ("docs/operations.md",)
    names = EXPLAINED_IN.get(command, default)
    explained = set(re.findall(r"--[a-z-]+", "".join(map(page, names))))

    assert options_of(command) - COMMON <= explained


@pytest.mark.parametrize(("source", "target"), list(links()))
def test_every_relative_link_leads_somewhere(source: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    there = source.parent / path if path else source

    assert there.exists()
    assert not anchor or anchor in anchors(there)


@pytest.mark.parametrize("name", ["README.md", "docs/api.md"])
def test_the_documented_error_codes_are_those_of_the_api(name: str) -> None:
    rows = re.findall(r"^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \|", page(name), re.M)
    documented: dict[int, tuple[str, ...]] = {}
    for status, codes in rows:  # the first table is that of /predict
        documented.setdefault(int(status), tuple(re.findall(r"\w+", codes)))

    # Media alone answer 404, and the README doesn't speak of them.
    assert documented == {
        status: codes
        for status, codes in ERROR_CODES.items()
        if status != 404 or name != "README.md"
    }


@pytest.mark.parametrize("name", ["README.md", "docs/api.md"])
def test_the_documented_answer_has_the_fields_of_the_real_one(name: str) -> None:
    blocks = re.findall(r"```json\n(.*?)```", page(name), re.DOTALL)
    answer = next(json.loads(b) for b in blocks if '"ai_probability"' in b)

    assert PredictionOut(**answer).model_dump(mode="json") == answer
