"""Redis as a cache whose loss costs accuracy of limits, not the site."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 1.0
# A server that hangs is asked again after this long, so that no request waits twice.
PAUSE_SECONDS = 5.0

# What each call of Django's client answers while Redis is gone: nothing is there and
# nothing is kept. `get` answers its default, `incr` the number itself.
ANSWERS: dict[str, object] = {
    "add": True,
    "clear": False,
    "delete": False,
    "delete_many": None,
    "get_many": {},
    "has_key": False,
    "set": None,
    "set_many": None,
    "touch": False,
}


class TolerantRedisCache(RedisCache):
    """While Redis is gone, rate limits let requests pass; nginx still limits them."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 1),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = _TolerantClient


class _TolerantClient:
    """Django's client, whose calls don't raise."""

    _asleep_until = 0.0

    def __init__(self, servers: list[str], **options: object) -> None:
        self._client = RedisCacheClient(servers, **options)

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._client, name)

        def call(*arguments: object, **named: object) -> object:
            kind = type(self)
            if time.monotonic() >= kind._asleep_until:
                try:
                    return method(*arguments, **named)
                except (RedisError, OSError) as error:
                    kind._asleep_until = time.monotonic() + PAUSE_SECONDS
                    logger.error(
                        "Redis does not answer; limits are not counted: %s", error
                    )
            # The second argument: the default of `get`, the amount of `incr`.
            return ANSWERS[name] if name in ANSWERS else arguments[1]

        return call
