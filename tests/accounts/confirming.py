"""Being asked once more who one is, and the codes of an authenticator app."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time

from django.test import Client

from tests.factories import PASSWORD


def confirm(client: Client, password: str = PASSWORD) -> int:
    """Give the password once more; what follows within five minutes is allowed."""
    form = {"password": password}
    return client.post("/accounts/reauthenticate/", form).status_code


def totp(secret: str, at: float | None = None) -> str:
    """The six digits of RFC 6238 that an app would show."""
    counter = int((time.time() if at is None else at) // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def activate_totp(client: Client) -> str:
    """Set an app up on the page; its secret."""
    confirm(client)
    page = client.get("/accounts/security/totp/activate/").content.decode()
    (secret,) = re.findall(r"data-secret[^>]*>([A-Z2-7]+)<", page)
    client.post("/accounts/security/totp/activate/", {"code": totp(secret)})
    return secret
