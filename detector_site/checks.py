"""Unsafe configuration as system checks with stable ids.

They concern servers: `manage.py check --deploy` shows them and `refuse_unsafe_start`
stops a web process, while commands such as training run without a configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured

LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", "testserver"}
MIN_KEY_LENGTH = 50
MIN_KEY_CHARACTERS = 5

Check = Callable[[Sequence[AppConfig] | None], list[CheckMessage]]
CHECKS: list[Check] = []


def deploy_check(function: Check) -> Check:
    """Register a check for `check --deploy` and for the start of a server."""
    CHECKS.append(function)
    return register(Tags.security, deploy=True)(function)


def refuse_unsafe_start() -> None:
    """Raise `ImproperlyConfigured` that lists every error among the checks."""
    errors = [
        message
        for check in CHECKS
        for message in check(None)
        if message.is_serious() and not message.is_silenced()
    ]
    if errors:
        lines = [f"- {error.id}: {error.msg} {error.hint}" for error in errors]
        raise ImproperlyConfigured("\n".join(["The site does not start:", *lines]))


@deploy_check
def secret_key_is_private(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """E001, E002: a key that is missing, or short or guessable."""
    hint = (
        "Set SECRET_KEY to a long random value: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
    if settings.DEBUG:
        return []
    if not settings.SECRET_KEY_IS_SET:
        return [Error("SECRET_KEY is not set.", hint=hint, id="detector.E001")]
    key = settings.SECRET_KEY
    if len(key) < MIN_KEY_LENGTH or len(set(key)) < MIN_KEY_CHARACTERS:
        return [Error("SECRET_KEY is too short.", hint=hint, id="detector.E002")]
    return []


@deploy_check
def hosts_are_named(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """E003: any Host header accepted. E004: DEBUG on a public name."""
    if settings.DEBUG and _public_hosts():
        return [
            Error(
                "DEBUG is on for a public host; it shows source and settings.",
                hint="Set DEBUG=false, or remove the host from ALLOWED_HOSTS.",
                id="detector.E004",
            )
        ]
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Error(
                "ALLOWED_HOSTS accepts every host name.",
                hint="Name the hosts: ALLOWED_HOSTS=detector.example.org",
                id="detector.E003",
            )
        ]
    return []


@deploy_check
def media_is_private(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """E005: pictures of users inside a folder that is served to everybody."""
    public = [settings.STATIC_ROOT, *settings.STATICFILES_DIRS]
    if any(settings.MEDIA_ROOT.is_relative_to(folder) for folder in public):
        return [
            Error(
                "MEDIA_ROOT lies inside a public static folder.",
                hint="Set MEDIA_ROOT to a folder outside STATIC_ROOT and static/.",
                id="detector.E005",
            )
        ]
    return []


@deploy_check
def trusted_origins_have_a_scheme(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """E006: an origin that could be reached over plain HTTP is trusted."""
    insecure = [
        origin
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if urlsplit(origin).scheme != "https"
    ]
    if settings.HTTPS_ONLY and insecure:
        return [
            Error(
                f"CSRF_TRUSTED_ORIGINS holds {insecure[0]}, which is not https.",
                hint="Write the origins as https://detector.example.org",
                id="detector.E006",
            )
        ]
    return []


@deploy_check
def passwords_travel_encrypted(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W001: a public site over plain HTTP."""
    if settings.HTTPS_ONLY or settings.DEBUG or not _public_hosts():
        return []
    return [
        Warning(
            "HTTPS_ONLY is off for a public host; passwords travel in the clear.",
            hint="Put HTTPS in front of the site and remove HTTPS_ONLY=false.",
            id="detector.W001",
        )
    ]


@deploy_check
def limits_are_shared(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W002: every worker counts its own requests."""
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.DEBUG or not backend.endswith("LocMemCache"):
        return []
    return [
        Warning(
            "CACHE_URL is locmem://, so every worker has rate limits of its own.",
            hint="Remove CACHE_URL, or set it to redis://…",
            id="detector.W002",
        )
    ]


@deploy_check
def mail_leaves_the_machine(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W003: nobody can reset a password on a public site."""
    console = settings.EMAIL_BACKEND.endswith("console.EmailBackend")
    if not console or settings.DEBUG or not _public_hosts():
        return []
    return [
        Warning(
            "E-mail is written to the log; nobody can reset a password.",
            hint="Set EMAIL_URL=smtp+tls://user:password@host:587",
            id="detector.W003",
        )
    ]


def _public_hosts() -> set[str]:
    return set(settings.ALLOWED_HOSTS) - LOCAL_HOSTS
