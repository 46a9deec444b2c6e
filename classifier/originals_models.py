"""The row of a file that its owner asked to be kept as it came."""

from __future__ import annotations

from django.db import models


class Original(models.Model):
    """The uploaded bytes, metadata included; never sent to anybody as they are.

    `classifier.originals` stores them and makes the copy that may be sent.
    """

    submission = models.OneToOneField(
        "classifier.Submission",
        on_delete=models.CASCADE,
        related_name="original",
        primary_key=True,
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    file = models.FileField(max_length=200)
    byte_size = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"Original of {self.submission_id}"
