"""Redis as a cache whose loss costs accuracy of limits, not the site.

Beside Django's calls it counts against limits in one atomic step, as
`classifier.counters` asks of a cache that can.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from classifier.counters import Limit, Rows, Taken

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
    "give_back": None,
    "has_key": False,
    "look": {},
    "set": None,
    "set_many": None,
    "take": (set(), {}),
    "touch": False,
}


# KEYS: the names. ARGV: amount, most and seconds until the end, for each. Counts all or
# none; answers for each whether it refused, what is used, and the seconds left.
TAKE = """
local answers, refused = {}, false
for i, key in ipairs(KEYS) do
  local used = tonumber(redis.call('GET', key) or '0')
  local refuses = used + tonumber(ARGV[3 * i - 2]) > tonumber(ARGV[3 * i - 1])
  refused = refused or refuses
  answers[3 * i - 2] = refuses and 1 or 0
  answers[3 * i - 1] = used
  answers[3 * i] = redis.call('TTL', key)
end
if refused then return answers end
for i, key in ipairs(KEYS) do
  answers[3 * i - 1] = redis.call('INCRBY', key, ARGV[3 * i - 2])
  if answers[3 * i] < 0 then
    redis.call('EXPIRE', key, ARGV[3 * i])
    answers[3 * i] = tonumber(ARGV[3 * i])
  end
end
return answers
"""
# KEYS: the names. ARGV: the amounts to take off again, where a count still runs.
GIVE_BACK = """
for i, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then redis.call('DECRBY', key, ARGV[i]) end
end
"""


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

    def take(self, limits: Sequence[Limit], now: int) -> Taken:
        """Count against all limits, or against none; see `classifier.counters`."""
        return self._cache.take(limits, now)

    def give_back(self, limits: Sequence[Limit]) -> None:
        """Undo `take` for these limits."""
        self._cache.give_back(limits)

    def look(self, names: Sequence[str], now: int) -> Rows:
        """The counts that run under these names."""
        return self._cache.look(names, now)


class _CountingClient(RedisCacheClient):
    """Django's client, and the counters."""

    def take(self, limits: Sequence[Limit], now: int) -> Taken:
        names = [limit.name for limit in limits]
        values = [v for x in limits for v in (x.amount, x.most, x.resets_at - now)]
        client = self.get_client(None, write=True)
        answers = client.eval(TAKE, len(names), *map(_key, names), *values)
        triples = [(name, *answers[3 * i : 3 * i + 3]) for i, name in enumerate(names)]
        return (
            {name for name, refuses, _, _ in triples if refuses},
            {name: (used, now + left) for name, _, used, left in triples if left >= 0},
        )

    def give_back(self, limits: Sequence[Limit]) -> None:
        keys = [_key(limit.name) for limit in limits]
        amounts = [limit.amount for limit in limits]
        self.get_client(None, write=True).eval(GIVE_BACK, len(keys), *keys, *amounts)

    def look(self, names: Sequence[str], now: int) -> Rows:
        pipeline = self.get_client(None).pipeline(transaction=False)
        for name in names:
            pipeline.get(_key(name)).ttl(_key(name))
        answers = pipeline.execute()
        pairs = zip(names, answers[::2], answers[1::2], strict=True)
        return {
            name: (int(used), now + left) for name, used, left in pairs if left >= 0
        }


def _key(name: str) -> str:
    return f"limit:{name}"


class _TolerantClient:
    """Django's client, whose calls don't raise."""

    _asleep_until = 0.0

    def __init__(self, servers: list[str], **options: object) -> None:
        self._client = _CountingClient(servers, **options)

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
