"""Pages and commands start without the heavy libraries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.detector_site.processes import run_python

HEAVY = ("tensorflow", "keras", "onnxruntime", "sklearn", "celery", "kombu")

REPORT = f"""
import sys
leaked = [name for name in {HEAVY!r} if name in sys.modules]
sys.exit(f"loaded: {{leaked}}" if leaked else 0)
"""

START = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "detector_site.settings"
import django
django.setup()
"""


def test_the_site_and_its_addresses_load_no_heavy_library() -> None:
    code = START + "import detector_site.urls, detector_site.wsgi" + REPORT

    started = run_python("-c", code)

    assert started.returncode == 0, started.stderr


def test_the_check_finds_a_heavy_library_that_is_loaded() -> None:
    started = run_python("-c", "import onnxruntime" + REPORT)

    assert "loaded: ['onnxruntime']" in started.stderr


def test_the_help_of_every_command_loads_no_heavy_library() -> None:
    code = (
        START
        + """
from django.core.management import get_commands, load_command_class
own = [(app, name) for name, app in get_commands().items()
       if app in ("accounts", "classifier", "mltrain", "detector_site")]
assert own
for app, name in own:
    load_command_class(app, name).create_parser("manage.py", name).format_help()
"""
        + REPORT
    )

    started = run_python("-c", code)

    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize("package", ["classifier.inference", "classifier.provenance"])
def test_inference_and_provenance_work_without_django(package: str) -> None:
    code = f"""
import importlib, pkgutil, sys
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("keras_engine"):
        importlib.import_module(module.name)
sys.exit("Django was loaded" if "django" in sys.modules else 0)
"""

    started = run_python("-c", code)

    assert started.returncode == 0, started.stderr


def test_commands_that_need_no_model_load_no_heavy_library(tmp_path: Path) -> None:
    code = (
        START
        + """
from django.core.management import call_command
for command in ("migrate", "createcachetable", "clearsessions", "showmigrations"):
    call_command(command, verbosity=0)
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
call_command("check", "--deploy")
"""
        + REPORT
    )

    done = run_python("-c", code, DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}")

    assert done.returncode == 0, done.stderr


def test_gunicorns_master_holds_no_heavy_library_when_it_forks(
    tmp_path: Path,
) -> None:
    code = (
        "from detector_site.workers import prepare_master; prepare_master(migrate=True)"
        + REPORT
    )

    done = run_python("-c", code, DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}")

    assert done.returncode == 0, done.stderr
