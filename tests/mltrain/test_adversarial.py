"""Attacks raise a network's loss within their limits, and are measured on others."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from classifier.inference.bundle import load_bundle
from mltrain.attacks import ATTACK_NAMES, ATTACKS, Attack, to_attack
from mltrain.manifest import Sample
from mltrain.scores import read_scores
from tests.bundles import tiny_bundle
from tests.mltrain.datasets import manifest_folder

pytestmark = pytest.mark.training
GAIN = 8.0  # of `tests.keras_bundles.colour_bundle`


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.keras_bundles import colour_bundle

    return colour_bundle(tmp_path_factory.mktemp("colours"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return manifest_folder(tmp_path / "data", {"validation": 3, "test": 3})


def logits(views: np.ndarray) -> np.ndarray:
    """What the bundle's network answers."""
    return GAIN * (views[..., 0] - views[..., 2]).mean(axis=(1, 2))


@pytest.mark.parametrize("name", ["fgsm-1", "fgsm-8", "pgd-2", "pgd-8"])
def test_an_attack_raises_the_loss_within_its_limits(bundle: Path, name: str) -> None:
    from mltrain.adversarial import Attacker

    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3))
    views = (pixels / 255).astype(np.float32)
    labels = np.array([0, 1, 0, 1])

    moved = Attacker(bundle).attack(views, labels, ATTACKS[name])

    shift = logits(moved) - logits(views)
    assert (shift[labels == 1] < 0).all()
    assert (shift[labels == 0] > 0).all()
    assert np.abs(moved - views).max() <= ATTACKS[name].epsilon / 255 + 1e-6
    assert moved.min() >= 0
    assert moved.max() <= 1
    np.testing.assert_allclose(moved * 255, np.rint(moved * 255), atol=1e-4)


def test_the_gradient_sign_moves_the_logit_as_far_as_it_can(bundle: Path) -> None:
    from mltrain.adversarial import Attacker

    views = np.full((1, 32, 32, 3), 100 / 255, np.float32)

    moved = Attacker(bundle).attack(views, np.array([1]), Attack("fgsm", 4))

    assert logits(moved)[0] == pytest.approx(-GAIN * 2 * 4 / 255, rel=1e-3)


def run(command: str, *options: object) -> str:
    out = io.StringIO()
    call_command(command, *map(str, options), stdout=out)
    return out.getvalue()


def test_evaluation_shows_what_is_left_of_the_accuracy(
    bundle: Path, data: Path, tmp_path: Path
) -> None:
    text = run(
        "evaluate_model",
        *("--model", bundle, "--data", data, "--adversarial", 4),
        *("--json", tmp_path / "o.json", "--scores", tmp_path / "s.csv"),
    )

    assert "test, 4 attacked pictures" in text
    split = json.loads((tmp_path / "o.json").read_text())["splits"]["test"]
    assert list(split["adversarial"]) == ["clean", *ATTACK_NAMES]
    assert split["adversarial"]["clean"]["n"] == 4
    assert split["overall"]["n"] == 6
    assert "perturbations" not in split
    rows = read_scores(tmp_path / "s.csv")
    assert len(rows.where(perturbation="pgd-8 jpeg-60").rows) == 4
    for label, side in (("ai", 1), ("human", -1)):
        clean, attacked = (
            side * rows.where(label=label, perturbation=name).logits.mean()
            for name in ("clean", "pgd-8")
        )
        assert attacked < clean


def test_the_figures_under_attack_come_from_the_scores_again(
    bundle: Path, data: Path, tmp_path: Path
) -> None:
    scores = tmp_path / "scores.csv"
    first = run(
        *("evaluate_model", "--model", bundle, "--data", data),
        *("--adversarial", 4, "--scores", scores),
    )

    assert run("evaluate_model", "--model", bundle, "--from-scores", scores) == first


def test_comparison_shows_the_attacks_on_one_model_to_the_others(
    bundle: Path, data: Path, tmp_path: Path
) -> None:
    other = tiny_bundle(tmp_path / "other", name="other")

    text = run(
        *("compare_models", "--models", bundle, other, "--data", data),
        *("--engines", "onnx", "--rounds", 1, "--adversarial", 4),
        *("--html", tmp_path / "r.html", "--update-cards"),
    )

    assert "attacked through colours 1.0: pgd-8" in text
    assert "attacked through other" not in text
    page = (tmp_path / "r.html").read_text()
    assert "Attacks through colours 1.0" in page
    assert "<figcaption>PGD, then jpeg-60" in page
    assert "adversarial" in load_bundle(bundle).card.metrics["test"]
    assert "### test, attacked pictures" in (bundle / "MODEL_CARD.md").read_text()
    assert "adversarial" not in load_bundle(other).card.metrics["test"]


def test_a_model_without_gradients_says_how_to_attack_it(
    data: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="compare_models --adversarial"):
        run(
            *("evaluate_model", "--model", tiny_bundle(tmp_path / "onnx")),
            *("--data", data, "--adversarial"),
        )


def test_the_attacked_pictures_are_half_of_each_class_and_spread() -> None:
    samples = [
        Sample(Path(f"{i}"), f"{i}", "ai" if i < 80 else "human", "test", f"{i}")
        for i in range(100)
    ]

    chosen = to_attack(samples, 20)

    assert sum(sample.label == "ai" for sample in chosen) == 10
    assert [s.name for s in chosen if s.label == "ai"][:3] == ["0", "8", "16"]
    assert len(to_attack(samples, 500)) == 100
