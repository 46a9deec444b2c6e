"""Originals: stored as they came, handed back without what they say of people."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
from django.db import IntegrityError, transaction
from PIL import Image, ImageOps

from classifier.files import store_file
from classifier.inference.ancillary import without_ancillary
from classifier.inference.images import READABLE_FORMATS
from classifier.inference.rgb import to_rgb
from classifier.keeping import Keeps, keeps_of
from classifier.models import Original

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from classifier.models import Submission

FOLDER = "originals"
JPEG_QUALITY = 95


def original_keep(
    *, owner: AbstractBaseUser, submission: Submission, data: bytes
) -> None:
    """Store the upload beside the preview, where the owner asks for that.

    Does nothing for others, and where the original is there already.
    """
    if keeps_of(owner) != Keeps.ORIGINAL:
        return
    if Original.objects.filter(pk=submission.pk).exists():
        return
    try:
        with ExitStack() as undo:
            name = store_file(FOLDER, data, undo)
            with transaction.atomic():
                Original.objects.create(
                    submission=submission, file=name, byte_size=len(data)
                )
            undo.pop_all()
    except IntegrityError:
        # The same file arrived twice at once, and the other request was faster.
        return


def render_clean(original: Original) -> tuple[str, bytes] | None:
    """(file ending, bytes) of a copy in full size without any metadata.

    The pixels are decoded, turned upright and encoded anew, so that no EXIF, GPS
    position, thumbnail or trailing data can come along. None where the file is missing
    or damaged.
    """
    try:
        with original.file.open("rb") as file:
            data = without_ancillary(file.read())
        with Image.open(io.BytesIO(data), formats=READABLE_FORMATS) as opened:
            is_jpeg = opened.format in ("JPEG", "MPO")
            # A new picture of the same pixels: nothing else is carried over.
            pixels = np.asarray(to_rgb(ImageOps.exif_transpose(opened), full_size=True))
    except Exception:  # noqa: BLE001 - a parser of hostile bytes raises anything
        return None
    copy = io.BytesIO()
    if is_jpeg:
        image = Image.fromarray(pixels)
        image.save(copy, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return "jpg", copy.getvalue()
    Image.fromarray(pixels).save(copy, "PNG", compress_level=1)
    return "png", copy.getvalue()
