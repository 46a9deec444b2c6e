"""How much a caller may ask for: by address, account and token, and pictures a day.

One request is counted once against all of its limits; see `classifier.counters`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ninja.throttling import BaseThrottle

from classifier import counters
from classifier.counters import Limit, Tally

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

# Pictures and what belongs to them share a count; reading the history has its own.
Area = Literal["submit", "history"]
PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DAY = "day"


class TooManyRequests(Exception):  # noqa: N818 - an outcome, not a fault
    """A limit is reached; `retry_after` is in whole seconds."""

    def __init__(self, tally: Tally, *, now: int) -> None:
        self.retry_after = max(1, tally.resets_at - now)
        is_quota = resource_of(tally) == DAY
        self.code = "quota_exceeded" if is_quota else "too_many_requests"
        self.detail = _quota_detail(tally) if is_quota else self._rate_detail(tally)
        super().__init__(self.detail)

    def _rate_detail(self, tally: Tally) -> str:
        if tally.limit.amount > tally.limit.most:
            return _("Too many pictures at once. Send at most %(most)d.") % {
                "most": tally.limit.most
            }
        return _("Too many requests in a short time. Try again in %(seconds)d s.") % {
            "seconds": self.retry_after
        }


@dataclass(frozen=True)
class Quota:
    """What a person sent today (UTC), of how much, and when it starts anew."""

    used: int
    most: int
    resets_at: datetime

    @property
    def remaining(self) -> int:
        """Pictures left today."""
        return max(0, self.most - self.used)


def count_request(
    request: HttpRequest,
    user: AbstractBaseUser | None,
    *,
    pictures: int = 1,
    area: Area = "submit",
    token: str | None = None,
) -> None:
    """Count a request, and its pictures against the person's quota of the day.

    `user` is None for somebody anonymous. `token` names the token that was used; where
    it is None, the one that django-ninja's authentication found. Raises
    `TooManyRequests`, after which nothing is counted. What is refused later is given
    back to the quota by `classifier.rate_headers`.
    """
    now = int(time.time())
    token = token or getattr(getattr(request, "auth", None), "token_id", None)
    amount = max(1, pictures)
    limits = [
        _rate_limit(f"{area}:{name}", rate, amount, now)
        for name, rate in _rates(request, user, token)
    ]
    if user is not None and pictures:
        limits.append(_quota_limit(user, pictures, now))
    tallies = counters.take(limits, now=now)
    request.rate_limit_tallies = tallies  # type: ignore[attr-defined]
    refused = [tally for tally in tallies if tally.is_refused]
    if refused:
        raise TooManyRequests(max(refused, key=lambda t: t.resets_at), now=now)
    if user is not None and pictures:
        before = getattr(request, "quota_taken", None)
        taken = pictures + (before.amount if before else 0)
        quota = replace(limits[-1], amount=taken)
        request.quota_taken = quota  # type: ignore[attr-defined]


def give_back_pictures(request: HttpRequest, number: int | None = None) -> None:
    """Take pictures that got no answer off the quota: `number` of them, or all."""
    taken: Limit | None = getattr(request, "quota_taken", None)
    if taken is None:
        return
    amount = taken.amount if number is None else min(number, taken.amount)
    rest = replace(taken, amount=taken.amount - amount)
    counters.give_back([replace(taken, amount=amount)])
    request.quota_taken = rest  # type: ignore[attr-defined]
    tallies: list[Tally] = request.rate_limit_tallies  # type: ignore[attr-defined]
    for place, tally in enumerate(tallies):
        if resource_of(tally) == DAY:
            tallies[place] = replace(tally, used=tally.used - amount)


def quota_today(*, user: AbstractBaseUser) -> Quota:
    """What is left of the person's quota."""
    now = int(time.time())
    tally = counters.look(_quota_limit(user, 0, now), now=now)
    resets_at = datetime.fromtimestamp(tally.resets_at, UTC)
    return Quota(tally.used, tally.limit.most, resets_at)


def resource_of(tally: Tally) -> str:
    """What a limit is of: `address`, `account`, `token` or `day`."""
    return tally.limit.name.split(":")[1]


def _rates(
    request: HttpRequest, user: AbstractBaseUser | None, token: str | None
) -> list[tuple[str, str]]:
    """Who is counted, and how many requests they may make."""
    if user is None:
        return [(f"address:{_digest(_address(request))}", settings.THROTTLE_ANON)]
    account = (f"account:{user.pk}", settings.THROTTLE_USER)
    if token is None:
        return [account]
    return [account, (f"token:{token[:32]}", settings.THROTTLE_TOKEN)]


def _rate_limit(name: str, rate: str, amount: int, now: int) -> Limit:
    """The limit of a rate such as `30/min`; its window starts with a request."""
    number, period = rate.split("/")
    return Limit(name, amount, int(number), now + PERIODS[period[0]])


def _quota_limit(user: AbstractBaseUser, amount: int, now: int) -> Limit:
    tomorrow = datetime.fromtimestamp(now, UTC).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)
    name = f"quota:{DAY}:{user.pk}"
    return Limit(name, amount, daily_quota(user), int(midnight.timestamp()))


def daily_quota(user: AbstractBaseUser) -> int:
    """Pictures that a person may send a day: staff's word, or the site's setting."""
    try:
        own = user.limits.daily_quota  # type: ignore[attr-defined]
    except ObjectDoesNotExist:
        own = None
    return settings.DAILY_QUOTA if own is None else own


def _quota_detail(tally: Tally) -> str:
    most = tally.limit.most
    if not most:
        return _("You may not send pictures. Ask the site's administrator.")
    # Midnight has one name in every language that counts hours to 24.
    return ngettext(
        "You may send %(most)d picture a day, and %(left)d is left. "
        "The day ends at 00:00 UTC.",
        "You may send %(most)d pictures a day, and %(left)d are left. "
        "The day ends at 00:00 UTC.",
        most,
    ) % {"most": most, "left": tally.remaining}


def _address(request: HttpRequest) -> str:
    """The visitor's address, behind as many proxies as are trusted."""
    return BaseThrottle().get_ident(request) or ""


def _digest(address: str) -> str:
    """Addresses are not stored: only what this site alone can make of them."""
    key = settings.SECRET_KEY.encode()[:64]
    return blake2b(address.encode(), key=key, digest_size=16).hexdigest()
