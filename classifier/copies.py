"""Other copies of a picture among its owner's: resized, recompressed, screenshots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import F, QuerySet

from classifier.inference.prints import (
    PicturePrint,
    are_near,
    band_keys,
    picture_print,
)
from classifier.models import PrintBand, StoredPrint, Submission
from classifier.previews import read_preview

# What a page can show; whoever sends more copies of one picture is not reading it.
MAX_COPIES = 20


@dataclass(frozen=True)
class Copies:
    """The other copies, the largest first, and whether this one is the largest."""

    others: list[Submission]
    is_largest: bool

    @property
    def largest(self) -> Submission:
        """The largest of the others."""
        return self.others[0]


def print_create(*, submission: Submission, seen: PicturePrint) -> None:
    """Store the print of an owner's picture; call it inside a transaction."""
    stored = StoredPrint.objects.create(
        submission=submission, bits=seen.bits.tobytes(), thumb=seen.thumb.tobytes()
    )
    PrintBand.objects.bulk_create(
        PrintBand(stored_print=stored, owner_id=submission.owner_id, key=key)
        for key in band_keys(seen.bits)
    )


def copies_of(*, submission: Submission) -> Copies | None:
    """The owner's other copies of the picture, or None where there are none.

    Four queries, however long the history: the print, the candidates that share a
    band with it by the index on owner and key, the copies among them, their answers.
    """
    stored = StoredPrint.objects.filter(pk=submission.pk).first()
    if stored is None:
        return None
    mine = _as_print(stored)
    candidates = StoredPrint.objects.filter(
        bands__owner=submission.owner_id, bands__key__in=band_keys(mine.bits)
    ).exclude(pk=submission.pk)
    near = [row.pk for row in candidates.distinct() if are_near(mine, _as_print(row))]
    if not near:
        return None
    found = Submission.objects.filter(pk__in=near, owner=submission.owner_id)
    by_size = found.annotate(pixels=F("width") * F("height"))
    others = list(
        by_size.with_predictions().order_by("-pixels", "-byte_size")[:MAX_COPIES]
    )
    pixels = submission.width * submission.height
    return Copies(others=others, is_largest=pixels >= others[0].pixels)


def submissions_without_print() -> QuerySet[Submission]:
    """Owners' pictures with a preview that were stored before prints were taken."""
    return Submission.objects.filter(
        owner__isnull=False, preview__gt="", stored_print__isnull=True
    )


def prints_fill(*, progress: Callable[[int], object] | None = None) -> Counter[str]:
    """Take the missing prints from previews; counts `taken` and `unreadable`."""
    counts: Counter[str] = Counter()
    for pk in list(submissions_without_print().values_list("pk", flat=True)):
        submission = Submission.objects.filter(pk=pk).first()
        if submission is not None:
            counts["taken" if _print_of_preview(submission) else "unreadable"] += 1
        if progress:
            progress(1)
    return counts


def _print_of_preview(submission: Submission) -> bool:
    image = read_preview(submission)
    if image is None:
        return False
    with transaction.atomic():
        print_create(submission=submission, seen=picture_print(image.pixels))
    return True


def _as_print(stored: StoredPrint) -> PicturePrint:
    return PicturePrint(
        bits=np.frombuffer(stored.bits, np.uint64),
        thumb=np.frombuffer(stored.thumb, np.uint8),
    )
