"""Rules about the repository itself: imports, configuration, static files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.detector_site.processes import ROOT, run_python

READERS = {
    *("text", "boolean", "integer", "items", "path", "choice", "rate"),
    *("key", "keys"),
}


def names_read() -> set[str]:
    """Every variable that the settings and gunicorn's configuration read."""
    names = {
        node.args[0].value
        for file in (ROOT / "detector_site").glob("*settings.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in READERS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }
    gunicorn = (ROOT / "deploy" / "gunicorn.conf.py").read_text()
    return names | set(re.findall(r"environ\.get\([\"'](\w+)", gunicorn))


def test_every_variable_is_in_the_example_file() -> None:
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", example, flags=re.MULTILINE))

    assert names_read() == listed


def test_every_variable_is_in_the_table_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (`[A-Z0-9_]+`(?:, `[A-Z0-9_]+`)*) \|", readme, re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"[A-Z0-9_]+", row)}

    assert names_read() == listed


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    linted = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert linted.returncode == 0, linted.stdout


def test_every_static_file_that_is_referred_to_exists(tmp_path: Path) -> None:
    """The manifest storage fails on a style sheet that names a missing file."""
    collected = run_python(
        "manage.py", "collectstatic", "--noinput", STATIC_ROOT=str(tmp_path)
    )

    assert collected.returncode == 0, collected.stderr
    assert list(tmp_path.glob("css/site.*.css"))
    assert list(tmp_path.glob("css/site.*.css.br"))
