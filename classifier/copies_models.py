"""The rows by which an owner's other copies of a picture are found."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class StoredPrint(models.Model):
    """The print of an owner's picture: see `classifier.inference.prints`.

    `bits` is 32 bytes, `thumb` 192. Pictures of anonymous visitors have none.
    """

    submission = models.OneToOneField(
        "classifier.Submission",
        on_delete=models.CASCADE,
        related_name="stored_print",
        primary_key=True,
    )
    bits = models.BinaryField(max_length=32)
    thumb = models.BinaryField(max_length=192)

    def __str__(self) -> str:
        return f"Print of {self.submission_id}"


class PrintBand(models.Model):
    """One of the 21 keys of a print; near prints of an owner share at least one."""

    stored_print = models.ForeignKey(
        StoredPrint, on_delete=models.CASCADE, related_name="bands"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    key = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["owner", "key"], name="print_band_key")]

    def __str__(self) -> str:
        return f"Band {self.key} of {self.stored_print_id}"
