"""The default cache: in the database, so that all workers count together."""

from __future__ import annotations

from pathlib import Path

from tests.detector_site.processes import run_python

SET = "from django.core.cache import cache; cache.set('seen', 3)"
GET = "from django.core.cache import cache; print('seen', cache.get('seen'))"


def test_migrate_makes_it_and_processes_share_it(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'db.sqlite3'}"

    migrated = run_python("manage.py", "migrate", DATABASE_URL=database)
    written = run_python("manage.py", "shell", "-c", SET, DATABASE_URL=database)
    read = run_python("manage.py", "shell", "-c", GET, DATABASE_URL=database)

    assert migrated.returncode == 0, migrated.stderr
    assert written.returncode == 0, written.stderr
    assert "seen 3" in read.stdout
