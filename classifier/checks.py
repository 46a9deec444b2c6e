"""Faults of the detector's configuration as system checks with stable ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register  # noqa: A004

from classifier.inference.bundle import load_bundle
from classifier.inference.encoder import locate_encoder
from classifier.inference.errors import ModelError


@register("detector")
def bundle_is_readable(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W001: no picture can be judged: no readable card, or no encoder for it.

    A warning, since migrating or training needs no model.
    """
    try:
        card = load_bundle(settings.DETECTOR_BUNDLE).card
        if card.encoder:
            locate_encoder(card.encoder, settings.DETECTOR_ENCODER)
    except ModelError as error:
        return [
            Warning(
                f"The site cannot judge pictures: {error}",
                hint="Set DETECTOR_BUNDLE to the folder of a bundle, or train a model: "
                "python manage.py train_model --help",
                id="classifier.W001",
            )
        ]
    return []


@register("detector", deploy=True)
def receipts_are_signed(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """I001: the site issues no receipts; an owner may want it so."""
    if settings.RECEIPT_SIGNING_KEY is not None:
        return []
    return [
        Info(
            "The site issues no receipts, because RECEIPT_SIGNING_KEY is not set.",
            hint="Make a key and keep a copy of it: "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            id="classifier.I001",
        )
    ]
