"""`crop_dataset` cuts native pixels alike for both labels, and keeps the splits."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from mltrain.audit import file_facts
from mltrain.layouts import read_dataset
from tests.images import ORIENTATION_TAG, picture
from tests.mltrain.datasets import (
    class_folders,
    drawn,
    manifest_folder,
    save,
    write_csv,
)

SIZE = 32


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pictures of 64 × 48 as PNG, in three splits."""
    return manifest_folder(
        tmp_path / "data", {"train": 3, "validation": 2, "unseen": 1}
    )


def run(data: Path, output: Path, *options: str) -> str:
    out = io.StringIO()
    call_command(
        "crop_dataset",
        "--data",
        str(data),
        "--output",
        str(output),
        *(options if "--size" in options else ("--size", str(SIZE), *options)),
        stdout=out,
    )
    return out.getvalue()


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """The manifest, by path."""
    with (folder / "manifest.csv").open(newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def counts(text: str, split: str, label: str) -> list[str]:
    """Pictures, written, too small, unreadable, no original."""
    lines = (line.split() for line in text.splitlines())
    return next(line[2:7] for line in lines if line[:2] == [split, label])


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.jpg")
    }


def stripes(width: int, height: int) -> Image.Image:
    """Black and white columns of one pixel: grey wherever it was resized."""
    row = np.tile(np.array([0, 255], dtype=np.uint8), width // 2)
    return Image.fromarray(np.tile(row, (height, 1))).convert("RGB")


def contrast(path: Path, axis: int) -> float:
    """The mean difference of neighbours along an axis, in levels."""
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L"), dtype=np.float32)
    return float(np.abs(np.diff(grey, axis=axis)).mean())


def test_every_picture_becomes_a_square_jpeg_with_its_split_and_group(
    data: Path, tmp_path: Path
) -> None:
    text = run(data, tmp_path / "cuts")

    before, after = rows(data), rows(tmp_path / "cuts")
    assert list(after) == [f"{name}.crop1.jpg" for name in before]
    for name, row in before.items():
        assert after[f"{name}.crop1.jpg"] == row | {"path": f"{name}.crop1.jpg"}
        with Image.open(tmp_path / "cuts" / f"{name}.crop1.jpg") as image:
            assert (image.format, image.size) == ("JPEG", (SIZE, SIZE))
    assert counts(text, "train", "ai") == ["3", "3", "0", "0", "0"]
    assert len(read_dataset(tmp_path / "cuts").samples) == 12


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_pixels_of_a_large_picture_are_not_resized(tmp_path: Path, suffix: str) -> None:
    class_folders(tmp_path / "data", "ai", "human")
    # Larger than what the site reads at full scale.
    save(stripes(1500, 1400), tmp_path / f"data/human/large.{suffix}")

    run(tmp_path / "data", tmp_path / "cuts")

    cut = tmp_path / f"cuts/human/large.{suffix}.crop1.jpg"
    assert contrast(cut, axis=1) > 200


def test_a_cut_stands_upright(tmp_path: Path) -> None:
    class_folders(tmp_path / "data", "ai", "human")
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    save(stripes(64, 64), tmp_path / "data/human/turned.jpg", exif=exif, quality=95)

    run(tmp_path / "data", tmp_path / "cuts")

    assert contrast(tmp_path / "cuts/human/turned.jpg.crop1.jpg", axis=0) > 200


def test_a_cut_depends_on_seed_and_name_alone(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "all")
    kept = [row for row in rows(data).values() if not row["path"].endswith("-1.png")]
    write_csv(
        data / "manifest.csv",
        [list(kept[0]), *(list(row.values()) for row in reversed(kept))],
    )

    run(data, tmp_path / "fewer")
    run(data, tmp_path / "other", "--seed", "1")

    everything, fewer = files(tmp_path / "all"), files(tmp_path / "fewer")
    assert len(everything) > len(fewer)
    assert fewer.items() <= everything.items()
    assert files(tmp_path / "other") != fewer


def test_qualities_are_drawn_from_one_range_for_both_labels(tmp_path: Path) -> None:
    manifest_folder(tmp_path / "data", {"train": 12, "validation": 1})

    run(tmp_path / "data", tmp_path / "cuts", "--quality", "60", "80")

    drawn_for: dict[str, set[int]] = {"human": set(), "ai": set()}
    for sample in read_dataset(tmp_path / "cuts").samples:
        drawn_for[sample.label].add(round(float(file_facts(sample)["jpeg quality"])))
    for qualities in drawn_for.values():
        assert len(qualities) > 3
        assert qualities <= set(range(59, 82))


def test_lossless_originals_get_the_round_that_others_had(tmp_path: Path) -> None:
    for folder in ("lossless", "jpeg"):
        class_folders(tmp_path / folder, "ai", "human")
    # The names, and so the places, are the same; formats go by content.
    whole = picture(200, 160, seed=3)
    whole.save(tmp_path / "lossless/human/0.png")
    whole.save(tmp_path / "jpeg/human/0.png", "JPEG", quality=10)

    for folder in ("lossless", "jpeg"):
        run(tmp_path / folder, tmp_path / f"{folder}-cuts", "--quality", "10", "10")

    one, other = (
        np.asarray(
            Image.open(tmp_path / f"{folder}-cuts/human/0.png.crop1.jpg"),
            dtype=np.float32,
        )
        for folder in ("lossless", "jpeg")
    )
    # At quality 10 one round more would cost some 5 levels; borders differ a little.
    assert np.abs(one - other).mean() < 1


def test_several_cuts_of_a_picture_share_its_group(data: Path, tmp_path: Path) -> None:
    text = run(data, tmp_path / "cuts", "--crops", "3")

    written = rows(tmp_path / "cuts")
    assert len(written) == 36
    name = "images/train-ai-0.png"
    assert {written[f"{name}.crop{n}.jpg"]["group"] for n in (1, 2, 3)} == {"g0"}
    assert len({files(tmp_path / "cuts")[f"{name}.crop{n}.jpg"] for n in (1, 2)}) == 2
    assert "Wrote 36 cuts" in text


def test_small_and_broken_pictures_are_counted_and_left_out(
    data: Path, tmp_path: Path
) -> None:
    save(drawn(1, "ai", (64, SIZE - 1)), data / "images/train-ai-0.png")
    (data / "images/train-human-1.png").write_bytes(b"no picture")

    text = run(data, tmp_path / "cuts")

    assert counts(text, "train", "ai") == ["3", "2", "1", "0", "0"]
    assert counts(text, "train", "human") == ["3", "2", "0", "1", "0"]
    assert "images/train-human-1.png: " in text
    assert len(rows(tmp_path / "cuts")) == 10


def test_pixels_come_from_the_originals_and_names_from_the_dataset(
    data: Path, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    listed = []
    for name in rows(data):
        if "validation" in name or "ai-0" in name or "human-0" in name:
            save(drawn(1, "ai", (300, 200)), full / name.replace(".png", ".jpg"))
            listed.append((name, name.replace(".png", ".jpg")))
    write_csv(full / "originals.csv", [("path", "original"), *listed])

    text = run(
        data,
        tmp_path / "cuts",
        *("--size", "180", "--originals", str(full / "originals.csv")),
    )

    assert set(rows(tmp_path / "cuts")) == {f"{name}.crop1.jpg" for name, _ in listed}
    assert counts(text, "train", "human") == ["3", "1", "0", "0", "2"]


def test_an_interrupted_run_goes_on_where_it_was(data: Path, tmp_path: Path) -> None:
    cuts = tmp_path / "cuts"
    run(data, cuts)
    whole = files(cuts)
    lost, kept = (cuts / f"images/train-ai-{n}.png.crop1.jpg" for n in (0, 1))
    lost.unlink()
    (cuts / "manifest.csv").unlink()
    before = kept.stat().st_mtime_ns

    run(data, cuts)

    assert files(cuts) == whole
    assert kept.stat().st_mtime_ns == before
    assert len(rows(cuts)) == 12


def test_a_picture_that_changed_is_cut_again(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "cuts")
    before = files(tmp_path / "cuts")
    save(drawn(77, "human"), data / "images/train-human-0.png")

    run(data, tmp_path / "cuts")

    after = files(tmp_path / "cuts")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"images/train-human-0.png.crop1.jpg"}


def test_cuts_of_other_settings_are_not_mixed(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "cuts")

    with pytest.raises(CommandError, match="other settings"):
        run(data, tmp_path / "cuts", "--seed", "1")


def test_a_folder_of_something_else_is_left_alone(data: Path, tmp_path: Path) -> None:
    other = manifest_folder(tmp_path / "other", {"train": 1})

    with pytest.raises(CommandError, match="is not empty"):
        run(data, other)


def test_cuts_do_not_go_into_the_dataset(data: Path) -> None:
    with pytest.raises(CommandError, match="outside"):
        run(data, data / "cuts")


def test_originals_of_another_dataset_are_refused(data: Path, tmp_path: Path) -> None:
    listed = write_csv(tmp_path / "o.csv", [("path", "original"), ("x.png", "x.jpg")])

    with pytest.raises(CommandError, match="names no picture"):
        run(data, tmp_path / "cuts", "--originals", str(listed))


def test_originals_without_their_columns_are_refused(
    data: Path, tmp_path: Path
) -> None:
    listed = write_csv(tmp_path / "o.csv", [("path", "file"), ("x.png", "x.jpg")])

    with pytest.raises(CommandError, match="no column 'original'"):
        run(data, tmp_path / "cuts", "--originals", str(listed))


def test_a_size_that_no_picture_has_is_an_error(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Give a smaller --size"):
        run(data, tmp_path / "cuts", "--size", "49")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--size", "8"), "--size is 8"),
        (("--crops", "0"), "--crops is 0"),
        (("--quality", "90", "70"), "the lower first"),
        (("--quality", "0", "70"), "from 1 to 100"),
    ],
)
def test_impossible_options_are_refused(
    data: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run(data, tmp_path / "cuts", *options)
    assert not (tmp_path / "cuts").exists()
