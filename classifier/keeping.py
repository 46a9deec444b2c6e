"""What is kept of an owner's picture, by the owner's own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Keeps(models.TextChoices):
    """The three choices; each keeps what the one before keeps, and more."""

    HASH = "hash", _("Only hash, facts and result")
    PREVIEW = "preview", _("A small preview and the heat map")
    ORIGINAL = "original", _("Preview, heat map and the original file")


def keeps_of(owner: AbstractBaseUser | None) -> Keeps:
    """The choice of a person; of an anonymous visitor only the hash is ever kept."""
    if owner is None:
        return Keeps.HASH
    return Keeps(getattr(owner, "keeps", Keeps.PREVIEW))
