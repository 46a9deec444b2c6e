"""Terraform files against the schema of the AWS provider.

`aws_schema.json` holds every argument of the types that deploy/terraform uses, which of
them are required and which are blocks. It was read from the typed bindings that
HashiCorp generated from the provider (PyPI: cdktf-cdktf-provider-aws 21.22.1).
`terraform validate` needs the provider itself, which not every machine can download.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMA = json.loads(Path(__file__).with_name("aws_schema.json").read_text())["types"]
# What Terraform itself understands in every resource and data source.
META = {"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner"}


def problems_of(files: list[dict[str, Any]]) -> list[str]:
    """What the provider would not accept in parsed `.tf` files."""
    return [problem for file in files for problem in _problems(file)]


def _problems(file: dict[str, Any]) -> Iterator[str]:
    for keyword, prefix in (("resource", ""), ("data", "data.")):
        for block in file.get(keyword, []):
            for kind, named in _blocks(block):
                for name, body in _blocks(named):
                    if kind.startswith("aws_"):
                        yield from _checked(f"{prefix}{kind}", name, body)


def _checked(kind: str, name: str, body: dict[str, Any]) -> Iterator[str]:
    if kind not in SCHEMA:
        yield f"{kind}.{name}: this type is not in aws_schema.json"
        return
    yield from _compared(f"{kind}.{name}", SCHEMA[kind], body, META)


def _compared(
    place: str, known: dict[str, Any], body: dict[str, Any], besides: set[str]
) -> Iterator[str]:
    given = dict(_blocks(body))
    for dynamic in given.pop("dynamic", []):
        for block, content in _blocks(dynamic):
            given[block] = content["content"]
    for name in given.keys() - known.keys() - besides:
        yield f"{place}: there is no argument {name}"
    for name, about in known.items():
        if about.get("required") and name not in given:
            yield f"{place}: {name} is required"
        if "block" in about and isinstance(given.get(name), list):
            for nested in given[name]:
                if isinstance(nested, dict):
                    yield from _compared(
                        f"{place}.{name}", about["block"], nested, set()
                    )


def _blocks(parsed: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names without quotes, and without the parser's own marks."""
    for name, value in parsed.items():
        if not name.startswith("__"):
            yield name.strip('"'), value
