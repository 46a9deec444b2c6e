"""`manage.py classify --csv FILE --resume` ends with one row for each file."""

from __future__ import annotations

import csv
import io
import os
import tracemalloc
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from classifier.bulk import FileResult, find_files
from classifier.verdict_files import COLUMNS, continued_verdicts, open_verdicts
from tests.bundles import tiny_bundle
from tests.images import encode, plain

RED = encode(plain("red"))
BLUE = encode(plain("blue"))


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Six red pictures in a folder."""
    album = tmp_path / "album"
    album.mkdir()
    for number in range(6):
        (album / f"{number}.png").write_bytes(RED)
    return album


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Where the verdicts are written."""
    return tmp_path / "verdicts.csv"


def classify(*arguments: object) -> str:
    """What the command writes to stderr."""
    err = io.StringIO()
    call_command("classify", *map(str, arguments), stdout=io.StringIO(), stderr=err)
    return err.getvalue()


def failure(*arguments: object) -> str:
    """The last sentence of a command that ends with exit code 1."""
    with pytest.raises(CommandError) as caught:
        classify(*arguments)
    assert caught.value.returncode == 1
    return str(caught.value)


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def outcomes(table: Path) -> dict[str, str]:
    """Name → verdict, or why there is none; no name may have two rows."""
    found = rows(table)
    named = {Path(r["path"]).name: r["verdict"] or r["error_code"] for r in found}
    assert len(named) == len(found)
    return named


def tear(table: Path, *, keep: int, end: int) -> None:
    """Leave `keep` rows and the first `end` bytes of the next: killed amid a row."""
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join([*lines[: keep + 1], lines[keep + 1][:end]]))


def test_a_run_is_continued_where_it_broke_off(album: Path, table: Path) -> None:
    classify(album, "--csv", table)
    tear(table, keep=4, end=20)

    err = classify(album, "--csv", table, "--resume")

    assert "6 files: 6 ai. 4 had a row before." in err
    assert [row["path"] for row in rows(table)] == list(map(str, find_files([album])))


def test_what_has_a_row_is_not_judged_again(album: Path, table: Path) -> None:
    classify(album, "--csv", table)
    (album / "3.png").write_bytes(BLUE)

    classify(album, "--csv", table, "--resume")

    assert outcomes(table)["3.png"] == "ai"


def test_a_finished_run_has_nothing_left_to_do(album: Path, table: Path) -> None:
    classify(album, "--csv", table, "--resume")
    whole = table.read_bytes()

    err = classify(album, "--csv", table, "--resume")

    assert "Nothing was left. 6 files: 6 ai." in err
    assert table.read_bytes() == whole


def test_a_run_may_break_off_within_the_heading(album: Path, table: Path) -> None:
    table.write_bytes(",".join(COLUMNS).encode()[:11])

    classify(album, "--csv", table, "--resume")

    assert len(outcomes(table)) == 6


@pytest.mark.parametrize("end", [1, 20, -1])
def test_a_row_may_be_torn_anywhere_in_a_name_of_two_lines(
    album: Path, table: Path, end: int
) -> None:
    (album / "3.png").rename(album / "3\n3,é.png")
    classify(album, "--csv", table)
    name = str(album / "3\n3,é.png").encode()
    start = table.read_bytes().index(name)
    # Behind the quote, in the first line, and amid a character of two bytes.
    cut = {1: 0, 20: name.index(b"\n") + 1, -1: name.index("é".encode()) + 1}[end]
    table.write_bytes(table.read_bytes()[: start + cut])

    classify(album, "--csv", table, "--resume")

    assert [row["path"] for row in rows(table)] == list(map(str, find_files([album])))


def test_a_file_that_was_missing_is_tried_again(
    album: Path, table: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late.png"
    failure(late, album, "--csv", table)
    late.write_bytes(BLUE)

    err = classify(late, album, "--csv", table, "--resume")

    assert "7 files: 6 ai, 1 human. 6 had a row before." in err
    assert outcomes(table)["late.png"] == "human"


def test_a_file_that_could_not_be_read_is_tried_again(album: Path, table: Path) -> None:
    (album / "2.png").unlink()
    os.mkfifo(album / "2.png")
    failure(album, "--csv", table)
    (album / "2.png").unlink()
    (album / "2.png").write_bytes(BLUE)

    classify(album, "--csv", table, "--resume")

    assert outcomes(table)["2.png"] == "human"


def test_what_fails_again_has_one_row(album: Path, table: Path) -> None:
    failure(album, album / "gone.png", "--csv", table)

    error = failure(album, album / "gone.png", "--csv", table, "--resume")

    assert error == "1 of 7 files were not judged."
    assert outcomes(table)["gone.png"] == "missing_file"


def test_a_failure_elsewhere_keeps_its_row(
    album: Path, table: Path, tmp_path: Path
) -> None:
    failure(tmp_path / "gone.png", "--csv", table)

    error = failure(album, "--csv", table, "--resume")

    assert error == "1 of 7 files were not judged."
    assert outcomes(table)["gone.png"] == "missing_file"


def test_a_broken_picture_counts_and_is_not_tried_again(
    album: Path, table: Path
) -> None:
    (album / "2.png").write_bytes(RED[:100])
    failure(album, "--csv", table)
    tear(table, keep=4, end=0)
    (album / "2.png").write_bytes(RED)

    error = failure(album, "--csv", table, "--resume")

    assert error == "1 of 6 files were not judged."
    assert outcomes(table)["2.png"] == "broken_image"


def test_files_may_come_and_go_meanwhile(album: Path, table: Path) -> None:
    classify(album, "--csv", table)
    tear(table, keep=4, end=0)
    (album / "0.png").unlink()
    (album / "00.png").write_bytes(BLUE)

    classify(album, "--csv", table, "--resume")

    assert outcomes(table)["00.png"] == "human"
    assert set(outcomes(table)) == {*(f"{n}.png" for n in range(6)), "00.png"}


def test_the_paths_may_be_named_in_another_order_and_spelling(
    album: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = album.parent / "other"
    other.mkdir()
    (other / "a.png").write_bytes(RED)
    classify(album, other, "--csv", table)
    monkeypatch.chdir(album)

    err = classify("../other", ".", "../album/0.png", "--csv", table, "--resume")

    assert "Nothing was left. 7 files: 7 ai." in err


def test_names_that_are_no_text_are_told_apart(album: Path, table: Path) -> None:
    for name in (b"\xfe.png", b"\xff.png", rb"\xff.png"):
        Path(os.fsdecode(os.fsencode(album) + b"/" + name)).write_bytes(BLUE)
    classify(album, "--csv", table)
    whole = outcomes(table)
    tear(table, keep=7, end=0)

    classify(album, "--csv", table, "--resume")

    assert outcomes(table) == whole
    assert set(whole) >= {r"\xfe.png", r"\xff.png", r"\x5cxff.png"}


def test_a_folder_whose_name_is_no_text_may_be_reached_by_a_link(
    album: Path, table: Path
) -> None:
    moved = album.rename(os.fsdecode(os.fsencode(album.parent) + b"/\xff"))
    album.symlink_to(moved)
    classify(album, "--csv", table)
    tear(table, keep=4, end=0)

    assert "4 had a row before." in classify(album, "--csv", table, "--resume")


def test_verdicts_of_another_model_are_not_continued(
    album: Path, table: Path, settings: Settings, tmp_path: Path
) -> None:
    classify(album, "--csv", table)
    tear(table, keep=4, end=9)
    before = table.read_bytes()
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "new", version="2.0")

    error = failure(album, "--csv", table, "--resume")

    assert "the model 1.0, and the model in use is 2.0" in error
    assert "DETECTOR_BUNDLE" in error
    assert table.read_bytes() == before


def test_a_result_is_not_overwritten(album: Path, table: Path) -> None:
    classify(album, "--csv", table)
    before = table.read_bytes()

    error = failure(album, "--csv", table)

    assert "--resume" in error
    assert "another name" in error
    assert table.read_bytes() == before


def test_a_full_disk_is_told(album: Path) -> None:
    error = failure(album, "--csv", "/dev/full")

    assert error == "/dev/full cannot be written: No space left on device."


def test_a_folder_is_no_place_for_verdicts(album: Path) -> None:
    assert "cannot be written: Is a directory" in failure(album, "--csv", album)


def test_an_empty_file_may_be_written_to(album: Path, table: Path) -> None:
    table.touch()

    classify(album, "--csv", table)

    assert len(outcomes(table)) == 6


@pytest.mark.parametrize(
    "content", ["name,street\nAda,Main Street\n", "Ada", "path,verdict\n", "\xff\n"]
)
def test_another_kind_of_file_is_left_as_it_is(
    album: Path, table: Path, content: str
) -> None:
    table.write_text(content, encoding="latin-1")

    assert "columns of this version" in failure(album, "--csv", table, "--resume")

    assert table.read_text(encoding="latin-1") == content


@pytest.mark.parametrize(
    "damage",
    [b"too,few\r\n", b'"amid"a row\r\n', b"\xff\r\n", b"\0" * 9 + b"\r\n"],
    ids=["columns", "quotes", "text", "zeros"],
)
def test_a_damaged_row_is_named_and_nothing_is_changed(
    album: Path, table: Path, damage: bytes
) -> None:
    classify(album, "--csv", table)
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join([*lines[:3], damage, *lines[3:5], b"torn"]))
    before = table.read_bytes()

    error = failure(album, "--csv", table, "--resume")

    assert "row 4" in error
    assert table.read_bytes() == before


def test_a_continued_file_stays_what_and_where_it_is(
    album: Path, table: Path, tmp_path: Path
) -> None:
    failure(album, album / "gone.png", "--csv", table)
    table.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(table)

    failure(album, album / "gone.png", "--csv", link, "--resume")

    assert link.is_symlink()
    assert table.stat().st_mode & 0o777 == 0o640
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["album", "link.csv", "verdicts.csv"]


def test_only_a_csv_file_can_be_continued(album: Path) -> None:
    with pytest.raises(CommandError, match="--csv FILE"):
        classify(album, "--resume", "--json")


def test_a_long_result_is_continued_in_little_memory(table: Path) -> None:
    count = 20_000
    with open_verdicts(table) as write:
        for number in range(count):
            write(FileResult(f"/pictures/{number:08}.png", verdict="ai"))

    tracemalloc.start()
    try:
        before = continued_verdicts(table, model_version="1.0", paths=[])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert Path("/pictures/00012345.png") in before
    assert Path("/pictures/00020000.png") not in before
    assert before.counts == {"ai": count}
    # Their paths alone would be 14 times as much.
    assert peak < 20 * count
