"""Square cuts of native pixels: views from which no resizing has taken anything.

Resizing a whole picture to the network's view erases most of the fine traces that
separate generators from cameras. A cut keeps them, and with them what its file was
compressed with, so every cut is compressed anew, for both labels from one
distribution.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from classifier.inference.ancillary import without_ancillary
from classifier.inference.images import READABLE_FORMATS
from classifier.inference.rgb import to_rgb
from mltrain.manifest import (
    MANIFEST_NAME,
    DatasetError,
    Sample,
    inside,
    read_rows,
    write_manifest,
)
from mltrain.scores import DATASET_LIMITS

SETTINGS_NAME = "crops.json"
Outcome = Literal["written", "too small", "unreadable", "no original"]

_CROP = re.compile(r"\.crop\d+\.jpg$")
# What a JPEG with halved colours is coded in: blocks of so many pixels.
_BLOCK = 16
# Formats that take nothing from a picture.
_LOSSLESS = ("PNG", "BMP", "GIF", "TIFF")


@dataclass(frozen=True)
class CropSettings:
    """Side in pixels, cuts of each picture, seed, and the range of JPEG qualities.

    Raises `DatasetError` for what cannot be done.
    """

    size: int = 224
    crops: int = 1
    seed: int = 0
    quality: tuple[int, int] = (70, 95)

    def __post_init__(self) -> None:
        low, high = self.quality
        if self.size < _BLOCK:
            raise DatasetError(f"--size is {self.size}; give {_BLOCK} pixels or more.")
        if self.crops < 1:
            raise DatasetError(f"--crops is {self.crops}; give 1 or more.")
        if not 1 <= low <= high <= 100:
            raise DatasetError(
                f"--quality is {low} {high}; give two numbers from 1 to 100, the lower "
                "first."
            )


@dataclass(frozen=True)
class Cut:
    """What became of one picture; `short_side` in pixels is 0 where it is unknown."""

    sample: Sample
    outcome: Outcome
    short_side: int = 0
    reason: str = ""


def crop_name(name: str, number: int) -> str:
    """The name of a picture's cut; `picture_of` leads back."""
    return f"{name}.crop{number}.jpg"


def picture_of(name: str) -> str:
    """The name of the picture that a cut was taken from; other names as they are."""
    return _CROP.sub("", name)


def read_originals(path: Path) -> dict[str, Path]:
    """Each picture's full-size file, from a CSV with `path` and `original`.

    `path` is a picture's name in its dataset, `original` a file beside the CSV.
    Raises `DatasetError`.
    """
    rows = read_rows(path, ("path", "original"))
    return {
        row["path"]: inside(path.parent, row["original"], f"{path}, row {line}")
        for line, row in enumerate(rows, start=2)
    }


def crop_dataset(
    samples: Sequence[Sample],
    output: Path,
    settings: CropSettings,
    *,
    originals: Mapping[str, Path] | None = None,
    workers: int = 2,
    progress: Callable[[int], object] | None = None,
) -> list[Cut]:
    """Cut every picture that is large enough; write the cuts and their manifest.

    Labels, splits, groups and sources stay those of `samples`. With `originals` the
    pixels are those of the file named there for the sample. Where a cut lies and how
    it is compressed depends on seed, name and number alone. Cuts that are there
    already are kept, so an interrupted call goes on where it was.

    Raises `DatasetError` where `output` holds something else, or no picture of a label
    could be cut, and `OSError` where it cannot be written.
    """
    _claim(output, settings)

    def cut(sample: Sample) -> Cut:
        file = originals.get(sample.name) if originals is not None else sample.path
        if file is None or not file.is_file():
            return Cut(sample, "no original")
        return _cut(sample, file, output, settings)

    cuts = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for done in pool.map(cut, samples):
                cuts.append(done)
                if progress:
                    progress(1)
        except BaseException:  # an interruption should not wait for all the others
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    written = [
        replace(c.sample, path=output / name, name=name)
        for c in cuts
        if c.outcome == "written"
        for name in _names(c.sample, settings)
    ]
    for label in ("human", "ai"):
        if not any(sample.label == label for sample in written):
            raise DatasetError(
                f"No picture labelled {label} has {settings.size} pixels on its short "
                "side and can be read. Give a smaller --size, or larger originals."
            )
    write_manifest(output / MANIFEST_NAME, written)
    return cuts


def _claim(output: Path, settings: CropSettings) -> None:
    """Make the folder ours, or refuse one with other settings or another dataset."""
    path = output / SETTINGS_NAME
    wanted = json.loads(json.dumps(asdict(settings)))
    if path.is_file():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DatasetError(
                f"{path} cannot be read. Delete {output}, or give another --output."
            ) from error
        if known != wanted:
            raise DatasetError(
                f"{output} holds cuts with other settings ({path}). Give those, or "
                "another --output."
            )
        return
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise DatasetError(
            f"{output} is not empty and holds no cuts of this command. Give another "
            "--output."
        )
    output.mkdir(parents=True, exist_ok=True)
    _write(path, (json.dumps(wanted, indent=2) + "\n").encode())


def _names(sample: Sample, settings: CropSettings) -> list[str]:
    return [crop_name(sample.name, n) for n in range(1, settings.crops + 1)]


def _cut(sample: Sample, file: Path, output: Path, settings: CropSettings) -> Cut:
    targets = [output / name for name in _names(sample, settings)]
    try:
        opened = _open(file)
        short_side = min(opened.size)
        if short_side < settings.size:
            return Cut(sample, "too small", short_side)
        if all(_is_newer(target, file) for target in targets):
            return Cut(sample, "written", short_side)
        image = to_rgb(ImageOps.exif_transpose(opened), full_size=True)
    except Exception as error:  # noqa: BLE001 - a parser of any bytes raises anything
        return Cut(sample, "unreadable", reason=str(error) or type(error).__name__)
    for number, target in enumerate(targets, start=1):
        target.parent.mkdir(parents=True, exist_ok=True)
        chance = _random(settings.seed, sample.name, number)
        lossless = opened.format in _LOSSLESS
        _write(target, _compressed_cut(image, settings, chance, lossless=lossless))
    return Cut(sample, "written", short_side)


def _open(file: Path) -> Image.Image:
    """The picture, its pixels not yet decoded; raises `ValueError` for a huge one."""
    if file.stat().st_size > DATASET_LIMITS.max_bytes:
        raise ValueError("the file is too large")
    data = without_ancillary(file.read_bytes())
    image = Image.open(io.BytesIO(data), formats=READABLE_FORMATS)
    if image.width * image.height > DATASET_LIMITS.max_pixels:
        raise ValueError("the picture has too many pixels")
    return image


def _is_newer(target: Path, file: Path) -> bool:
    """Whether the cut was written, and after the picture was last changed."""
    try:
        return target.stat().st_mtime_ns >= file.stat().st_mtime_ns
    except FileNotFoundError:
        return False


def _random(seed: int, name: str, number: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}\x1f{name}\x1f{number}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16]))


def _compressed_cut(
    image: Image.Image,
    settings: CropSettings,
    chance: np.random.Generator,
    *,
    lossless: bool,
) -> bytes:
    """One cut as JPEG.

    Most originals were compressed once before; those in a lossless format are first
    compressed as wholes too, so that every cut has gone through two rounds.
    """
    size = settings.size
    left = int(chance.integers(0, image.width - size + 1))
    top = int(chance.integers(0, image.height - size + 1))
    low, high = settings.quality
    before, after = (int(q) for q in chance.integers(low, high + 1, 2))
    if lossless:
        # The blocks that the cut touches come out as those of the whole picture would.
        x, y = left - left % _BLOCK, top - top % _BLOCK
        right = min(image.width, _whole_blocks(left + size))
        bottom = min(image.height, _whole_blocks(top + size))
        region = image.crop((x, y, right, bottom))
        image = Image.open(io.BytesIO(_jpeg(region, before)))
        left, top = left - x, top - y
    return _jpeg(image.crop((left, top, left + size, top + size)), after)


def _whole_blocks(pixels: int) -> int:
    return -(-pixels // _BLOCK) * _BLOCK


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
