"""Any folder of labelled pictures → one `Dataset`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mltrain.manifest import (
    MANIFEST_NAME,
    SPLIT_ALIASES,
    Dataset,
    DatasetError,
    Label,
    Sample,
    inside,
    parse_label,
    read_manifest,
    read_rows,
)
from mltrain.splits import assign_splits, stratified_subset

KAGGLE_NAME = "train.csv"
# fmt: off
IMAGE_SUFFIXES = {
    ".jpg", ".jpeg", ".jfif", ".png", ".webp", ".avif",
    ".heic", ".heif", ".gif", ".bmp", ".tif", ".tiff",
}
# fmt: on

CLASS_FOLDERS: dict[str, Label] = {
    "ai": "ai",
    "fake": "ai",
    "1_fake": "ai",
    "human": "human",
    "real": "human",
    "0_real": "human",
    "nature": "human",
}

UNDERSTOOD = (
    f"{MANIFEST_NAME} (path,label), {KAGGLE_NAME} (file_name,label) beside its images, "
    "or class folders such as ai/ and human/, fake/ and real/, 1_fake/ and 0_real/"
)


def read_dataset(folder: Path, *, limit: int | None = None) -> Dataset:
    """Read whichever layout the folder has, and give every picture a split.

    A `manifest.csv` is taken before a `train.csv`, and that before class folders.
    Where nothing names the splits they are the same for every run, so that no model
    meets in its test what another run of it was trained on. Missing files are skipped
    and named in `problems`; `limit` keeps at most that many pictures of each split,
    with both labels in proportion.

    Raises `DatasetError` when there is no known layout, the CSV is wrong, a class is
    empty or a group straddles two splits.
    """
    samples, problems = read_samples(folder)
    present = assign_splits(samples)
    if limit is not None:
        present = stratified_subset(present, limit)
    return Dataset(root=folder.absolute(), samples=tuple(present), problems=problems)


def read_samples(
    folder: Path, *, manifest: bool = True
) -> tuple[list[Sample], list[str]]:
    """The pictures that are there, with a split only where the layout names one.

    The second part names the rows that were skipped. `manifest=False` passes over a
    `manifest.csv`. Raises `DatasetError` as `read_dataset`.
    """
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}. Check the path of --data.")
    rows, problems = _without_repeats(_read_layout(folder, manifest))
    present = [sample for sample in rows if sample.path.is_file()]
    there = {sample.name for sample in present}
    missing = [s.name for s in rows if s.name not in there]
    _check_classes(folder, present, missing)
    problems += [f"{name}: the file is missing" for name in missing]
    return present, problems


def _read_layout(folder: Path, manifest: bool) -> list[Sample]:
    if manifest and (folder / MANIFEST_NAME).is_file():
        return read_manifest(folder / MANIFEST_NAME)
    if (folder / KAGGLE_NAME).is_file():
        return read_kaggle(folder / KAGGLE_NAME)
    return read_class_folders(folder)


def read_kaggle(path: Path) -> list[Sample]:
    """The rows of the competition's `train.csv`, label 1 for AI and 0 for human-made.

    Two rows that follow each other are a real picture and the AI picture made after
    it, so both carry the name of the first as their group. File names are looked for
    beside the CSV file and in the folders next to it.
    """
    folders = [path.parent, *sorted(p for p in path.parent.iterdir() if p.is_dir())]
    rows = read_rows(path, ("file_name", "label"))
    samples = []
    for index, row in enumerate(rows):
        place = f"{path}, row {index + 2}"
        name = row["file_name"]
        beside = inside(path.parent, name, place)
        found = (p for p in (folder / name for folder in folders) if p.is_file())
        samples.append(
            Sample(
                path=next(found, beside).absolute(),
                name=name,
                label=parse_label(row["label"], place),
                split="",
                group=rows[index - index % 2]["file_name"],
            )
        )
    return samples


def read_class_folders(folder: Path) -> list[Sample]:
    """Every picture below a folder that is named after a class, in any case.

    Folders named after a split (train, val, test …) say the split, unless train is
    the only one; other folders on the way name the collection, and for AI pictures
    the generator.
    """
    samples = [
        sample
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES
        and (sample := _sample_of(folder, path)) is not None
    ]
    if not samples:
        raise DatasetError(
            f"{folder} holds no dataset that is understood: {UNDERSTOOD}."
        )
    if {sample.split for sample in samples} == {"train"}:
        return [replace(sample, split="") for sample in samples]
    return samples


def _sample_of(root: Path, path: Path) -> Sample | None:
    relative = path.relative_to(root)
    parents = relative.parts[:-1]
    label = _label_of(parents, root)
    if label is None:
        return None
    splits = [part for part in parents if part.lower() in SPLIT_ALIASES]
    source = "/".join(
        part
        for part in parents
        if part.lower() not in CLASS_FOLDERS and part not in splits
    )
    return Sample(
        path=path.absolute(),
        name=relative.as_posix(),
        label=label,
        split=SPLIT_ALIASES[splits[0].lower()] if splits else "",
        group=relative.as_posix(),
        source=source,
        generator=source if label == "ai" else "",
    )


def _label_of(parents: Iterable[str], root: Path) -> Label | None:
    """The class that the folders name; `nature` is a topic below another class."""
    named = [part.lower() for part in parents if part.lower() in CLASS_FOLDERS]
    if len(named) > 1:
        named = [name for name in named if name != "nature"] or named
    labels = {CLASS_FOLDERS[name] for name in named}
    if len(labels) > 1:
        raise DatasetError(
            f"{root / Path(*parents)} is named after both classes. Rename one folder, "
            f"or write a {MANIFEST_NAME}."
        )
    return labels.pop() if labels else None


def _without_repeats(samples: list[Sample]) -> tuple[list[Sample], list[str]]:
    first: dict[str, Sample] = {}
    problems = []
    for sample in samples:
        known = first.setdefault(sample.name, sample)
        if known.label != sample.label:
            raise DatasetError(
                f"{sample.name} is listed as {known.label} and as {sample.label}. "
                "Keep the right row and try again."
            )
        if known is not sample:
            problems.append(f"{sample.name}: listed twice, the first row counts")
    return list(first.values()), problems


def _check_classes(folder: Path, samples: list[Sample], missing: list[str]) -> None:
    for label in ("ai", "human"):
        if any(sample.label == label for sample in samples):
            continue
        reason = f" ({len(missing)} files are missing)" if missing else ""
        raise DatasetError(
            f"{folder} has no picture labelled {label}{reason}. "
            f"Both classes are needed; the layouts understood are: {UNDERSTOOD}."
        )
