"""Every text of the pages is there in Arabic, and the compiled files are up to date."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

MESSAGES = Path("locale/ar/LC_MESSAGES")
DOMAINS = ["django", "djangojs"]
# %(name)s and the tags of HTML, which a translation may move but not lose.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|</?\w+[^>]*>")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository after `make messages` without the compiling."""
    if not shutil.which("xgettext"):
        pytest.fail("Install gettext: deploy/test-packages.sh does.")
    copy = tmp_path_factory.mktemp("site")
    for room in ("accounts", "classifier", "detector_site", "mltrain", "operations"):
        shutil.copytree(
            settings.BASE_DIR / room,
            copy / room,
            ignore=shutil.ignore_patterns("bundles", "__pycache__"),
        )
    for room in ("templates", "static", "locale"):
        shutil.copytree(settings.BASE_DIR / room, copy / room)
    shutil.copy(settings.BASE_DIR / "manage.py", copy)
    for domain in DOMAINS:
        command = ["makemessages", "--locale", "ar", "--domain", domain, "--no-wrap"]
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=copy,
            env={"SECRET_KEY": "for this test alone", "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        )
    return copy


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_has_an_arabic_translation(collected: Path, domain: str) -> None:
    catalogue = polib.pofile(collected / MESSAGES / f"{domain}.po")

    missing = [entry.msgid for entry in catalogue.untranslated_entries()]
    doubtful = [entry.msgid for entry in catalogue.fuzzy_entries()]
    assert not missing + doubtful, "Run `make messages` and translate these."


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_keep_placeholders_and_tags(domain: str) -> None:
    for entry in polib.pofile(settings.BASE_DIR / MESSAGES / f"{domain}.po"):
        source = entry.msgid_plural or entry.msgid
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(PLACEHOLDER.findall(text)) == sorted(
                PLACEHOLDER.findall(source)
            ), source


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_file_is_made_from_the_texts(domain: str, tmp_path: Path) -> None:
    folder = settings.BASE_DIR / MESSAGES
    polib.pofile(folder / f"{domain}.po").save_as_mofile(tmp_path / "made.mo")

    assert _texts(folder / f"{domain}.mo") == _texts(tmp_path / "made.mo"), (
        "Run `make messages`."
    )


def _texts(compiled: Path) -> dict[object, str]:
    with compiled.open("rb") as file:
        catalogue = dict(gettext.GNUTranslations(file)._catalog)
    catalogue.pop("", None)
    return catalogue
