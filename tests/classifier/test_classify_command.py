"""`manage.py classify` judges files and folders and survives bad ones."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from classifier.bulk import classify_files, find_files
from classifier.inference.detector import load_detector
from tests.images import encode, jpeg, plain


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three pictures, one of them in a folder below and without a suffix."""
    album = tmp_path / "album"
    (album / "below").mkdir(parents=True)
    (album / "a.png").write_bytes(encode(plain("red")))
    (album / "b.jpg").write_bytes(encode(plain("blue"), "JPEG"))
    (album / "below" / "c").write_bytes(encode(plain("gray"), "WEBP"))
    return album


@pytest.fixture
def album_with_bad_files(album: Path) -> Path:
    (album / "empty.jpg").touch()
    (album / "text.jpg").write_text("no picture")
    (album / "torn.jpg").write_bytes(jpeg()[:3000])
    return album


def run(*arguments: object) -> tuple[str, str]:
    """What the command writes to stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command("classify", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def run_with_failures(*arguments: object) -> tuple[str, str]:
    """What a command that ends with exit code 1 writes to stdout, and its error."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("classify", *map(str, arguments), stdout=out, stderr=io.StringIO())
    assert caught.value.returncode == 1
    return out.getvalue(), str(caught.value)


def test_a_folder_is_listed_with_its_verdicts(album: Path) -> None:
    out, err = run(album)

    heading, *lines = out.splitlines()
    assert heading.split() == ["verdict", "AI", "file"]
    assert [line.split() for line in lines] == [
        ["ai", "100.0%", str(album / "a.png")],
        ["human", "0.0%", str(album / "b.jpg")],
        ["uncertain", "50.0%", str(album / "below" / "c")],
    ]
    assert "3 files: 1 ai, 1 human, 1 uncertain." in err


def test_named_files_are_judged_in_the_order_given(album: Path) -> None:
    out, _ = run(album / "b.jpg", album / "a.png", "--json")

    assert [row["verdict"] for row in json.loads(out)] == ["human", "ai"]


def test_bad_files_are_listed_and_do_not_stop_the_run(
    album_with_bad_files: Path,
) -> None:
    out, error = run_with_failures(album_with_bad_files)

    reasons = {
        Path(line.split(": ")[0].split()[-1]).name: line
        for line in out.split("\n")
        if line
    }
    assert "The file is empty" in reasons["empty.jpg"]
    assert "not a picture" in reasons["text.jpg"]
    assert "damaged" in reasons["torn.jpg"]
    assert reasons["c"].startswith("uncertain")
    assert error == "3 of 6 files were not judged."


def test_json_is_an_array_with_every_field(album_with_bad_files: Path) -> None:
    out, _ = run_with_failures(album_with_bad_files, "--json")

    rows = {Path(row["path"]).name: row for row in json.loads(out)}
    assert rows["a.png"]["ai_probability"] > 0.99
    assert rows["a.png"]["format"] == "PNG"
    assert len(rows["a.png"]["sha256"]) == 64
    assert rows["a.png"]["model_version"] == "1.0"
    assert rows["a.png"]["error"] is None
    assert {name: row["error_code"] for name, row in rows.items()} == {
        "a.png": None,
        "b.jpg": None,
        "c": None,
        "empty.jpg": "empty_file",
        "text.jpg": "unsupported_format",
        "torn.jpg": "broken_image",
    }
    assert rows["torn.jpg"]["verdict"] is None
    assert rows["torn.jpg"]["model_version"] is None


def test_csv_goes_to_a_file_and_no_table_to_stdout(album: Path, tmp_path: Path) -> None:
    target = tmp_path / "verdicts.csv"

    out, _ = run(album, "--csv", target)

    assert out == ""
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["ai", "human", "uncertain"]
    assert float(rows[0]["ai_probability"]) > 0.99
    assert rows[0]["model_version"] == "1.0"
    assert rows[0]["error"] == ""


def test_a_csv_file_that_cannot_be_written_stops_at_once(album: Path) -> None:
    _, error = run_with_failures(album, "--csv", album / "nowhere" / "x.csv")

    assert "cannot be written" in error


def test_csv_and_json_exclude_each_other(album: Path) -> None:
    with pytest.raises(CommandError, match="not allowed with"):
        run(album, "--json", "--csv", "x.csv")


def test_a_file_that_is_missing_is_listed(album: Path) -> None:
    out, error = run_with_failures(album / "a.png", album / "gone.png", "--json")

    assert [row["error_code"] for row in json.loads(out)] == [None, "missing_file"]
    assert error == "1 of 2 files were not judged."


def test_a_name_that_the_system_refuses_is_listed(album: Path) -> None:
    out, _ = run_with_failures(album / ("x" * 300), album / "a.png", "--json")

    assert [row["error_code"] for row in json.loads(out)] == ["unreadable_file", None]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_named_pipe_is_listed_and_never_waited_for(album: Path) -> None:
    os.mkfifo(album / "pipe.jpg")

    out, _ = run_with_failures(album / "pipe.jpg", "--json")

    assert [row["error_code"] for row in json.loads(out)] == ["unreadable_file"]


def test_a_file_over_the_limit_is_listed(album: Path, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 10

    out, _ = run_with_failures(album / "a.png", "--json")

    assert [row["error_code"] for row in json.loads(out)] == ["file_too_large"]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")

    _, error = run_with_failures(tmp_path)

    assert error == f"There is no picture in: {tmp_path}"


def test_a_model_that_is_missing_is_an_error(
    album: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "nowhere"

    _, error = run_with_failures(album)

    assert "DETECTOR_BUNDLE" in error


def test_the_engine_can_be_chosen(album: Path) -> None:
    out, _ = run(album / "a.png", "--engine", "onnx")
    assert "ai" in out

    _, error = run_with_failures(album / "a.png", "--engine", "keras")
    assert "model.keras" in error


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_number_of_workers_that_is_none_is_refused(album: Path, workers: str) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        run(album, f"--workers={workers}")


def test_in_a_folder_only_what_may_be_a_picture_is_taken(album: Path) -> None:
    (album / "notes.txt").write_text("no picture")
    (album / ".hidden.png").write_bytes(encode(plain("red")))
    (album / ".cache").mkdir()
    (album / ".cache" / "d.png").write_bytes(encode(plain("red")))
    (album / "loop").symlink_to(album)

    found = [str(path.relative_to(album)) for path in find_files([album])]

    assert found == ["a.png", "b.jpg", "below/c"]


def test_any_number_of_threads_keeps_the_order(
    bundle_folder: Path, tmp_path: Path
) -> None:
    colours = ["red", "blue", "gray"] * 10
    files = [tmp_path / f"{index}.png" for index in range(len(colours))]
    for file, colour in zip(files, colours, strict=True):
        file.write_bytes(encode(plain(colour)))

    results = list(classify_files(load_detector(bundle_folder), files, workers=5))

    assert [result.path for result in results] == [str(file) for file in files]
    assert [result.verdict for result in results] == ["ai", "human", "uncertain"] * 10


def test_only_a_few_files_are_read_ahead(bundle_folder: Path, album: Path) -> None:
    asked = []

    def files() -> object:
        for index in range(1000):
            asked.append(index)
            yield album / "a.png"

    next(classify_files(load_detector(bundle_folder), files(), workers=2))

    assert len(asked) <= 6


def test_the_exit_code_and_the_streams_suit_a_shell(
    album_with_bad_files: Path, bundle_folder: Path
) -> None:
    def shell(*paths: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "classify", "--json", *paths],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "DETECTOR_BUNDLE": str(bundle_folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    good = shell(album_with_bad_files / "a.png")
    assert good.returncode == 0
    assert len(json.loads(good.stdout)) == 1

    bad = shell(album_with_bad_files)
    assert bad.returncode == 1
    assert len(json.loads(bad.stdout)) == 6
    assert "3 of 6 files were not judged." in bad.stderr
    assert "it/s" not in bad.stderr


@pytest.mark.parametrize("form", [["--json"], []])
def test_a_reader_that_stops_early_ends_the_run_quietly(
    album: Path, bundle_folder: Path, form: list[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "manage.py", "classify", *form, album],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DETECTOR_BUNDLE": str(bundle_folder)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert done.returncode == 141
    assert done.stderr == ""
