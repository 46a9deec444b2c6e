"""Longer drills than the tests have time for, against a site of their own.

    python -m tests.deploy.drill upgrade --seconds 60
    python -m tests.deploy.drill hostile --count 10000
    python -m tests.deploy.drill load --seconds 30

Everything happens on loopback. The exit code is 1 when the drill failed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tests.deploy.hostile import hostile_uploads
from tests.deploy.stack import Stack, running_stack
from tests.deploy.visitors import Traffic, new_photograph, predict
from tests.detector_site.processes import ROOT

# An answer that a bent file may get; see docs/api.md.
REFUSALS = {400, 413, 415, 422}
MEMORY_GROWTH_MB = 150


def upgrade(stack: Stack, seconds: int) -> bool:
    """Steady requests over a whole upgrade and over a forced way back."""
    ended = time.monotonic() + seconds
    with Traffic(stack, per_second=10) as traffic:
        forward = stack.script("upgrade", "--from", str(ROOT))
        back = stack.script("rollback", SMOKE_TEST="/bin/false")
        time.sleep(max(0.0, ended - time.monotonic()))
    say(f"upgrade: exit code {forward.returncode}; forced failure: {back.returncode}")
    say(f"outcomes: {dict(traffic.outcomes)}")
    return forward.returncode == 0 and back.returncode == 1 and not traffic.failures


def hostile(stack: Stack, count: int) -> bool:
    """Bent files of every format: no 5xx, no worker lost, no memory gained."""
    workers = stack.server_processes()
    browser = stack.browser()
    statuses: Counter[int] = Counter()
    sizes = []
    for number, data in enumerate(hostile_uploads(count, seed=1)):
        statuses[predict(stack, browser, data).status_code] += 1
        if number == count // 10 or number == count - 1:
            sizes.append(max(memory_mb(pid) for pid in workers))
    same = stack.server_processes() == workers
    say(f"statuses: {dict(statuses)}")
    say(f"workers: {'the same' if same else 'replaced'}")
    say(f"largest worker after a tenth and at the end: {sizes} MB")
    allowed = set(statuses) <= {200, *REFUSALS}
    return allowed and same and sizes[-1] - sizes[0] < MEMORY_GROWTH_MB


def load(stack: Stack, seconds: int) -> bool:
    """As many pictures as the site can judge, sent by eight programs at once."""
    bundle = ROOT / "classifier" / "bundles" / "default"
    stack.script("install-model", str(bundle))
    pictures = [new_photograph(number) for number in range(20)]
    times: list[float] = []
    statuses: Counter[int] = Counter()
    processes = stack.server_processes() + stack.nginx_processes()
    burnt = sum(map(cpu_seconds, processes))
    over = time.monotonic() + seconds

    def send(number: int) -> None:
        browser = stack.browser()
        while time.monotonic() < over:
            number += 1
            data = pictures[number % len(pictures)] + number.to_bytes(8, "big")
            started = time.monotonic()
            statuses[predict(stack, browser, data).status_code] += 1
            times.append(time.monotonic() - started)

    threads = [threading.Thread(target=send, args=(n * 10**9,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(times, n=20)
    say(f"statuses: {dict(statuses)}")
    burnt = sum(map(cpu_seconds, processes)) - burnt
    say(f"pictures per second: {len(times) / seconds:.1f}")
    say(f"processor time a picture: {burnt / len(times) * 1000:.1f} ms")
    say(f"so pictures per second and core: {len(times) / burnt:.1f}")
    say(f"median {cuts[9] * 1000:.0f} ms, 95 % within {cuts[18] * 1000:.0f} ms")
    return set(statuses) == {200}


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, whatever else the machine did."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> int:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run one drill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    drills = parser.add_subparsers(dest="drill", required=True)
    drills.add_parser("upgrade").add_argument("--seconds", type=int, default=60)
    drills.add_parser("hostile").add_argument("--count", type=int, default=10_000)
    drills.add_parser("load").add_argument("--seconds", type=int, default=30)
    options = vars(parser.parse_args())
    drill = {"upgrade": upgrade, "hostile": hostile, "load": load}[options.pop("drill")]
    # A worker that is replaced by plan would hide one that died.
    with running_stack(GUNICORN_CMD_ARGS="--max-requests 0") as stack:
        passed = drill(stack, **options)
    say("PASSED" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
