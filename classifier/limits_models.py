"""What is counted of callers, and what staff allow a person."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Counter(models.Model):
    """How much of a limit is used until `resets_at` (seconds since 1970, UTC)."""

    name = models.CharField(max_length=100, primary_key=True)
    used = models.BigIntegerField()
    most = models.BigIntegerField()
    resets_at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.used} of {self.most}"


class UserLimits(models.Model):
    """What staff allow one person; whoever has no row has the site's limits."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="limits",
        primary_key=True,
        verbose_name=_("user"),
    )
    daily_quota = models.BigIntegerField(
        _("pictures a day"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Empty: the site's DAILY_QUOTA. 0: none may be sent."),
    )

    class Meta:
        verbose_name = _("limits of a user")
        verbose_name_plural = _("limits of users")

    def __str__(self) -> str:
        return str(self.user)
