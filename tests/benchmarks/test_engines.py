"""Engines are left out with a reason, and measured in processes of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines import runners
from benchmarks.engines.candidates import CANDIDATES, REFERENCE, choose, installed_mb
from benchmarks.engines.command import COMMAND, Measured, cost_table
from benchmarks.engines.files import Sources, onnx_int8, shipped_onnx
from benchmarks.engines.trials import trial
from benchmarks.report import marks
from benchmarks.servers import ROOT
from classifier.inference.bundle import load_bundle
from classifier.inference.preprocessing import scale_pixels
from tests.bundles import tiny_bundle


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    noise = np.random.default_rng(0)
    views = noise.integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    return Sources(
        load_bundle(tiny_bundle(tmp_path / "bundle", size=64)), tmp_path, views
    )


def test_an_engine_that_is_not_installed_is_left_out_with_a_sentence() -> None:
    missing = replace(REFERENCE, name="Nobody's", module="nobodys_engine")

    chosen, skipped = choose([REFERENCE, missing], pictures=True)

    assert chosen == [REFERENCE]
    assert "Nobody's is left out: nobodys_engine is not installed." in skipped[0]
    assert (ROOT / skipped[0].rsplit(" ", 1)[1]).is_file()


def test_what_is_calibrated_needs_pictures() -> None:
    calibrated = replace(REFERENCE, calibrated=True)

    chosen, skipped = choose([calibrated], pictures=False)

    assert not chosen
    assert "--data" in skipped[0]


def test_every_candidate_has_a_name_of_its_own() -> None:
    assert len({candidate.name for candidate in CANDIDATES}) == len(CANDIDATES)


def test_the_disk_space_of_a_package_is_that_of_its_files() -> None:
    assert 1 < installed_mb(["numpy"]) < 500
    assert np.isnan(installed_mb(["a-package-that-nobody-has"]))


def test_a_process_of_its_own_answers_like_the_engine(sources: Sources) -> None:
    path, views = shipped_onnx(sources), sources.folder / "views.npy"
    np.save(views, sources.calibration)
    expected = runners.onnx_runtime(path)(scale_pixels(sources.calibration))

    with trial(runners.onnx_runtime, path, size=64) as process:
        measured = Measured(REFERENCE, process, [process.time()])
        logits = process.logits(views)

    np.testing.assert_allclose(logits, expected, rtol=1e-5)
    assert process.grown_mb > 0
    assert REFERENCE.name in cost_table([measured])


def test_the_quantised_network_still_takes_and_gives_the_same(
    sources: Sources,
) -> None:
    batch = next(sources.batches())

    logits = runners.onnx_runtime(onnx_int8(sources))(batch)

    assert logits.shape == (1,)


def test_the_page_of_decisions_has_the_marks() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")

    assert all(mark in text for mark in marks(COMMAND))
