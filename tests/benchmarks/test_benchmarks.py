"""The load generator and the report count and write what they say."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import request_path
from benchmarks.client import Load, send
from benchmarks.flame import draw, sample
from benchmarks.pictures import Picture
from benchmarks.report import MAKE_BENCH, marks, write_between_marks
from benchmarks.rounds import quantile
from benchmarks.servers import ROOT
from classifier.inference.images import decode_image
from tests.images import encode, picture

BEGIN, END = marks(MAKE_BENCH)
# What the server answers in turn: a status, and whether with Retry-After.
Answer = tuple[int, bool]


@pytest.fixture
def answers() -> list[Answer]:
    return [(200, False)]


@pytest.fixture
def address(answers: list[Answer]) -> Iterator[str]:
    """A real server that reads each picture and gives the answers in turn."""
    turn = itertools.cycle(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, come_back = next(turn)
            self.send_response(status)
            if come_back:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the tests quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/predict"
        server.shutdown()


def burst(address: str, count: int, concurrency: int = 1) -> Load:
    return send(
        address,
        itertools.repeat(b"picture"),
        concurrency=concurrency,
        go_on=lambda sent: sent < count,
    )


def test_the_clients_together_send_as_many_as_asked_for(address: str) -> None:
    load = burst(address, count=10, concurrency=4)

    assert len(load.latencies) == 10
    assert load.errors == load.refused == 0


@pytest.mark.parametrize(
    ("answers", "refused", "errors"),
    [
        ([(200, False), (503, True)], 2, 0),
        ([(200, False), (429, True)], 2, 0),
        ([(200, False), (503, False)], 2, 2),
        ([(200, False), (500, False)], 0, 2),
    ],
)
def test_a_refusal_is_no_error_when_it_says_when_to_come_back(
    address: str, refused: int, errors: int
) -> None:
    load = burst(address, count=4)

    assert (len(load.latencies), load.refused, load.errors) == (2, refused, errors)


def test_a_server_that_is_not_there_is_an_error() -> None:
    load = burst("http://127.0.0.1:9/predict", count=2)

    assert load.errors == 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_has_other_bytes_each_time_and_the_same_pixels(kind: str) -> None:
    sent = Picture(kind, kind.lower(), encode(picture(64, 48), kind))
    first, second = sent.unique(), sent.unique()

    assert first != second
    decoded = [decode_image(data).pixels for data in (sent.data, first, second)]
    assert (decoded[0] == decoded[1]).all()
    assert (decoded[0] == decoded[2]).all()


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(range(1, 101), 0.95) == 95
    assert quantile([7], 0.99) == 7


def test_the_tables_replace_what_stood_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")

    write_between_marks(page, "new")

    assert page.read_text() == f"above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"


def test_a_page_without_marks_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks")

    with pytest.raises(ValueError, match="lacks the lines"):
        write_between_marks(page, "new")

    assert page.read_text() == "no marks"


def test_the_page_of_the_figures_has_the_marks() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert text.index(BEGIN) < text.index(END)


def test_a_flame_graph_shows_what_took_the_cpu() -> None:
    def root() -> None:
        image = Image.effect_noise((400, 400), 50)
        for _ in range(30):
            encode(image)

    stacks = sample(root, "root")

    assert any("encode" in name for stack in stacks for name in stack)
    assert "encode (tests/images.py)" in draw(stacks, "Encoding")


@pytest.mark.parametrize("path", request_path.PARTS.values())
def test_each_part_of_a_request_is_where_the_profile_looks_for_it(path: str) -> None:
    holder, name = request_path.find(path)

    assert callable(getattr(holder, name))
