"""Why a request with an `Idempotency-Key` is not answered."""

from __future__ import annotations

from typing import Literal

RETRY_AFTER_SECONDS = 5

Code = Literal[
    "bad_idempotency_key", "idempotency_key_reused", "idempotency_in_progress"
]
STATUSES: dict[Code, int] = {
    "bad_idempotency_key": 400,
    "idempotency_key_reused": 422,
    "idempotency_in_progress": 409,
}
DETAILS: dict[Code, str] = {
    "bad_idempotency_key": "An Idempotency-Key has 1 to 255 printable ASCII "
    "characters; a UUID is a good one.",
    "idempotency_key_reused": "This Idempotency-Key was sent with another request "
    "before. Make a new key for each request, and repeat one only with the same files "
    "and parameters.",
    "idempotency_in_progress": "A request with this Idempotency-Key is still being "
    f"answered. Send it again in {RETRY_AFTER_SECONDS} s.",
}


class KeyRefused(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The key is malformed, taken, or in use at this moment."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.status, self.detail = STATUSES[code], DETAILS[code]
        super().__init__(self.detail)

    @property
    def retry_after(self) -> int | None:
        """Seconds after which it may work."""
        return RETRY_AFTER_SECONDS if self.status == 409 else None
