"""Files without a row, and rows whose file is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from classifier.models import BatchItem, Original, Prediction, Submission

# Where classifier.services writes, and the column that names the file.
FOLDERS: dict[str, tuple[type[Model], str]] = {
    "previews": (Submission, "preview"),
    "heatmaps": (Prediction, "heatmap"),
    "originals": (Original, "file"),
    "batches": (BatchItem, "file"),
}
# A file is written before its row: a young one may only be early.
GRACE = timedelta(hours=1)


@dataclass
class Strays:
    """`files`: stored names without a row. `rows`: (model, pk, missing name)."""

    files: list[str] = field(default_factory=list)
    rows: list[tuple[type[Model], object, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.files or self.rows)


def find_strays(*, grace: timedelta = GRACE) -> Strays:
    """Compare the storage with the rows; changes nothing."""
    strays = Strays()
    young = timezone.now() - grace
    for folder, (model, column) in FOLDERS.items():
        # The storage first: a row written meanwhile then finds its file unlisted, and
        # is looked up by itself below.
        stored = set(_files_in(folder))
        named = model._default_manager.exclude(**{column: ""}).exclude(
            **{f"{column}__isnull": True}
        )
        known = set()
        for pk, name in named.values_list("pk", column).iterator():
            known.add(name)
            if name not in stored and not default_storage.exists(name):
                strays.rows.append((model, pk, name))
        strays.files += [
            name
            for name in sorted(stored - known)
            if default_storage.get_modified_time(name) < young
        ]
    return strays


def mend_strays(*, strays: Strays) -> None:
    """Remove the files; let the rows say that they have none."""
    for name in strays.files:
        default_storage.delete(name)
    for model, pk, name in strays.rows:
        _, column = next(entry for entry in FOLDERS.values() if entry[0] is model)
        rows = model._default_manager.filter(pk=pk, **{column: name})
        if model is Original:  # without its file the row says nothing
            rows.delete()
        else:
            rows.update(**{column: None})


def _files_in(folder: str) -> Iterator[str]:
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)
