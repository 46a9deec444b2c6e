"""A process has one detector, loaded when it is first needed."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from pytest_django import Settings

from classifier import detector_provider
from classifier.inference.bundle import CARD_NAME, ONNX_NAME
from classifier.inference.detector import Detector, load_detector
from classifier.inference.errors import (
    ImageRejected,
    ModelCorrupt,
    ModelUnavailable,
)
from tests.bundles import tiny_bundle, tiny_encoder, tiny_head_bundle
from tests.images import encode, plain


@pytest.fixture
def own_bundle(settings: Settings, tmp_path: Path) -> Path:
    """A bundle that no other test has loaded."""
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "own", name="own")
    return settings.DETECTOR_BUNDLE


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders of the bundles that were loaded since."""
    folders: list[Path] = []

    def counted(folder: Path, *arguments: object, **options: object) -> Detector:
        folders.append(folder)
        return load_detector(folder, *arguments, **options)

    monkeypatch.setattr(detector_provider, "load_detector", counted)
    return folders


def test_nothing_is_loaded_before_it_is_needed(own_bundle: Path) -> None:
    assert not detector_provider.is_loaded()

    detector_provider.get_detector()

    assert detector_provider.is_loaded()


def test_eight_threads_at_once_load_once(own_bundle: Path, loads: list[Path]) -> None:
    barrier = Barrier(8)

    def get(_: int) -> Detector:
        barrier.wait()
        return detector_provider.get_detector()

    with ThreadPoolExecutor(8) as pool:
        detectors = list(pool.map(get, range(8)))

    assert loads == [own_bundle]
    assert {id(detector) for detector in detectors} == {id(detectors[0])}


def test_the_limits_of_the_settings_hold(own_bundle: Path, settings: Settings) -> None:
    data = encode(plain("red", 10, 10))
    assert detector_provider.get_detector().detect(data).verdict == "ai"

    settings.MAX_IMAGE_PIXELS = 99

    with pytest.raises(ImageRejected):
        detector_provider.get_detector().detect(data)


def test_another_bundle_in_the_settings_is_loaded(
    own_bundle: Path, settings: Settings, tmp_path: Path
) -> None:
    detector_provider.get_detector()

    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "other", name="other")

    assert not detector_provider.is_loaded()
    assert detector_provider.get_detector().card.name == "other"


def test_a_bundle_that_arrives_later_is_found(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "late"
    with pytest.raises(ModelUnavailable):
        detector_provider.get_detector()

    tiny_bundle(tmp_path / "late")

    assert detector_provider.get_detector().card.name == "tiny"


def test_a_head_is_loaded_with_the_encoder_of_the_settings(
    settings: Settings, tmp_path: Path
) -> None:
    encoder = tiny_encoder(tmp_path / "encoder.onnx")
    settings.DETECTOR_BUNDLE = tiny_head_bundle(tmp_path / "head", encoder)
    with pytest.raises(ModelUnavailable):
        detector_provider.get_detector()

    settings.DETECTOR_ENCODER = encoder

    detection = detector_provider.get_detector().detect(encode(plain("red")))
    assert detection.verdict == "ai"


def test_a_damaged_bundle_is_refused_each_time(own_bundle: Path) -> None:
    (own_bundle / ONNX_NAME).write_bytes(b"damaged")

    for _ in range(2):
        with pytest.raises(ModelCorrupt):
            detector_provider.get_detector()
    assert not detector_provider.is_loaded()


def test_describing_reads_the_card_and_loads_no_network(
    own_bundle: Path, loads: list[Path]
) -> None:
    (own_bundle / ONNX_NAME).unlink()

    card = detector_provider.describe()

    assert card is not None
    assert card.name == "own"
    assert loads == []


def test_describing_what_is_loaded_needs_no_file(own_bundle: Path) -> None:
    loaded = detector_provider.get_detector()
    shutil.rmtree(own_bundle)

    assert detector_provider.describe() is loaded.card


@pytest.mark.parametrize("card", ["{", json.dumps({"format_version": 99})])
def test_a_card_that_cannot_be_read_is_described_as_none(
    own_bundle: Path, card: str
) -> None:
    (own_bundle / CARD_NAME).write_text(card, encoding="utf-8")

    assert detector_provider.describe() is None


def test_an_override_answers_inside_its_block_alone(
    own_bundle: Path, tmp_path: Path
) -> None:
    stand_in = load_detector(tiny_bundle(tmp_path / "stand-in", name="stand-in"))

    with detector_provider.override(stand_in):
        assert detector_provider.get_detector() is stand_in
        assert detector_provider.is_loaded()
        assert detector_provider.describe() is stand_in.card

    assert not detector_provider.is_loaded()
    assert detector_provider.get_detector().card.name == "own"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_loads_a_detector_of_its_own(own_bundle: Path) -> None:
    detector_provider.get_detector()
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        before = detector_provider.is_loaded()
        verdict = detector_provider.get_detector().detect(encode(plain("red"))).verdict
        os.write(writer, f"{before} {verdict}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        assert answer.read() == "False ai"
    os.waitpid(child, 0)

    assert detector_provider.is_loaded()
