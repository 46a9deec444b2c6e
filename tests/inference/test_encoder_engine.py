"""A head on a frozen encoder answers as any bundle, and only with its own encoder."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from classifier.inference.bundle import (
    CARD_NAME,
    HEAD_NAME,
    load_bundle,
    sha256_of,
    write_card,
)
from classifier.inference.detector import Detector, load_detector
from classifier.inference.encoder import ImageEncoder
from classifier.inference.encoder_engine import EncoderHead
from classifier.inference.errors import (
    ModelCorrupt,
    ModelIncompatible,
    ModelUnavailable,
)
from tests.bundles import tiny_bundle, tiny_encoder, tiny_head_bundle
from tests.images import encode, jpeg, plain


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return tiny_encoder(tmp_path / "encoder.onnx")


@pytest.fixture
def bundle(tmp_path: Path, encoder: Path) -> Path:
    return tiny_head_bundle(tmp_path / "accurate", encoder)


@pytest.fixture
def detector(bundle: Path, encoder: Path) -> Detector:
    return load_detector(bundle, encoder=encoder)


@pytest.mark.parametrize(("colour", "verdict"), [("red", "ai"), ("blue", "human")])
def test_it_judges_as_any_detector_does(
    detector: Detector, colour: str, verdict: str
) -> None:
    assert detector.detect(encode(plain(colour))).verdict == verdict


def test_the_mean_of_the_map_is_the_logit(detector: Detector) -> None:
    detection = detector.detect(jpeg(200, 150, seed=3))

    assert detection.activation_map.shape == (2, 2)
    assert detection.activation_map.std() > 0
    assert detection.activation_map.mean() == pytest.approx(detection.logit, abs=1e-4)


def test_the_map_is_high_where_the_evidence_is(detector: Detector) -> None:
    picture = plain("blue", 64, 64)
    picture.paste("red", (32, 0, 64, 32))

    cells = detector.detect(encode(picture)).activation_map

    assert cells[0, 1] > 0 > cells[1, 0]


def test_a_picture_is_judged_alike_alone_and_among_others(detector: Detector) -> None:
    views = np.random.default_rng(0).random((3, 32, 32, 3), dtype=np.float32)

    together = detector.engine.run(views).logits

    alone = [float(detector.engine.run(view[None]).logits[0]) for view in views]
    assert together == pytest.approx(alone)


def test_every_part_of_the_encoding_counts_in_the_logit(encoder: Path) -> None:
    view = np.random.default_rng(1).random((32, 32, 3), dtype=np.float32)
    encoding = ImageEncoder(encoder).encode(view)
    weights = np.arange(12, dtype=np.float32)

    logit, cells = EncoderHead(weights, 0.5).judge(encoding)

    assert logit == pytest.approx(encoding.vector() @ weights + 0.5, rel=1e-5)
    assert cells.mean() == pytest.approx(logit, rel=1e-5)


def test_the_encoder_is_found_in_its_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "some_encoder"
    encoder = tiny_encoder(package / "models" / "encoder.onnx")
    (package / "__init__.py").write_text("raise RuntimeError('never imported')")
    monkeypatch.syspath_prepend(package.parent)
    bundle = tiny_head_bundle(tmp_path / "b", encoder, package="some_encoder")

    assert load_detector(bundle).detect(encode(plain("red"))).verdict == "ai"


@pytest.mark.parametrize("package", ["", "not_installed_anywhere"])
def test_without_its_encoder_it_says_what_to_install(
    tmp_path: Path, encoder: Path, package: str
) -> None:
    bundle = tiny_head_bundle(tmp_path / "b", encoder, package=package)

    with pytest.raises(ModelUnavailable, match=r"requirements-accurate\.txt"):
        load_detector(bundle)


def test_a_path_that_leads_nowhere_is_named(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no encoder at .*DETECTOR_ENCODER"):
        load_detector(bundle, encoder=tmp_path / "gone.onnx")


def test_another_encoder_than_the_pinned_one_is_refused(
    bundle: Path, tmp_path: Path
) -> None:
    other = tiny_encoder(tmp_path / "other.onnx", size=64)

    with pytest.raises(ModelCorrupt, match="sha256"):
        load_detector(bundle, encoder=other)


def test_a_damaged_head_is_refused(bundle: Path, encoder: Path) -> None:
    (bundle / HEAD_NAME).write_bytes(b"damaged")

    with pytest.raises(ModelCorrupt, match="sha256"):
        load_detector(bundle, encoder=encoder)


def test_a_vouched_file_that_holds_no_head_is_refused(
    bundle: Path, encoder: Path
) -> None:
    (bundle / HEAD_NAME).write_bytes(b"no arrays")
    card = load_bundle(bundle).card
    files = {HEAD_NAME: sha256_of(bundle / HEAD_NAME)}
    write_card(bundle, dataclasses.replace(card, files=files))

    with pytest.raises(ModelCorrupt, match="holds no head"):
        load_detector(bundle, encoder=encoder)


def test_a_head_for_other_vectors_is_refused(encoder: Path) -> None:
    encoding = ImageEncoder(encoder).encode(np.zeros((32, 32, 3), np.float32))

    with pytest.raises(ModelIncompatible, match="12 values"):
        EncoderHead(np.ones(20, np.float32), 0).judge(encoding)


def test_a_network_without_tokens_is_no_encoder(encoder: Path) -> None:
    network = onnx.load(encoder)
    del network.graph.output[1]
    onnx.save(network, encoder)

    with pytest.raises(ModelIncompatible, match="tokens"):
        ImageEncoder(encoder)


def test_there_is_no_keras_engine_for_it(bundle: Path, encoder: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no model\.keras"):
        load_detector(bundle, "keras", encoder=encoder)


def test_the_card_of_a_bundle_without_encoder_is_as_it_was(tmp_path: Path) -> None:
    card = tiny_bundle(tmp_path / "plain") / CARD_NAME

    assert "encoder" not in json.loads(card.read_text())
    assert load_bundle(card.parent).card.encoder is None


@pytest.mark.parametrize(
    "entry", ["x", {}, {"file": "../x.onnx", "sha256": "a" * 64}, {"file": "x"}]
)
def test_a_card_with_a_broken_encoder_entry_is_corrupt(
    bundle: Path, entry: object
) -> None:
    values = json.loads((bundle / CARD_NAME).read_text()) | {"encoder": entry}
    (bundle / CARD_NAME).write_text(json.dumps(values))

    with pytest.raises(ModelCorrupt):
        load_bundle(bundle)
