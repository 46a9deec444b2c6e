"""Python's clock, set off by as many seconds as the file SHIFTED_CLOCK says.

A process imports this at its start when PYTHONPATH names this folder. The monotonic
clock goes on, as it does on a machine whose clock is set.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

LOOK_EVERY_SECONDS = 0.2


class ShiftedClock:
    """Follows the file; a forked child takes up where its parent was."""

    def __init__(self, file: Path) -> None:
        import time_machine

        self._file = file
        self._shifted = 0.0
        self._clock = time_machine.travel(time.time(), tick=True).start()

    def follow(self) -> None:
        """Look at the file in a thread of its own."""
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            with contextlib.suppress(OSError, ValueError):
                wanted = float(self._file.read_text())
                if wanted != self._shifted:
                    self._clock.shift(wanted - self._shifted)
                    self._shifted = wanted
            time.sleep(LOOK_EVERY_SECONDS)


if os.environ.get("SHIFTED_CLOCK"):
    shifted_clock = ShiftedClock(Path(os.environ["SHIFTED_CLOCK"]))
    os.register_at_fork(after_in_child=shifted_clock.follow)
    shifted_clock.follow()
