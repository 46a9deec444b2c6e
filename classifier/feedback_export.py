"""Decided appeals, with their owners' consent → a folder that `train_model` reads."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.crypto import salted_hmac

from classifier.dispute_models import DisputeStatus
from classifier.disputes import confirmed_label
from classifier.models import Dispute

MANIFEST_NAME = "manifest.csv"
# The columns that mltrain reads; the site may not import it, a test keeps them alike.
COLUMNS = (
    *("path", "label", "split", "group"),
    *("source", "generator", "kind", "licence"),
)
SOURCE = "feedback"
LICENCE = "consent of the owner"


def exportable() -> QuerySet[Dispute]:
    """Decided appeals whose owners allow training, the oldest first."""
    decided = Dispute.objects.filter(
        status__in=[DisputeStatus.UPHELD, DisputeStatus.CORRECTED],
        training_consent=True,
    )
    related = decided.select_related("submission", "prediction")
    return related.prefetch_related("evidence").order_by("decided_at", "pk")


def export_feedback(
    *,
    folder: Path,
    previews_only: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Counter[str]:
    """Write the pictures and, last and whole, `manifest.csv`.

    Takes the original where its owner attached exactly that file, else the preview.
    `folder` must be new or empty. All pictures of one owner are one group, so that
    they never stand on two sides of a split; the group doesn't tell who it is.

    Returns how many were exported by label, and how many were `unconfirmed` or
    `missing` (no file left). Raises `FileExistsError` and other `OSError`s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty.")
    counts: Counter[str] = Counter()
    rows = list(_rows(folder, previews_only, counts, progress))
    part = folder / f"{MANIFEST_NAME}.part"
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    part.replace(folder / MANIFEST_NAME)
    return counts


def _rows(
    folder: Path,
    previews_only: bool,
    counts: Counter[str],
    progress: Callable[[int], object] | None,
) -> Iterator[tuple[str, ...]]:
    for dispute in exportable():
        label = confirmed_label(dispute=dispute)
        name = label and _write_picture(folder, label, dispute, previews_only)
        counts[(label if name else "missing") if label else "unconfirmed"] += 1
        if progress:
            progress(1)
        if label and name:
            yield name, label, "", _group(dispute), SOURCE, "", "", LICENCE


def _write_picture(
    folder: Path, label: str, dispute: Dispute, previews_only: bool
) -> str | None:
    """The path inside `folder`; None where no file is left."""
    original = None if previews_only else _original(dispute)
    suffix = f".{dispute.submission.format.lower()}" if original else ".webp"
    name = f"{label}/{dispute.submission.sha256}{suffix}"
    content = _read(original or dispute.submission.preview)
    if content is None:
        return None
    target = folder / name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    return name


def _original(dispute: Dispute) -> FieldFile | None:
    """Evidence that is, byte for byte, the file that was judged."""
    digest = dispute.submission.sha256
    same = (file.file for file in dispute.evidence.all() if file.sha256 == digest)
    return next(same, None)


def _read(file: FieldFile | None) -> bytes | None:
    try:
        if not file:
            return None
        with file.open("rb") as opened:
            return opened.read()
    except OSError:
        return None


def _group(dispute: Dispute) -> str:
    owner = str(dispute.submission.owner_id)
    return f"owner-{salted_hmac('feedback-export', owner).hexdigest()[:16]}"
