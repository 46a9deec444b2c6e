"""Upgrades, rollbacks and new models under visitors' traffic."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bundles import tiny_bundle
from tests.deploy.stack import Stack
from tests.deploy.visitors import Traffic, predict

pytestmark = pytest.mark.rehearsal

BAD_MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE TABLE half_done (id int)"),
        migrations.RunSQL("SELECT * FROM nothing_of_that_name"),
    ]
"""


def live_release(stack: Stack) -> Path:
    return (stack.live_slot / "release").resolve()


def another_release(stack: Stack, name: str) -> Path:
    """A copy of the running release under another name, newer by it."""
    release = live_release(stack)
    copy = release.with_name(name)
    # Hard links: what a test changes in the copy, it replaces.
    subprocess.run(["cp", "-al", release, copy], check=True)
    return copy


def test_an_upgrade_under_load_fails_no_request(stack: Stack) -> None:
    before = stack.live_slot
    release = another_release(stack, "20990101T000000-next")

    with Traffic(stack) as traffic:
        done = stack.script("upgrade", "--release", release.name)

    assert done.returncode == 0, done.stderr
    assert stack.live_slot != before
    assert live_release(stack) == release
    assert traffic.outcomes["200"]
    assert traffic.failures == {}


def test_a_release_that_fails_after_the_switch_is_taken_back(stack: Stack) -> None:
    before = stack.live_slot

    with Traffic(stack) as traffic:
        done = stack.script(
            "upgrade", "--release", live_release(stack).name, SMOKE_TEST="/bin/false"
        )

    assert done.returncode == 1
    assert stack.live_slot == before
    assert traffic.outcomes["200"]
    assert traffic.failures == {}


def test_a_release_that_does_not_start_never_gets_a_visitor(stack: Stack) -> None:
    before = stack.live_slot
    broken = another_release(stack, "20990102T000000-broken")
    (broken / "detector_site" / "wsgi.py").unlink()

    with Traffic(stack) as traffic:
        done = stack.script("upgrade", "--release", broken.name, READY_SECONDS="5")

    assert done.returncode == 1
    assert "did not become ready" in done.stderr
    assert stack.live_slot == before
    assert traffic.failures == {}
    shutil.rmtree(broken)


def test_a_failing_migration_leaves_everything_as_it_was(stack: Stack) -> None:
    before = stack.live_slot
    broken = another_release(stack, "20990103T000000-migration")
    migration = broken / "operations/migrations/0002_bad.py"
    migration.write_text(BAD_MIGRATION)

    done = stack.script("upgrade", "--release", broken.name)
    table = subprocess.check_output(
        ["psql", stack.database_url, "-qtAc", "SELECT to_regclass('half_done')"]
    )

    assert done.returncode == 1
    assert "A migration failed" in done.stderr
    assert table.strip() == b""
    assert stack.live_slot == before
    assert predict(stack, stack.browser()).status_code == 200
    shutil.rmtree(broken)


def test_a_new_model_comes_in_without_a_failed_request(
    stack: Stack, tmp_path: Path
) -> None:
    bundle = tiny_bundle(tmp_path / "next", version="2.0")

    with Traffic(stack) as traffic:
        done = stack.script("install-model", str(bundle))

    assert done.returncode == 0, done.stderr
    assert predict(stack, stack.browser()).json()["model"]["version"] == "2.0"
    assert traffic.failures == {}


@pytest.mark.parametrize("damage", ["missing", "truncated", "wrong hash"])
def test_a_damaged_model_is_not_installed(
    stack: Stack, tmp_path: Path, damage: str
) -> None:
    network = tiny_bundle(tmp_path / "next", version="6.6") / "model.onnx"
    content = network.read_bytes()
    if damage == "missing":
        network.unlink()
    elif damage == "truncated":
        network.write_bytes(content[: len(content) // 2])
    else:
        network.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    done = stack.script("install-model", str(tmp_path / "next"))

    assert done.returncode == 1
    assert "The bundle cannot be used" in done.stderr
    assert predict(stack, stack.browser()).json()["model"]["version"] != "6.6"


def test_two_upgrades_at_once_are_refused(stack: Stack) -> None:
    lock = stack.root / "opt" / ".lock"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = stack.script("upgrade", "--release", live_release(stack).name)

    assert done.returncode == 1
    assert "Another upgrade is running" in done.stderr
