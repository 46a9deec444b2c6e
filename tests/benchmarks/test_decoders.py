"""Decoders are compared on the same upright pictures and the same scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.decoders.__main__ import COMMAND
from benchmarks.decoders.proof import (
    CACHE,
    Judged,
    comparison_tables,
    judge_originals,
    read_originals,
)
from benchmarks.decoders.timing import time_table, time_ways
from benchmarks.decoders.ways import (
    FULL,
    SITE,
    UnreadError,
    full_size,
    is_reduced,
    scale_factor,
    site,
)
from benchmarks.pictures import Picture
from benchmarks.report import marks
from benchmarks.servers import ROOT
from classifier.inference.bundle import load_bundle
from classifier.inference.detector import load_detector
from mltrain.manifest import DatasetError
from tests.bundles import tiny_bundle
from tests.images import (
    corners,
    encode,
    exif_with_orientation,
    jpeg,
    picture,
    plain,
    stored_turned,
)

WAYS = {SITE: site, FULL: full_size}


def no_webp(data: bytes) -> np.ndarray:
    """A decoder that knows JPEG alone."""
    if data.startswith(b"RIFF"):
        raise UnreadError
    return site(data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_full_size_is_upright_like_the_sites(orientation: int) -> None:
    turned = stored_turned(corners(), orientation)
    data = encode(turned, "PNG", exif=exif_with_orientation(orientation))

    np.testing.assert_array_equal(full_size(data), site(data))


def test_only_the_site_reduces_a_large_picture(tmp_path: Path) -> None:
    data = encode(picture(1500, 1400), "JPEG")
    (tmp_path / "large.jpg").write_bytes(data)

    assert site(data).shape == (700, 750, 3)
    assert full_size(data).shape == (1400, 1500, 3)
    assert is_reduced(tmp_path / "large.jpg")


@pytest.mark.parametrize("side", [671, 1343, 1344, 2688, 5376])
def test_the_scale_is_the_one_that_the_site_reads_at(side: int) -> None:
    data = encode(plain("red", side, side), "JPEG")

    assert side // scale_factor(side, side) == len(site(data))


def test_a_way_has_no_figure_for_what_it_does_not_read() -> None:
    pictures = [
        Picture("a JPEG", "jpg", jpeg()),
        Picture("a WebP", "webp", encode(picture(), "WEBP")),
    ]

    timings = time_ways({"all": site, "JPEG alone": no_webp}, pictures, rounds=2)

    assert len(timings["all"]["a WebP"]) == 2
    assert "a WebP" not in timings["JPEG alone"]
    assert time_table(timings).endswith(" |  |")


def test_originals_are_judged_by_every_way_and_through_the_cache(
    tmp_path: Path,
) -> None:
    originals = tmp_path / "originals"
    originals.mkdir()
    (originals / "large.jpg").write_bytes(encode(picture(1400, 1400), "JPEG"))
    (originals / "small.png").write_bytes(encode(picture(300, 200)))
    (originals / "broken.png").write_bytes(b"nothing")
    (originals / "originals.csv").write_text(
        "original,label,split\nlarge.jpg,ai,test\nsmall.png,human,test\n"
        "broken.png,human,test\n"
    )
    detector = load_detector(tiny_bundle(tmp_path / "bundle"))
    told: list[str] = []

    found = judge_originals(
        read_originals(originals), detector, WAYS, tmp_path / "cache", told.append
    )

    assert [(one.is_ai, one.reduced) for one in found] == [(True, True), (False, False)]
    assert all(one.logits.keys() == {SITE, FULL, CACHE} for one in found)
    assert found[1].logits[SITE] == found[1].logits[FULL]
    assert told[0].startswith("broken.png: ")


def test_the_table_compares_the_reduced_pictures_apart(tmp_path: Path) -> None:
    card = load_bundle(tiny_bundle(tmp_path)).card
    judged = [
        Judged(is_ai=True, reduced=True, logits={SITE: 9.0, FULL: 8.0}),
        Judged(is_ai=False, reduced=False, logits={SITE: -9.0, FULL: -9.0}),
    ]

    text = comparison_tables("test", judged, card)

    assert "2 originals of the test split, 1 of them" in text
    assert "| reduced | 1 | 100.0% | 1.0000 | 1.000 |" in text
    assert "| all | 2 | 100.0% | 0.5000 | 1.000 | 1.0000 | 1.0000 |" in text
    assert CACHE not in text


def test_a_list_without_the_originals_says_so(tmp_path: Path) -> None:
    (tmp_path / "originals.csv").write_text("path,label,split\na.png,ai,test\n")

    with pytest.raises(DatasetError, match="original"):
        read_originals(tmp_path)


def test_the_page_of_decisions_has_the_marks() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")

    assert all(mark in text for mark in marks(COMMAND))
