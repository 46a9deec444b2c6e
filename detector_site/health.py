"""Liveness and readiness: whether the site can do its work."""

from __future__ import annotations

import logging
from typing import Literal

from django.conf import settings
from django.db import DatabaseError, connection
from ninja import Field, Schema

from classifier import detector_provider
from classifier.inference.errors import ModelError

logger = logging.getLogger(__name__)


class ModelHealth(Schema):
    """The model in use; name and version are null when its card cannot be read."""

    name: str | None = Field(examples=["detector"])
    version: str | None = Field(examples=["1.0.0"])
    engine: str = Field(
        description="The engine at work; before loading, the one asked for",
        examples=["onnx"],
    )
    loaded: bool


class HealthOut(Schema):
    """`degraded` when the model or the database is not available."""

    status: Literal["ok", "degraded"]
    model: ModelHealth
    database: Literal["ok", "unavailable"]
    version: str = Field(description="Of the site", examples=["1.0.0"])


def health_report(*, warm: bool) -> HealthOut:
    """The state of this process; loads the model only when `warm`."""
    usable = warm_up() if warm else True
    model = _model_health()
    database = _database_answers()
    healthy = usable and database and model.name is not None
    return HealthOut(
        status="ok" if healthy else "degraded",
        model=model,
        database="ok" if database else "unavailable",
        version=settings.APP_VERSION,
    )


def warm_up() -> bool:
    """Load the network and run it once; whether it answers. A fault is logged."""
    try:
        if not detector_provider.is_loaded():
            detector_provider.get_detector().warm()
    except ModelError as error:
        logger.error("The detector does not load: %s", error)
        return False
    return True


def _model_health() -> ModelHealth:
    card = detector_provider.describe()
    loaded = detector_provider.is_loaded()
    engine = settings.DETECTOR_ENGINE
    if loaded:
        engine = detector_provider.get_detector().engine.name
    return ModelHealth(
        name=card.name if card else None,
        version=card.version if card else None,
        engine=engine,
        loaded=loaded,
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("The database does not answer: %s", error)
        return False
    return True
