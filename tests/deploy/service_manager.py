"""Stands in for systemd: starts and stops a slot by what its real units say.

`service_manager.py start SLOT` leaves a supervisor behind that holds the socket, passes
it on (sd_listen_fds(3)) and restarts the server, as `Restart=always` promises. Of the
units it knows what the slots use; the sandbox is not applied.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

STOP_SECONDS = 45
UNITS = Path(os.environ["DETECTOR_ETC"]) / "systemd"


def unit(name: str, slot: str) -> dict[str, list[str]]:
    """The lines of a unit by key, with the slot filled in."""
    lines: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text().replace("%i", slot).splitlines():
        key, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            lines.setdefault(key, []).append(value)
    return lines


def environment(service: dict[str, list[str]], folder: Path) -> dict[str, str]:
    """What the service's process gets, and nothing of this one's but the path."""
    values = {"PATH": os.environ["PATH"], "LISTEN_FDS": "1"}
    for file in service["EnvironmentFile"]:
        for line in Path(file).read_text().splitlines():
            name, separator, value = line.partition("=")
            if separator and not line.startswith("#"):
                (values[name],) = shlex.split(value) or [""]
    values |= dict(entry.split("=", 1) for entry in service["Environment"])
    metrics = folder / "metrics"
    metrics.mkdir(exist_ok=True)
    return {**values, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}


def start(slot: str) -> None:
    """Hold the socket and start the supervisor; return at once."""
    service = unit("detector@.service", slot)
    (address,) = unit("detector@.socket", slot)["ListenStream"]
    Path(address).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(2048)
    folder = Path(address).parent
    if os.fork() == 0:
        os.setsid()
        supervise(service, listener, folder)
    (folder / "log").touch()


def supervise(
    service: dict[str, list[str]], listener: socket.socket, folder: Path
) -> None:
    """Keep the server running until told to stop."""
    (folder / "supervisor.pid").write_text(str(os.getpid()))
    log = (folder / "log").open("a")
    for standard in (0, 1, 2):
        os.dup2(
            os.open(os.devnull, os.O_RDWR) if standard == 0 else log.fileno(), standard
        )
    (command,) = service["ExecStart"]
    (cwd,) = service["WorkingDirectory"]
    stopping = False
    server: subprocess.Popen[bytes] | None = None

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if server:
            server.terminate()

    signal.signal(signal.SIGTERM, stop)
    os.dup2(listener.fileno(), 3, inheritable=True)
    while not stopping:
        server = subprocess.Popen(
            ["/bin/sh", "-c", f"LISTEN_PID=$$ exec {command}"],
            cwd=cwd,
            env=environment(service, folder),
            pass_fds=[3],
        )
        (folder / "server.pid").write_text(str(server.pid))
        server.wait()
        time.sleep(0.2)
    (folder / "supervisor.pid").unlink()
    os._exit(0)


def stop(slot: str) -> None:
    """End the server gracefully, and the socket with it."""
    (address,) = unit("detector@.socket", slot)["ListenStream"]
    pid_file = Path(address).parent / "supervisor.pid"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(pid_file.read_text()), signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    Path(address).unlink(missing_ok=True)


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](sys.argv[2])
