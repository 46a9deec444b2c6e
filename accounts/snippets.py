"""Programs to copy that call the API, with the reader's own token in them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

PLACEHOLDER = "aid_YOUR_TOKEN"
# The ending of a template in templates/accounts/snippets, and what it is written in.
LANGUAGES = {"sh": "curl", "py": "Python", "mjs": "JavaScript"}
OPERATIONS = {
    "predict": (
        gettext_noop("One picture"),
        gettext_noop("Needs the scope “predict”."),
    ),
    "batch": (
        gettext_noop("Up to 20 pictures at once"),
        gettext_noop("Needs the scope “predict”; each picture counts."),
    ),
    "history": (
        gettext_noop("Your newest results"),
        gettext_noop("Needs the scope “history”."),
    ),
}


@dataclass(frozen=True)
class Snippet:
    """A program of a few lines; `key` is unique on the page."""

    key: str
    language: str
    code: str


@dataclass(frozen=True)
class Operation:
    """What one can ask of the API, in each language."""

    key: str
    title: str
    note: str
    snippets: list[Snippet]


def snippets(request: HttpRequest, token: str = PLACEHOLDER) -> list[Operation]:
    """The operations of the guide, for the site that the request came to."""
    context = {
        "site": SafeString(request.build_absolute_uri("/").rstrip("/")),
        "token": SafeString(token),
    }
    return [
        Operation(
            key,
            str(_(title)),
            str(_(note)),
            [
                Snippet(
                    f"{key}-{ending}",
                    language,
                    render_to_string(f"accounts/snippets/{key}.{ending}.txt", context),
                )
                for ending, language in LANGUAGES.items()
            ],
        )
        for key, (title, note) in OPERATIONS.items()
    ]
