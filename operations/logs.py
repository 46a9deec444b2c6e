"""How log lines look and where errors go; imported by the settings, so no models."""

from __future__ import annotations

from typing import Any, Literal

FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s %(process)d"
RENAMED = {"asctime": "time", "levelname": "level", "name": "logger"}


def logging_config(*, level: str, form: Literal["line", "json"]) -> dict[str, Any]:
    """The LOGGING of Django: everything to stderr, as lines or as JSON objects."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "operations.request_ids.RequestIdFilter"}},
        "formatters": {
            "line": {
                "format": "{asctime} {levelname} {name} [{request_id}]: {message}",
                "style": "{",
            },
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": FIELDS,
                "rename_fields": RENAMED,
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["request_id"],
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            # Probes with made-up Host headers are daily noise.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


def start_sentry(*, dsn: str, release: str) -> None:
    """Report errors, without bodies, cookies, addresses or names of people."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        traces_sample_rate=0.0,
        before_send=_with_request_id,
        # Requests to other sites carry no header of ours, and reports don't name them.
        trace_propagation_targets=[],
        before_breadcrumb=_without_addresses,
    )


def _without_addresses(
    crumb: dict[str, Any], hint: dict[str, Any]
) -> dict[str, Any] | None:
    return None if crumb.get("category") == "httplib" else crumb


def _with_request_id(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    from operations.request_ids import current_request_id

    event.setdefault("tags", {})["request_id"] = current_request_id()
    return event
