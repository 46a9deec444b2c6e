"""pytest-benchmark: decode, view, network, heat map, preview, hash, provenance.

Kept out of the tests: a time is no verdict. Run it with `make microbench`.
"""

from __future__ import annotations

import hashlib

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.pictures import Picture, draw_pictures
from benchmarks.servers import ROOT
from classifier import provenance
from classifier.inference.detector import Detector, load_detector
from classifier.inference.heatmap import render_overlay
from classifier.inference.images import decode_image
from classifier.inference.preprocessing import to_model_input
from classifier.previews import render_preview

PICTURES = draw_pictures()


@pytest.fixture(params=PICTURES, ids=[picture.name for picture in PICTURES])
def picture(request: pytest.FixtureRequest) -> Picture:
    return request.param


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(ROOT / "classifier" / "bundles" / "default")


def test_decode(benchmark: BenchmarkFixture, picture: Picture) -> None:
    benchmark(decode_image, picture.data)


def test_view(
    benchmark: BenchmarkFixture, picture: Picture, detector: Detector
) -> None:
    pixels = decode_image(picture.data).pixels

    benchmark(to_model_input, pixels, detector.card.preprocessing)


def test_network(benchmark: BenchmarkFixture, detector: Detector) -> None:
    benchmark(detector.warm)


def test_detect(
    benchmark: BenchmarkFixture, picture: Picture, detector: Detector
) -> None:
    benchmark(detector.detect, picture.data)


def test_heat_map(benchmark: BenchmarkFixture, detector: Detector) -> None:
    benchmark(render_overlay, detector.detect(PICTURES[0].data))


def test_preview(benchmark: BenchmarkFixture, picture: Picture) -> None:
    benchmark(render_preview, decode_image(picture.data).pixels)


def test_hash(benchmark: BenchmarkFixture, picture: Picture) -> None:
    benchmark(lambda: hashlib.sha256(picture.data).hexdigest())


def test_provenance(benchmark: BenchmarkFixture, picture: Picture) -> None:
    benchmark(provenance.read, picture.data)
