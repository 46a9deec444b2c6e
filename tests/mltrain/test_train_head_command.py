"""`train_head` makes a whole bundle from pictures and a frozen encoder."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from classifier.inference.bundle import load_bundle, sha256_of
from classifier.inference.detector import load_detector
from mltrain.encoder_head import fit_head, held_out_together
from mltrain.manifest import Sample
from tests.bundles import tiny_encoder
from tests.images import encode, plain
from tests.mltrain.datasets import manifest_folder


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return tiny_encoder(tmp_path / "encoder.onnx")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return manifest_folder(tmp_path / "data", {"train": 12, "validation": 6, "test": 4})


def run(data: Path, encoder: Path, output: Path, *options: object) -> str:
    out = io.StringIO()
    call_command(
        "train_head",
        "--allow-shortcuts",
        *("--data", str(data), "--encoder", str(encoder), "--output", str(output)),
        *("--image-size", "32", *map(str, options)),
        stdout=out,
    )
    return out.getvalue()


def test_the_bundle_judges_and_pins_its_encoder(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    text = run(data, encoder, tmp_path / "run", "--package", "some_package")

    bundle = tmp_path / "run" / "bundle"
    card = load_bundle(bundle).card
    assert card.encoder is not None
    assert card.encoder.sha256 == sha256_of(encoder)
    assert card.encoder.package == "some_package"
    assert (bundle / "MODEL_CARD.md").is_file()
    detector = load_detector(bundle, encoder=encoder)
    assert detector.detect(encode(plain("red"))).ai_probability > 0.5
    assert detector.detect(encode(plain("blue"))).ai_probability < 0.5
    assert f"Wrote {bundle}" in text


def test_it_is_calibrated_and_measured_as_every_model_is(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    run(data, encoder, tmp_path / "run")

    card = load_bundle(tmp_path / "run" / "bundle").card
    assert set(card.metrics) == {"validation", "test"}
    assert card.metrics["test"]["overall"]["n"] == 8
    assert card.metrics["test"]["overall"]["auroc"] == 1
    assert card.operating_point.false_positive_rate == 0
    assert card.dataset["counts"]["train"] == {"human": 12, "ai": 12}


def test_a_run_that_only_tries_something_leaves_the_test_split_alone(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    text = run(data, encoder, tmp_path / "run", "--no-test")

    assert set(load_bundle(tmp_path / "run" / "bundle").card.metrics) == {"validation"}
    assert not (tmp_path / "run" / "embeddings" / "test-0.npz").exists()
    assert "test: " not in text


def test_what_is_measured_is_what_the_engine_answers(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    run(data, encoder, tmp_path / "run")
    bundle = tmp_path / "run" / "bundle"
    measured = load_bundle(bundle).card.metrics["test"]["overall"]

    detector = load_detector(bundle, encoder=encoder)
    errors = [
        detector.detect(path.read_bytes()).ai_probability - ("-ai-" in path.name)
        for path in sorted((data / "images").glob("test-*.png"))
    ]

    assert np.mean(np.square(errors)) == pytest.approx(measured["brier"], rel=1e-3)


def test_a_second_run_makes_no_embedding_again(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    run(data, encoder, tmp_path / "run")
    kept = tmp_path / "run" / "embeddings"
    written = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}

    run(data, encoder, tmp_path / "run")

    assert {p.name: p.stat().st_mtime_ns for p in kept.iterdir()} == written
    assert set(written) == {
        "train-0.npz",
        "train-1.npz",
        "validation-0.npz",
        "test-0.npz",
    }


def test_the_policy_of_the_views_can_be_changed(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    run(data, encoder, tmp_path / "run", "--augment", "blur=1", "quality=70,90")

    card = load_bundle(tmp_path / "run" / "bundle").card
    policy = card.training["config"]["augmentation"]
    assert (policy["blur"], policy["quality"]) == (1.0, [70, 90])


def test_an_unknown_augmentation_is_named(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="Did you mean blur"):
        run(data, encoder, tmp_path / "run", "--augment", "blurr=1")


def test_embeddings_of_another_encoder_are_not_taken(
    data: Path, encoder: Path, tmp_path: Path
) -> None:
    run(data, encoder, tmp_path / "run")
    other = tiny_encoder(tmp_path / "other.onnx", size=64)

    with pytest.raises(CommandError, match="another encoder"):
        run(data, other, tmp_path / "run")


def test_an_encoder_that_is_not_there_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.onnx cannot be loaded"):
        run(data, tmp_path / "gone.onnx", tmp_path / "run")


def test_the_penalty_is_chosen_on_groups_that_were_held_out() -> None:
    """What tells the groups apart beats a weak cue, unless it is held out."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 4)
    labels = np.repeat(np.arange(60) % 2, 4)
    cue = labels[:, None] * 4 + rng.normal(0, 4, (240, 1))
    vectors = np.hstack([cue, rng.normal(0, 1, (60, 40))[groups]]).astype(np.float32)

    by_group = fit_head([vectors], labels, groups, strengths=(1e-5, 1e3))
    by_picture = fit_head([vectors], labels, np.arange(240), strengths=(1e-5, 1e3))

    assert by_group.strength < by_picture.strength


def test_generators_are_held_out_together_where_there_are_enough() -> None:
    def samples(generators: int) -> list[Sample]:
        return [
            Sample(Path(), f"{label}{i}", label, "train", f"g{label}{i}", *origin)
            for i in range(40)
            for label, origin in (
                ("ai", ("collection", f"generator{i % generators}")),
                ("human", (f"source{i % 9}", "")),
            )
        ]

    assert set(held_out_together(samples(8))) == {
        *(f"generator{i}" for i in range(8)),
        *(f"source{i}" for i in range(9)),
    }
    assert len(set(held_out_together(samples(3)))) == 80


def test_more_views_of_the_same_pictures_change_no_penalty() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(80) % 2
    vectors = (rng.normal(0, 1, (80, 5)) + labels[:, None]).astype(np.float32)

    once = fit_head([vectors], labels, np.arange(80), strengths=(1e-2,))
    thrice = fit_head([vectors] * 3, labels, np.arange(80), strengths=(1e-2,))

    np.testing.assert_allclose(once.weights, thrice.weights, rtol=1e-2)
