"""A backup is restored into an empty database and an empty folder, and compared."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.deploy.stack import Stack
from tests.deploy.visitors import predict, sign_up
from tests.s3 import s3_server

pytestmark = pytest.mark.rehearsal


@pytest.fixture(scope="module")
def identity(stack: Stack) -> Path:
    file = stack.root / "secret.age"
    subprocess.run(["age-keygen", "-o", file], check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def keys(stack: Stack, identity: Path) -> dict[str, str]:
    """What the backup unit gets from the site's variables."""
    recipient = subprocess.check_output(["age-keygen", "-y", identity], text=True)
    return {
        "BACKUP_RECIPIENT": recipient.strip(),
        "DATABASE_URL": stack.database_url,
    }


@pytest.fixture
def empty(stack: Stack, tmp_path: Path) -> dict[str, str]:
    """Where to restore."""
    name = f"restored_{uuid4().hex[:8]}"
    subprocess.run(
        ["psql", stack.database_url, "-qc", f"CREATE DATABASE {name}"], check=True
    )
    return {
        "DATABASE_URL": stack.database_url.replace("/postgres", f"/{name}"),
        "MEDIA_ROOT": str(tmp_path / "media"),
    }


def rows(url: str, table: str) -> str:
    order = f"SELECT t::text FROM {table} t ORDER BY 1"  # noqa: S608
    return subprocess.check_output(["psql", url, "-qtAc", order], text=True)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_restored_is_what_was_backed_up(
    stack: Stack, identity: Path, keys: dict[str, str], empty: dict[str, str]
) -> None:
    browser = sign_up(stack)
    for _ in range(3):
        assert predict(stack, browser).status_code == 200

    saved = stack.script("backup", **keys)
    (name, *_) = stack.script("restore", "--list").stdout.splitlines()
    restored = stack.script("restore", name, "--identity", str(identity), **empty)

    assert saved.returncode == 0, saved.stderr
    assert restored.returncode == 0, restored.stderr
    for table in ("accounts_user", "classifier_submission", "classifier_prediction"):
        there = rows(stack.database_url, table)
        assert there
        assert rows(empty["DATABASE_URL"], table) == there
    assert files(stack.media)
    assert files(Path(empty["MEDIA_ROOT"])) == files(stack.media)


def test_a_backup_is_unreadable_without_the_key(
    stack: Stack, keys: dict[str, str]
) -> None:
    stack.script("backup", **keys)
    backups = sorted((stack.root / "backups").glob("detector-*"))

    content = b"".join(path.read_bytes() for path in backups[-1].glob("*.age"))

    assert b"PGDMP" not in content
    assert b"WEBP" not in content
    assert {path.suffix for path in backups[-1].iterdir()} == {".age", ""}


def test_a_database_that_is_in_use_is_not_overwritten(
    stack: Stack, identity: Path, keys: dict[str, str]
) -> None:
    stack.script("backup", **keys)
    (name, *_) = stack.script("restore", "--list").stdout.splitlines()

    done = stack.script("restore", name, "--identity", str(identity), **keys)

    assert done.returncode == 1
    assert "is not empty" in done.stderr


def test_a_damaged_backup_is_not_restored(
    stack: Stack, identity: Path, keys: dict[str, str], empty: dict[str, str]
) -> None:
    stack.script("backup", **keys)
    name = stack.script("restore", "--list").stdout.split()[-1]
    with (stack.root / "backups" / name / "database.age").open("ab") as file:
        file.write(b"x")

    done = stack.script("restore", name, "--identity", str(identity), **empty)

    assert done.returncode == 1
    assert "damaged" in done.stderr


def test_old_backups_go_and_the_newest_three_stay(
    stack: Stack, keys: dict[str, str], tmp_path: Path
) -> None:
    target = tmp_path / "kept"
    for day in range(1, 7):
        (target / f"detector-2001010{day}T020000Z").mkdir(parents=True)

    done = stack.script("backup", BACKUP_TARGET=str(target), **keys)
    kept = sorted(path.name[:17] for path in target.iterdir())

    assert done.returncode == 0, done.stderr
    assert kept[:2] == ["detector-20010105", "detector-20010106"]
    assert len(kept) == 3


def test_a_bucket_is_as_good_as_a_folder(
    stack: Stack, identity: Path, keys: dict[str, str], empty: dict[str, str]
) -> None:
    with s3_server("backups") as endpoint:
        remote = (
            f":s3,provider=Other,access_key_id=test,secret_access_key=test,"
            f'endpoint="{endpoint}":backups/detector'
        )
        saved = stack.script("backup", BACKUP_TARGET=remote, **keys)
        listed = stack.script("restore", "--list", BACKUP_TARGET=remote)
        name = listed.stdout.split()[-1]
        restored = stack.script(
            "restore", name, "--identity", str(identity), BACKUP_TARGET=remote, **empty
        )

    assert saved.returncode == 0, saved.stderr
    assert restored.returncode == 0, restored.stderr
    assert "counts agree" in restored.stderr
