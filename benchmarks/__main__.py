"""`make bench`: the site, another server and the bare floor side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.bulk import measure_bulk
from benchmarks.floor import bare_floor
from benchmarks.pictures import draw_pictures
from benchmarks.rounds import (
    CORES,
    Subject,
    floor_subject,
    measure,
    server_subject,
    together,
)
from benchmarks.servers import ROOT, Server, baseline, running, site
from benchmarks.soak import soak

# Pictures that the site computes on and lets wait, by its defaults: two processes that
# share the cores, and sixteen in each queue.
CAPACITY = 2 * (max(1, CORES // 2) + 16)


def main() -> None:
    """Measure what the options ask for, and print the tables."""
    options = _parse()
    # Ended from outside it must end its servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        measured = _soak if options.soak else _compare
        text = measured(options, Path(name), stack)
    sys.stdout.write(text + "\n")
    if options.write:
        report.write_between_marks(options.write, text)


def _compare(options: Namespace, folder: Path, stack: ExitStack) -> str:
    pictures = draw_pictures()
    warm_up = pictures[0].data
    _progress("starting the servers")
    own = stack.enter_context(site(folder, options.bundle, warm_up))
    servers = [own]
    if options.baseline_url:
        servers.append(running(options.baseline_url))
    elif options.baseline:
        other = baseline(
            options.baseline, options.baseline_python, folder, options.bundle, warm_up
        )
        servers.append(stack.enter_context(other))
    floor = stack.enter_context(bare_floor(options.bundle, CORES))
    subjects = [*map(server_subject, servers), floor_subject(floor)]
    results = measure(subjects, pictures, options.rounds, _progress)
    pair = stack.enter_context(bare_floor(options.bundle, CORES, threads=2))
    others = [*_callers(own), floor_subject(pair, "floor on two threads each")]
    callers = measure(others, pictures[:2], options.rounds, _progress)
    bulk = measure_bulk(
        folder / "files", options.bundle, pictures, floor, options.rounds, _progress
    )
    _progress("timing the parts of a request")
    path = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.request_path"],
        cwd=ROOT,
        env={**os.environ, "DETECTOR_BUNDLE": str(options.bundle)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    bursts = [burst for found in results.values() for burst in found]
    parts = [
        report.machine_line(options.rounds, together(bursts).others),
        report.server_table(servers),
        report.ratio_table(results, pictures),
        report.load_table(results, pictures),
        report.load_table(callers, pictures[:2]),
        report.bulk_table(bulk),
        path.strip(),
    ]
    return "\n\n".join(parts)


def _soak(options: Namespace, folder: Path, stack: ExitStack) -> str:
    pictures = draw_pictures()
    # Workers that are replaced now and then would hide a leak.
    forever = "--max-requests", "0"
    own = stack.enter_context(site(folder, options.bundle, pictures[0].data, *forever))
    return report.soak_table(soak(own, pictures, options.soak, CAPACITY, _progress))


def _callers(own: Server) -> list[Subject]:
    """Kinds of requests to the site: with a token, and answered from the store."""
    return [
        server_subject(own, name="site, anonymous"),
        server_subject(own, name="site, with a token", token=own.token),
        server_subject(own, name="site, the same bytes again", repeated=True),
    ]


def _parse() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument(
        "--bundle",
        type=Path,
        default=ROOT / "classifier" / "bundles" / "default",
        help="The model that all sides run.",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="An ASGI application `app` to compare with, served by uvicorn.",
    )
    parser.add_argument(
        "--baseline-python",
        default=sys.executable,
        metavar="PYTHON",
        help="The Python that has the packages of the baseline.",
    )
    parser.add_argument(
        "--baseline-url", metavar="URL", help="A server to compare with that runs."
    )
    parser.add_argument(
        "--soak",
        type=int,
        metavar="MINUTES",
        help="Only this: send twice as much as the site takes, for so many minutes.",
    )
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="Put the tables into this page too."
    )
    return parser.parse_args()


def _progress(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
