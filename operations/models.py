"""What the nightly check found."""

from __future__ import annotations

from django.db import models


class GoldenCheck(models.Model):
    """One comparison of the site's answers with the scores recorded for its model.

    `worst_difference` is between probabilities, in 0–1; null when nothing was compared.
    """

    checked_at = models.DateTimeField(auto_now_add=True, db_index=True)
    model_name = models.CharField(max_length=100, blank=True)
    model_version = models.CharField(max_length=100, blank=True)
    pictures = models.PositiveIntegerField(default=0)
    worst_difference = models.FloatField(null=True, blank=True)
    passed = models.BooleanField()
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-checked_at", "-pk"]

    def __str__(self) -> str:
        return f"{'Passed' if self.passed else 'Failed'} at {self.checked_at:%F %T}"
