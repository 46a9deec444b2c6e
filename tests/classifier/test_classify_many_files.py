"""`manage.py classify` over large folders: shares and flat memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.bulk import Shard, classify_files, find_files
from classifier.inference.detector import load_detector
from tests.images import encode, plain


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Twelve pictures in two folders."""
    album = tmp_path / "album"
    for number in range(12):
        file = album / f"{number % 2}" / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(plain("red", width=8 + number)))
    return album


def classify(*arguments: object) -> str:
    err = io.StringIO()
    call_command("classify", *map(str, arguments), stdout=io.StringIO(), stderr=err)
    return err.getvalue()


def judged(table: Path) -> list[str]:
    with table.open(newline="", encoding="utf-8") as file:
        return [row["path"] for row in csv.DictReader(file)]


def test_the_shards_divide_the_files_among_them(album: Path) -> None:
    shards = [list(find_files([album], Shard(n, 3))) for n in (1, 2, 3)]

    counts = Counter(file for shard in shards for file in shard)
    assert set(counts) == set(find_files([album]))
    assert set(counts.values()) == {1}
    assert max(map(len, shards)) < 12


def test_a_share_is_the_same_wherever_the_folder_is_and_whatever_is_added(
    album: Path, tmp_path: Path
) -> None:
    before = {file.name for file in find_files([album], Shard(2, 3))}
    moved = album.rename(tmp_path / "mounted elsewhere")
    (moved / "0" / "000.png").write_bytes(encode(plain("blue")))

    after = {file.name for file in find_files([moved], Shard(2, 3))}

    assert after - {"000.png"} == before


def test_the_command_judges_its_shard_alone(album: Path, tmp_path: Path) -> None:
    tables = [tmp_path / f"{number}.csv" for number in (1, 2)]

    for number, table in enumerate(tables, start=1):
        classify(album, "--csv", table, "--shard", f"{number}/2")

    paths = [path for table in tables for path in judged(table)]
    assert sorted(paths) == sorted(map(str, find_files([album])))


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1/0", "half", "1", "-1/2"])
def test_a_shard_that_is_none_is_refused(album: Path, shard: str) -> None:
    with pytest.raises(CommandError, match="--shard"):
        classify(album, f"--shard={shard}")


def test_memory_does_not_grow_with_the_number_of_files(
    bundle_folder: Path, album: Path
) -> None:
    picture = next(find_files([album]))

    def files(count: int) -> Iterator[Path]:
        for _ in range(count):
            yield picture

    results = classify_files(load_detector(bundle_folder), files(400), workers=2)
    tracemalloc.start()
    try:
        for _ in range(100):
            next(results)
        settled, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert sum(1 for _ in results) == 300
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # The network's views of three hundred pictures would be 180 MB.
    assert peak - settled < 8 * 1024 * 1024
