"""The training laboratory as an installed app, so that manage.py finds its commands."""

from __future__ import annotations

from django.apps import AppConfig


class MltrainConfig(AppConfig):
    """No rows and no views: only management commands."""

    name = "mltrain"
    verbose_name = "Training laboratory"
