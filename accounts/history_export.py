"""A history as CSV or JSON, a row at a time, whatever its length."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from classifier.models import Submission

COLUMNS = (
    *("id", "created_at", "name", "source"),
    *("final_label", "label", "ai_probability", "model", "feedback"),
    *("width", "height", "format", "byte_size", "sha256", "page"),
)
# A spreadsheet would run a cell that begins with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def export_response(
    *, rows: Iterable[Submission], kind: str, absolute: Callable[[str], str]
) -> StreamingHttpResponse:
    """The rows as a download; `kind` is `csv` or `json`, `absolute` makes addresses."""
    found = (_fields(row, absolute) for row in rows)
    lines, content_type = {
        "csv": (csv_lines, "text/csv; charset=utf-8"),
        "json": (json_lines, "application/json"),
    }[kind]
    name = f"history-{timezone.now():%Y-%m-%d}.{kind}"
    return StreamingHttpResponse(
        lines(found),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_lines(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    """RFC 4180 with a heading; text that a spreadsheet would run is quoted by `'`."""
    writer = csv.DictWriter(_Echo(), COLUMNS)
    yield writer.writeheader()
    for fields in found:
        yield writer.writerow({name: _harmless(v) for name, v in fields.items()})


def json_lines(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One array with an object on each line."""
    separator = "[\n"
    for fields in found:
        yield separator + json.dumps(fields, ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _fields(row: Submission, absolute: Callable[[str], str]) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "created_at": row.created_at.isoformat(),
        "name": row.original_name,
        "source": row.source,
        "final_label": row.final_verdict,
        "label": row.verdict,
        "ai_probability": round(row.ai_probability, 6),
        "model": row.model,
        "feedback": row.feedback,
        "width": row.width,
        "height": row.height,
        "format": row.format,
        "byte_size": row.byte_size,
        "sha256": row.sha256,
        "page": absolute(row.get_absolute_url()),
    }


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


class _Echo:
    """What `csv` writes into: hands each line back to whoever asked for it."""

    def write(self, line: str) -> str:
        return line
