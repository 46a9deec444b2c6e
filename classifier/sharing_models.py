"""The row of a link by which an owner shows a result to others."""

from __future__ import annotations

import secrets

from django.db import models
from django.urls import reverse

TOKEN_BYTES = 24


def new_token() -> str:
    """192 random bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class ShareLink(models.Model):
    """Whoever has the token sees the result; deleting the row revokes the link."""

    submission = models.OneToOneField(
        "classifier.Submission", on_delete=models.CASCADE, related_name="share_link"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    token = models.CharField(max_length=64, unique=True, default=new_token)
    with_picture = models.BooleanField(default=False)

    def __str__(self) -> str:
        # The token opens the result, so it doesn't belong into lists and logs.
        return f"Link to {self.submission_id}"

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("classifier:shared", args=[self.token])
