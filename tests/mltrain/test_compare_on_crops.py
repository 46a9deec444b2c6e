"""Models that see cuts are compared, and averaged, with those that see the whole."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mltrain.compare import Comparison, compare
from tests.bundles import tiny_bundle
from tests.mltrain.datasets import drawn, manifest_folder, save, write_csv
from tests.mltrain.kept_scores import turn_logits


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return manifest_folder(tmp_path / "data", {"validation": 2, "test": 2, "unseen": 1})


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "whole", name="whole")


@pytest.fixture
def native(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "native", name="native", bias=0.5)


def cut(data: Path, output: Path, crops: int = 1) -> Path:
    call_command(
        "crop_dataset",
        *("--data", str(data), "--output", str(output)),
        *("--size", "32", "--crops", str(crops)),
        stdout=io.StringIO(),
    )
    return output


def run(models: list[Path], data: Path, *options: object) -> str:
    out = io.StringIO()
    call_command(
        "compare_models",
        *("--models", *map(str, models), "--data", str(data)),
        *("--engines", "onnx", "--rounds", "1", *map(str, options)),
        stdout=out,
    )
    return out.getvalue()


def compared(models: list[Path], data: Path, crops: Path) -> Comparison:
    return compare(
        models,
        data,
        engines=["onnx"],
        rounds=1,
        crops=crops,
        on_crops=models[1:],
        averaged=models,
    )


def test_small_pictures_without_a_cut_are_left_out_of_every_column(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    for name in ("test-ai-0", "validation-human-1"):
        save(drawn(5, name.split("-")[1], (64, 20)), data / f"images/{name}.png")
    crops = cut(data, tmp_path / "cuts")

    comparison = compared([whole, native], data, crops)

    names = [{row.name for row in m.scores.rows} for m in comparison.measurements]
    assert names[0] == names[1] == names[2]
    assert len(names[0]) == 8
    assert not names[0] & {"images/test-ai-0.png", "images/validation-human-1.png"}
    assert comparison.note == (
        "All figures are of pictures that have a cut. Left out without one: "
        "validation 1 human-made and 0 AI, test 0 human-made and 1 AI."
    )


def test_the_average_is_the_mean_of_both_views_of_a_picture(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    comparison = compared([whole, native], data, cut(data, tmp_path / "cuts"))

    one, other, both = (
        {(r.name, r.perturbation): r.logit for r in m.scores.rows}
        for m in comparison.measurements
    )
    assert one != other
    cards = [m.card.temperature for m in comparison.measurements]
    for key, logit in both.items():
        mean = (one[key] / cards[0] + other[key] / cards[1]) / 2
        assert logit == pytest.approx(mean)


def test_several_cuts_of_a_picture_count_as_their_mean(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    crops = cut(data, tmp_path / "cuts", crops=2)
    alone = compare([native], crops, engines=["onnx"], rounds=1)
    single = {
        (r.name, r.perturbation): r.logit for r in alone.measurements[0].scores.rows
    }

    joint = compared([whole, native], data, crops).measurements[1]

    assert len(joint.scores.rows) * 2 == len(single)
    for row in joint.scores.rows:
        cuts = [single[f"{row.name}.crop{n}.jpg", row.perturbation] for n in (1, 2)]
        assert row.logit == pytest.approx(sum(cuts) / 2)


def test_the_command_shows_all_three_and_picks_what_the_site_can_serve(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    crops = cut(data, tmp_path / "cuts")
    page = tmp_path / "report.html"

    text = run(
        [whole, native],
        data,
        *("--crops", crops, "--on-crops", native),
        *("--average", whole, native, "--html", page, "--thumbnails", 1),
    )

    assert "native 1.0 on cuts" in text
    assert "average of whole and native" in text
    assert "whole 1.0: robust accuracy 100.0%, the only one in the race" in text
    assert "All figures are of pictures that have a cut." in text
    assert "All figures are of pictures that have a cut." in page.read_text()


def test_scores_that_evaluate_model_wrote_are_joined(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    crops = cut(data, tmp_path / "cuts")
    kept = tmp_path / "scores"
    kept.mkdir()
    for model, folder in ((whole, data), (native, crops)):
        call_command(
            "evaluate_model",
            *("--model", str(model), "--data", str(folder), "--split", "all"),
            *("--robustness", "--scores", str(kept / f"{model.name}-10.csv")),
            stdout=io.StringIO(),
        )
    turn_logits(kept)

    text = run(
        [whole, native],
        data,
        *("--crops", crops, "--on-crops", native, "--scores", kept),
        *("--average", whole, native),
    )

    accuracy = next(x for x in text.splitlines() if x.startswith("test: accuracy"))
    assert accuracy.split()[2:] == ["0.0000", "0.0000", "0.0000"]


def test_cuts_of_another_dataset_are_refused(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    other = manifest_folder(tmp_path / "other", {"validation": 2, "exam": 2})
    write_csv(other / "manifest.csv", renamed(other))

    with pytest.raises(CommandError, match="holds no cut of a picture of"):
        run(
            [whole, native],
            data,
            *("--crops", cut(other, tmp_path / "cuts"), "--on-crops", native),
        )


def renamed(folder: Path) -> list[list[str]]:
    """The manifest's rows, its pictures moved to names of their own."""
    lines = (folder / "manifest.csv").read_text().replace("images/", "others/")
    (folder / "images").rename(folder / "others")
    return [line.split(",") for line in lines.splitlines()]


def test_cuts_made_from_other_splits_are_refused(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    crops = cut(data, tmp_path / "cuts")
    manifest = data / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",unseen,", ",test,"))

    with pytest.raises(CommandError, match="Run crop_dataset again"):
        run([whole, native], data, "--crops", crops, "--on-crops", native)


def test_validation_needs_cuts_of_both_labels(
    whole: Path, native: Path, data: Path, tmp_path: Path
) -> None:
    for index in range(2):
        small = drawn(index, "ai", (64, 20))
        save(small, data / f"images/validation-ai-{index}.png")

    with pytest.raises(CommandError, match="labelled ai of the validation split"):
        run(
            [whole, native],
            data,
            *("--crops", cut(data, tmp_path / "cuts"), "--on-crops", native),
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--crops", "CUTS"), "give both"),
        (("--on-crops", "NATIVE"), "give both"),
        (("--crops", "CUTS", "--on-crops", "OTHER"), "given to --models"),
        (("--crops", "CUTS", "--on-crops", "NATIVE", "WHOLE"), "as --data"),
        (("--crops", "CUTS", "--on-crops", "NATIVE", "--adversarial", "2"), "Attacks"),
        (("--crops", "CUTS", "--on-crops", "NATIVE", "--update-cards"), "no card"),
    ],
)
def test_options_that_disagree_are_refused(
    whole: Path,
    native: Path,
    data: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    message: str,
) -> None:
    paths = {"CUTS": tmp_path, "NATIVE": native, "WHOLE": whole, "OTHER": data}

    with pytest.raises(CommandError, match=message):
        run([whole, native], data, *(paths.get(word, word) for word in options))
