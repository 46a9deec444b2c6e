"""The C library's memory, kept small while pictures come and go on many threads."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from functools import cache

# mallopt(3); the parameter's number is glibc's.
_M_ARENA_MAX = -8
_ARENAS = 2
_TRIM_SECONDS = 10.0


@cache
def keep_memory_small() -> None:
    """Let threads share pools of memory, and give back now and then what is free.

    For the life of the process; never before a `fork()`, which would lose the thread
    that does so. Without glibc nothing happens.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim"):
        # It gives every thread a pool of its own; here threads share two.
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        threading.Thread(target=_trim_for_ever, args=[libc], daemon=True).start()


def _trim_for_ever(libc: ctypes.CDLL) -> None:
    """Give back what the last pictures needed.

    glibc keeps freed blocks of the size of a picture in its pools. To keep them out of
    these from the first would cost every picture a sixth more time.
    """
    while True:
        time.sleep(_TRIM_SECONDS)
        libc.malloc_trim(0)
