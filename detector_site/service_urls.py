"""URLs of the services that the site uses → Django's and Celery's settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# Write-ahead logging lets readers and one writer work at the same time; with it
# synchronous=NORMAL is safe against corruption. https://www.sqlite.org/wal.html
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA mmap_size=134217728;"
    "PRAGMA journal_size_limit=27103364;"
    "PRAGMA cache_size=2000;"
)

CACHE_TABLE = "shared_cache"
TASK_QUEUE = "detector"


def database_from_url(url: str) -> dict[str, Any]:
    """An entry of `DATABASES` for `postgres://…` or `sqlite:///path`."""
    if urlsplit(url).scheme not in ("postgres", "postgresql", "sqlite"):
        raise _rejected("DATABASE_URL", "postgres://… or sqlite:///path", url)
    try:
        database = dict(dj_database_url.parse(url, conn_max_age=60))
    except ValueError as error:
        raise _rejected("DATABASE_URL", "a valid database URL", url) from error
    database["CONN_HEALTH_CHECKS"] = True
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["OPTIONS"] = {
            # A transaction that only later turns to writing cannot wait for the
            # lock and fails at once; IMMEDIATE takes the lock at its start.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": SQLITE_PRAGMAS,
        }
    return database


def cache_from_url(url: str) -> dict[str, Any]:
    """An entry of `CACHES` for `redis://…`, `database://` or `locmem://`."""
    scheme = urlsplit(url).scheme
    if scheme in ("redis", "rediss", "unix"):
        return {
            "BACKEND": "operations.cache.TolerantRedisCache",
            "LOCATION": url,
        }
    if scheme == "database":
        return {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": CACHE_TABLE,
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    if scheme == "locmem":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    raise _rejected("CACHE_URL", "redis://…, database:// or locmem://", url)


def media_storage_from_url(url: str) -> dict[str, Any]:
    """An entry of `STORAGES` for `s3://bucket/prefix?region=…&endpoint=…`, or a folder.

    Without a URL, files lie in MEDIA_ROOT. Keys come from the machine's role, or from
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname:
        raise _rejected("MEDIA_STORAGE_URL", "s3://bucket/prefix", url)
    query = dict(parse_qsl(parts.query))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.hostname,
            "location": parts.path.strip("/"),
            "region_name": query.get("region"),
            "endpoint_url": query.get("endpoint"),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
        },
    }


def broker_from_url(url: str, *, visibility_seconds: int) -> dict[str, Any]:
    """The `CELERY_*` settings for `redis://…` or `sqs://HOST/ACCOUNT/QUEUE`.

    Without a URL there is no broker. A message that no worker has confirmed after
    `visibility_seconds` goes to another. The queue of SQS must exist: no right to make
    or list queues is needed then. Another server than AWS's is asked over plain HTTP.
    """
    if not url:
        return {"CELERY_BROKER_URL": ""}
    parts = urlsplit(url)
    options: dict[str, Any] = {"visibility_timeout": visibility_seconds}
    if parts.scheme == "sqs" and parts.hostname and parts.path.count("/") == 2:
        is_aws = parts.hostname.endswith(".amazonaws.com")
        scheme = "https" if is_aws else "http"
        host = parts.netloc.rpartition("@")[2]
        options |= {
            "region": parts.hostname.split(".")[1] if is_aws else "us-east-1",
            "predefined_queues": {
                TASK_QUEUE: {"url": f"{scheme}://{host}{parts.path}"}
            },
            "is_secure": is_aws,
            "wait_time_seconds": 20 if is_aws else 1,
        }
        # AWS's address and the machine's role are what boto3 finds by itself.
        url = "sqs://" if is_aws else f"sqs://{parts.netloc}"
    elif parts.scheme in ("redis", "rediss") and parts.hostname:
        options |= {"socket_timeout": 30, "socket_connect_timeout": 3}
    else:
        rule = "redis://host:6379/1 or sqs://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE"
        raise _rejected("CELERY_BROKER_URL", rule, url)
    return {
        "CELERY_BROKER_URL": url,
        "CELERY_BROKER_TRANSPORT_OPTIONS": options,
        "CELERY_TASK_DEFAULT_QUEUE": TASK_QUEUE,
    }


def email_from_url(url: str) -> dict[str, Any]:
    """The `EMAIL_*` settings for `console://` or `smtp[+tls|+ssl]://user:pw@host:port`.

    `smtp+tls` upgrades with STARTTLS (port 587), `smtp+ssl` is TLS from the start
    (port 465), plain `smtp` (port 25) is for a relay on the same machine.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    ports = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
    if parts.scheme not in ports or not parts.hostname:
        rule = "console:// or smtp[+tls|+ssl]://user:password@host:port"
        raise _rejected("EMAIL_URL", rule, url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": _port(parts, url) or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
        "EMAIL_TIMEOUT": 10,
    }


def _port(parts: SplitResult, url: str) -> int | None:
    try:
        return parts.port
    except ValueError as error:
        raise _rejected("EMAIL_URL", "a URL with a port below 65536", url) from error


def _rejected(name: str, rule: str, url: str) -> ImproperlyConfigured:
    """The value is left out but for its scheme: it may hold a password."""
    scheme = urlsplit(url).scheme or "no scheme"
    return ImproperlyConfigured(f"{name} must be {rule}; this one has {scheme!r}.")
