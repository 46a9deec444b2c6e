"""`python -m benchmarks.first_page`: what the start page weighs and how soon it works.

A real Chromium loads it from the site as deployed, on a phone's line and processor as
Lighthouse assumes them: 1.6 Mbit/s, 150 ms to and fro, a quarter of the speed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.pictures import draw_pictures
from benchmarks.servers import ROOT, site

BUNDLE = ROOT / "classifier" / "bundles" / "default"
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
SLOWER = 4
# Told by the page itself: paints, and tasks of over 50 ms, in which it answers nobody.
TIMES = """() => new Promise((done) => {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries()))
    .observe({ type: "longtask", buffered: true });
  setTimeout(() => {
    const navigation = performance.getEntriesByType("navigation")[0];
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const painted = paint ? paint.startTime : NaN;
    const ready = navigation.domContentLoadedEventEnd;
    const ends = tasks.map((task) => task.startTime + task.duration);
    const blocked = tasks.map((task) => Math.max(0, task.duration - 50));
    done({
      painted,
      interactive: Math.max(painted, ready, ...ends),
      blocked: blocked.reduce((sum, each) => sum + each, 0),
    });
  }, 1500);
})"""


@dataclass(frozen=True)
class Load:
    """One load: bytes on the line by kind, and times in ms from its start."""

    kinds: dict[str, int]
    requests: int
    painted: float
    interactive: float
    blocked: float

    @property
    def total(self) -> int:
        """All bytes, headers included."""
        return sum(self.kinds.values())


def main() -> None:
    """Measure a first visit and the next, and print both."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        environment = {**os.environ, "STATIC_ROOT": f"{folder}/static"}
        environment |= {"DEBUG": "false", "SECRET_KEY": "only-to-collect-files" * 3}
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603
        with site(folder, BUNDLE, draw_pictures()[0].data) as server:
            loads = measure(server.address.removesuffix("predict"))
    sys.stdout.write(table(loads) + "\n")


def measure(address: str) -> list[Load]:
    """Two loads of the start page in a new browser: with an empty cache, and again."""
    executable = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        loads = _loads(browser, address)
        browser.close()
    return loads


def table(loads: list[Load]) -> str:
    """The figures as Markdown."""
    first, again = loads
    kinds = sorted(first.kinds, key=lambda kind: -first.kinds[kind])
    rows = [
        ("Requests", first.requests, again.requests),
        *(
            (f"{kind}, bytes", first.kinds[kind], again.kinds.get(kind, 0))
            for kind in kinds
        ),
        ("**In all, bytes**", first.total, again.total),
        ("First paint, ms", round(first.painted), round(again.painted)),
        ("Interactive, ms", round(first.interactive), round(again.interactive)),
        ("Blocked by long tasks, ms", round(first.blocked), round(again.blocked)),
    ]
    lines = ["| | First visit | Next visit |", "|---|---:|---:|"]
    lines += [f"| {name} | {one:,} | {two:,} |" for name, one, two in rows]
    return "\n".join(lines)


def _loads(browser: Browser, address: str) -> list[Load]:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return [_load(page, session, address) for _ in range(2)]


def _load(page: Page, session: CDPSession, address: str) -> Load:
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on(
        "Network.responseReceived",
        lambda event: kinds.__setitem__(event["requestId"], event["type"]),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.__setitem__(
            event["requestId"], round(event["encodedDataLength"])
        ),
    )
    page.goto(address, wait_until="networkidle")
    times = page.evaluate(TIMES)
    by_kind: dict[str, int] = {}
    for request, size in sizes.items():
        kind = kinds.get(request, "Other")
        by_kind[kind] = by_kind.get(kind, 0) + size
    sent = sum(1 for size in sizes.values() if size)
    return Load(
        kinds=by_kind,
        requests=sent,
        painted=times["painted"],
        interactive=times["interactive"],
        blocked=times["blocked"],
    )


if __name__ == "__main__":
    main()
