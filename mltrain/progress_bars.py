"""How far a run is, on the terminal: one bar for each of its tasks."""

from __future__ import annotations

from tqdm import tqdm


class ProgressBars:
    """A `progress` callback; nothing is drawn where the output is no terminal."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm] = {}

    def __call__(self, task: str, done: int, total: int) -> None:
        """Show that `done` of `total` pictures are done."""
        if task not in self._bars:
            self._bars[task] = tqdm(desc=task, total=total, unit="img", disable=None)
        self._bars[task].update(done - self._bars[task].n)
