"""What a process does once before it serves."""

from __future__ import annotations

import ctypes
import threading

from detector_site.health import warm_up

# mallopt(3); the parameter's number is glibc's.
_M_ARENA_MAX = -8
_ARENAS = 2


def prepare_worker() -> None:
    """Load and warm the model in the background, and keep the memory small."""
    _limit_arenas()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()


def _limit_arenas() -> None:
    """Let threads share pools of memory.

    glibc gives every thread a pool of its own, which keeps what one picture needed.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    except (OSError, AttributeError):  # another C library
        return
