"""`compare_models` measures alike and picks by its rule, on validation alone."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from classifier.inference.bundle import load_bundle, write_card
from mltrain.choice import Measurement, Rule, choose
from mltrain.compare import compare
from mltrain.scores import Scores, read_scores
from tests.bundles import tiny_bundle, tiny_encoder, tiny_head_bundle
from tests.mltrain.datasets import class_folders, manifest_folder
from tests.mltrain.kept_scores import turn_logits


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return manifest_folder(tmp_path / "data", {"validation": 4, "test": 3, "unseen": 3})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "good", name="good")


@pytest.fixture
def biased(tmp_path: Path) -> Path:
    """Calls every picture AI."""
    return tiny_bundle(tmp_path / "biased", name="biased", bias=50.0)


def run(models: list[Path], data: Path, *options: str) -> str:
    out = io.StringIO()
    call_command(
        "compare_models",
        "--models",
        *map(str, models),
        "--data",
        str(data),
        "--engines",
        "onnx",
        "--rounds",
        "3",
        *options,
        stdout=out,
    )
    return out.getvalue()


def cells(text: str, title: str) -> list[str]:
    line = next(x for x in text.splitlines() if x.startswith(title))
    return line.removeprefix(title).split()


def measured(
    name: str, accuracy: float | None, ms: float = 10.0, megabytes: float = 5.0
) -> Measurement:
    """A measurement with this balanced accuracy on each tier of validation."""
    tiers = {tier: {"balanced_accuracy": accuracy} for tier in ("clean", "web", "hard")}
    return Measurement(
        name=name,
        card=None,  # type: ignore[arg-type]
        scores=Scores(rows=()),
        report={"splits": {"validation": {"perturbations": tiers}}},
        megabytes={"onnx": megabytes},
        milliseconds={"onnx": ms, "keras": 3 * ms},
    )


def test_the_more_accurate_model_is_picked_and_the_reason_printed(
    good: Path, biased: Path, data: Path
) -> None:
    text = run([biased, good], data)

    assert cells(text, "test: accuracy") == ["0.5000", "1.0000"]
    assert cells(text, "unseen: balanced accuracy") == ["0.5000", "1.0000"]
    assert cells(text, "validation: balanced, tier hard") == ["0.5000", "1.0000"]
    assert all(
        float(ms) < 1000 for ms in cells(text, "ms per picture, onnx (one thread)")
    )
    assert "good 1.0: robust accuracy 100.0%, the best" in text
    assert str(Rule()) in text


def test_among_equals_the_fastest_wins() -> None:
    choice = choose(
        [measured("slow", 0.905, ms=30), measured("fast", 0.90, ms=8)], Rule()
    )

    assert choice.name == "fast"
    assert "equal within the tolerance to slow (90.5%)" in choice.reason


def test_beyond_the_tolerance_accuracy_wins() -> None:
    choice = choose(
        [measured("slow", 0.95, ms=30), measured("fast", 0.90, ms=8)], Rule()
    )

    assert choice.name == "slow"


def test_too_slow_or_too_large_models_lose_unless_all_are() -> None:
    slow = measured("slow", 0.95, ms=80)
    large = measured("large", 0.95, megabytes=90)
    fit = measured("fit", 0.80)

    choice = choose([slow, large, fit], Rule())
    assert choice.name == "fit"
    assert "Too slow or too large: slow, large" in choice.reason

    assert choose([slow], Rule()).name == "slow"


def test_without_both_classes_on_validation_none_is_picked() -> None:
    assert choose([measured("a", None)], Rule()).name is None


def test_figures_on_test_and_unseen_cannot_change_the_choice(
    good: Path, biased: Path, data: Path
) -> None:
    # On test every human picture is replaced by an AI one: the biased model shines.
    for split in ("test", "unseen"):
        for index in range(3):
            source = data / f"images/{split}-ai-{index}.png"
            target = data / f"images/{split}-human-{index}.png"
            target.write_bytes(source.read_bytes())

    assert "good 1.0: robust accuracy" in run([biased, good], data)


def test_models_that_are_tried_can_be_compared_on_validation_alone(
    good: Path, biased: Path, data: Path
) -> None:
    text = run([biased, good], data, "--split", "validation")

    assert cells(text, "validation: accuracy") == ["0.5000", "1.0000"]
    assert "unseen:" not in text
    assert "test:" not in text


def test_the_report_is_one_page_with_plots_and_no_other_file(
    good: Path, tmp_path: Path, data: Path
) -> None:
    odd = tiny_bundle(tmp_path / "odd", name="<script>alert(1)</script>")

    html = str(tmp_path / "r.html")
    run([good, odd], data, "--html", html, "--robustness", "--limit", "2")

    page = (tmp_path / "r.html").read_text()
    assert "<script" not in page
    assert "http" not in page
    assert "src=" not in page
    for title in ("ROC", "Reliability", "Robustness: tiers", "Robustness: jpeg"):
        assert f"<figcaption>{title}" in page
    # Three splits, each with ROC, reliability, the tiers and eight curves.
    assert page.count("<svg") == 3 * 11
    assert "Decisions at the threshold 0.5" in page


def test_learning_curves_are_drawn_from_the_cards(
    good: Path, tmp_path: Path, data: Path
) -> None:
    history = [{"epoch": 1, "auroc": 0.8}, {"epoch": 2, "auroc": 0.9}]
    card = load_bundle(good).card
    write_card(good, replace(card, training={"history": history}))

    run([good], data, "--html", str(tmp_path / "r.html"))

    assert "Learning: AUROC on validation" in (tmp_path / "r.html").read_text()


def test_two_models_of_one_name_are_told_apart_by_their_folders(
    good: Path, tmp_path: Path, data: Path
) -> None:
    text = run([good, tiny_bundle(tmp_path / "twin", name="good")], data)

    assert f"good 1.0 ({good})" in text


def test_models_of_different_seeds_are_measured_on_the_same_pictures(
    good: Path, tmp_path: Path
) -> None:
    other = tiny_bundle(tmp_path / "other", name="other")
    for folder, seed in ((good, 1), (other, 2)):
        card = load_bundle(folder).card
        write_card(folder, replace(card, training={"config": {"seed": seed}}))
    class_folders(tmp_path / "loose", "ai", "human", each=30)

    comparison = compare([good, other], tmp_path / "loose", engines=["onnx"], rounds=1)

    one, two = (
        [(row.name, row.split, row.logit) for row in measured.scores.rows]
        for measured in comparison.measurements
    )
    assert one == two


def test_a_head_on_an_encoder_is_measured_beside_the_others(
    good: Path, data: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.DETECTOR_ENCODER = tiny_encoder(tmp_path / "encoder.onnx")
    accurate = tiny_head_bundle(tmp_path / "accurate", settings.DETECTOR_ENCODER)

    text = run([good, accurate], data)

    assert cells(text, "test: accuracy") == ["1.0000", "1.0000"]
    assert len(cells(text, "ms per picture, onnx (one thread)")) == 2
    assert all(float(size) >= 0 for size in cells(text, "MB, onnx"))


def test_the_average_of_two_models_is_measured_and_never_picked(
    good: Path, biased: Path, data: Path
) -> None:
    text = run([biased, good], data, "--average", str(biased), str(good))

    # The biased one's logit is 50 too high on every picture, which calibration of the
    # average cannot undo: it only divides.
    assert cells(text, "validation: AUROC") == ["1.0000", "1.0000", "1.0000"]
    assert cells(text, "test: accuracy") == ["0.5000", "1.0000", "0.5000"]
    times = list(map(float, cells(text, "ms per picture, onnx (one thread)")))
    assert times[2] == pytest.approx(times[0] + times[1], abs=0.11)
    assert "good 1.0: robust accuracy 100.0%, the best" in text


def test_an_average_needs_models_that_are_compared(
    good: Path, biased: Path, data: Path
) -> None:
    with pytest.raises(CommandError, match="two of the folders"):
        run([good], data, "--average", str(good), str(biased))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "scores"


def test_kept_scores_are_used_again(good: Path, data: Path, kept: Path) -> None:
    first = run([good], data, "--scores", str(kept))
    turn_logits(kept)

    again = run([good], data, "--scores", str(kept))

    assert cells(first, "test: accuracy") == ["1.0000"]
    assert cells(again, "test: accuracy") == ["0.0000"]


def test_scores_that_evaluate_model_wrote_are_used_and_kept(
    good: Path, data: Path, kept: Path
) -> None:
    kept.mkdir()
    call_command(
        "evaluate_model",
        *("--model", str(good), "--data", str(data), "--split", "test"),
        *("--robustness", "--scores", str(kept / "good-10.csv")),
        stdout=io.StringIO(),
    )
    turn_logits(kept)
    before = read_scores(kept / "good-10.csv").rows

    text = run([good], data, "--scores", str(kept))

    assert cells(text, "test: accuracy") == ["0.0000"]
    assert cells(text, "validation: accuracy") == ["1.0000"]
    assert set(before) < set(read_scores(kept / "good-10.csv").rows)


def test_labels_and_splits_are_the_datasets_and_not_the_kept_scores(
    good: Path, data: Path, kept: Path
) -> None:
    run([good], data, "--scores", str(kept))
    rows = (data / "manifest.csv").read_text().splitlines()
    # A test picture moves to validation, and one label of test is turned.
    changed = [
        row.replace(",human,test,", ",human,validation,")
        if row.startswith("images/test-human-0.")
        else row.replace(",ai,test,", ",human,test,")
        if row.startswith("images/test-ai-0.")
        else row
        for row in rows
    ]
    (data / "manifest.csv").write_text("\n".join(changed))

    text = run([good], data, "--scores", str(kept))

    assert cells(text, "test: accuracy") == ["0.8000"]


def test_kept_scores_of_other_pictures_are_not_used(
    good: Path, data: Path, kept: Path
) -> None:
    run([good], data, "--scores", str(kept))
    for index in range(3):
        source = data / f"images/validation-human-{index}.png"
        (data / f"images/test-ai-{index}.png").write_bytes(source.read_bytes())

    text = run([good], data, "--scores", str(kept))

    assert cells(text, "test: accuracy") == ["0.5000"]


def test_models_of_one_name_and_version_keep_their_scores_apart(
    good: Path, data: Path, kept: Path, tmp_path: Path
) -> None:
    twin = tiny_bundle(tmp_path / "twin", name="good", bias=50.0)
    run([good], data, "--scores", str(kept))

    text = run([twin], data, "--scores", str(kept))

    assert cells(text, "test: accuracy") == ["0.5000"]
    assert len(list(kept.iterdir())) == 2


def test_pictures_that_were_not_scored_yet_are_added(
    good: Path, data: Path, kept: Path
) -> None:
    run([good], data, "--scores", str(kept), "--limit", "2")

    text = run([good], data, "--scores", str(kept))

    assert cells(text, "test: accuracy") == ["1.0000"]
    (scores,) = kept.iterdir()
    assert len(read_scores(scores).rows) == 20 * 3  # pictures, tiers


def test_worst_mistakes_are_shown_only_when_asked_for(
    biased: Path, tmp_path: Path, data: Path
) -> None:
    html = tmp_path / "r.html"
    run([biased], data, "--html", str(html))
    assert "<img" not in html.read_text()

    run([biased], data, "--html", str(html), "--thumbnails", "2")

    page = html.read_text()
    # Three splits with human-made pictures called AI; no AI picture was missed.
    assert page.count('src="data:image/jpeg;base64,') == 3 * 2
    assert page.count("human-made, AI probability 1.00") == 3 * 2
    assert "http" not in page


def test_the_cards_can_take_the_figures(good: Path, data: Path) -> None:
    run([good], data, "--update-cards")

    metrics = load_bundle(good).card.metrics
    assert set(metrics) == {"validation", "test", "unseen"}
    assert metrics["test"]["perturbations"]["hard"]["accuracy"] == 1
    assert "### unseen, by source" in (good / "MODEL_CARD.md").read_text()


def test_an_unknown_split_says_which_there_are(good: Path, data: Path) -> None:
    with pytest.raises(CommandError, match="it has validation, test, unseen"):
        run([good], data, "--split", "phone")
