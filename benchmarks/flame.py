"""A flame graph by CPU time, which a busy machine does not distort."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from xml.sax.saxutils import escape

Stack = tuple[str, ...]

INTERVAL_SECONDS = 0.002
NAMESPACE = "http://www.w3.org/2000/svg"
FONT = 'font-family="monospace" font-size="11"'
WIDTH, ROW, MARGIN = 1200, 18, 24
CHARACTER = 6.6
SMALLEST = 0.004
# Wrappers that stand between any two middlewares and say nothing.
SKIPPED = {"inner", "__call__ deprecation.py", "<module>"}
COLOURS = {"classifier": "#f2b880", "PIL": "#f7d794", "capi/onnx": "#ef9a8b"}
OTHER_COLOUR = "#d6dbe1"


def sample(function: Callable[[], None], root: str) -> Counter[Stack]:
    """Stacks below the function named `root` → seconds of CPU, while `function` runs.

    A signal comes after each stretch of CPU time, but Python takes it only between two
    of its instructions. So each stack is charged with the time since the last one:
    what a call into C took is counted whole, for its caller.
    """
    found: Counter[Stack] = Counter()
    last = time.thread_time()

    def take(_: int, frame: FrameType | None) -> None:
        nonlocal last
        elapsed = time.thread_time() - last
        found[_stack(frame, root)] += elapsed  # type: ignore[assignment]
        last = time.thread_time()  # what this function took is nobody's

    before = signal.signal(signal.SIGPROF, take)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    try:
        function()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    del found[()]  # outside `root`
    return found


def draw(stacks: Counter[Stack], title: str) -> str:
    """The stacks as a picture: callers above, and as wide as what they took."""
    whole = sum(stacks.values())
    boxes = list(_boxes(stacks, (), 0.0, whole))
    depth = max(len(stack) for stack, *_ in boxes)
    height = MARGIN + ROW * depth + 4
    svg = f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {WIDTH} {height}" {FONT}>'
    lines = [
        svg,
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="4" y="16" font-size="13">{escape(title)}</text>',
    ]
    lines += [_box(stack, left / whole, share / whole) for stack, left, share in boxes]
    return "\n".join([*lines, "</svg>\n"])


def _stack(frame: FrameType | None, root: str) -> Stack:
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        if code.co_filename == __file__ and code.co_name == "take":
            return ()  # a signal that came while another was being taken
        if code.co_name == root:
            return tuple(reversed(names))
        path = Path(code.co_filename)
        if not {code.co_name, f"{code.co_name} {path.name}"} & SKIPPED:
            package = "/".join(path.parts[-2:])
            names.append(f"{code.co_qualname} ({package})")
        frame = frame.f_back
    return ()


def _boxes(
    stacks: Counter[Stack], above: Stack, left: float, whole: float
) -> Iterator[tuple[Stack, float, float]]:
    """(stack, where it begins, how wide it is) of every wide enough one, in seconds."""
    children: Counter[str] = Counter()
    for stack, seconds in stacks.items():
        if len(stack) > len(above) and stack[: len(above)] == above:
            children[stack[len(above)]] += seconds  # type: ignore[assignment]
    for name, seconds in sorted(children.items()):
        if seconds >= SMALLEST * whole:
            yield (*above, name), left, seconds
            yield from _boxes(stacks, (*above, name), left, whole)
        left += seconds


def _box(stack: Stack, left: float, share: float) -> str:
    name = stack[-1]
    x, width = left * WIDTH, share * WIDTH
    y = MARGIN + ROW * (len(stack) - 1)
    colour = next(
        (value for key, value in COLOURS.items() if f"({key}" in name), OTHER_COLOUR
    )
    if "inference/" in name or "provenance/" in name:
        colour = COLOURS["classifier"]
    shown = (
        escape(name[: int((width - 4) / CHARACTER)]) if width > 3 * CHARACTER else ""
    )
    return (
        f"<g><title>{escape(name)}: {share:.1%}</title>"
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" '
        f'fill="{colour}"/><text x="{x + 2:.1f}" y="{y + 13}">{shown}</text></g>'
    )
