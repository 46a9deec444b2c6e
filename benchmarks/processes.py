"""What processes cost, read from Linux's /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Seconds of CPU so far: of one process with its children, and of the machine."""

    own: float
    machine: float

    @staticmethod
    def of(pid: int) -> Usage:
        """The usage up to now."""
        return Usage(sum(map(_cpu_seconds, family(pid))), _machine_seconds())


def family(pid: int) -> Iterator[int]:
    """The process and all that descend from it."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = " ".join((task / "children").read_text() for task in tasks)
    except OSError:  # it ended meanwhile
        return
    for child in children.split():
        yield from family(int(child))


def memory_mb(pid: int) -> dict[int, tuple[float, float]]:
    """Process → its resident megabytes now, and at their highest."""
    found = {}
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/status").read_text().splitlines()
        except OSError:
            continue
        values = dict(line.split(":", 1) for line in lines)
        if "VmRSS" in values:
            now, peak = values["VmRSS"], values["VmHWM"]
            found[member] = (_megabytes(now), _megabytes(peak))
    return found


def memory_together_mb(pid: int) -> float:
    """Megabytes of the process and its descendants; what they share counts once.

    The sum of their proportional set sizes, see proc(5).
    """
    total = 0.0
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:
            continue
        total += _megabytes(dict(line.split(":", 1) for line in lines)["Pss"])
    return total


def _megabytes(value: str) -> float:
    return int(value.split()[0]) / 1024


def _cpu_seconds(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # The name, in parentheses, may hold spaces. User and system time are fields 14
    # and 15 of proc(5), those of children that ended 16 and 17.
    fields = stat.rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _machine_seconds() -> float:
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS
