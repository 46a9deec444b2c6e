"""`manage.py rescore`: a new model's answers beside the old ones."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from classifier.detector_provider import get_detector
from classifier.models import Prediction, Source, Submission
from classifier.services import submission_create
from tests.bundles import tiny_bundle
from tests.images import encode, plain

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def new_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that calls grey pictures `ai`."""
    return tiny_bundle(tmp_path_factory.mktemp("new"), version="2.0", bias=9.0)


@pytest.fixture
def pictures(user: User) -> dict[str, Submission]:
    """A red and a grey picture of the user, judged by the first model."""
    return {colour: submit(user, colour) for colour in ("red", "grey")}


def submit(owner: User | None, colour: str) -> Submission:
    data = encode(plain(colour))
    name = f"{colour}.png"
    return submission_create(
        owner=owner, data=data, name=name, source=Source.PAGE
    ).submission


def rescore(bundle: Path, *arguments: str) -> str:
    output = io.StringIO()
    call_command(
        "rescore", "--bundle", str(bundle), *arguments, stdout=output, no_color=True
    )
    return output.getvalue()


def test_the_new_answer_stands_beside_the_old(
    pictures: dict[str, Submission], new_bundle: Path
) -> None:
    output = rescore(new_bundle)

    assert (
        "2 pictures judged by tiny 2.0 on their previews; 1 verdicts differ" in output
    )
    assert "Uncertain -> AI-generated: 1" in output
    answers = pictures["grey"].predictions.values_list("model_version", "scored_on")
    assert list(answers) == [("2.0", "preview"), ("1.0", "upload")]


def test_a_new_answer_has_a_heat_map_and_what_the_original_said(
    pictures: dict[str, Submission], new_bundle: Path
) -> None:
    statements = [{"source": "exif", "claim": "camera", "detail": "Taken with X."}]
    Prediction.objects.update(provenance=statements)

    rescore(new_bundle)

    newest = pictures["grey"].latest_prediction
    assert newest.heatmap.storage.exists(newest.heatmap.name)
    assert newest.provenance == statements
    assert newest.model_sha256


def test_a_second_run_finds_nothing_to_do(
    pictures: dict[str, Submission], new_bundle: Path
) -> None:
    rescore(new_bundle)

    assert rescore(new_bundle).startswith("0 pictures judged")
    assert Prediction.objects.count() == 4


def test_a_run_that_was_cut_short_goes_on(
    pictures: dict[str, Submission], new_bundle: Path
) -> None:
    assert rescore(new_bundle, "--limit", "1").startswith("1 pictures judged")
    assert rescore(new_bundle).startswith("1 pictures judged")
    assert Prediction.objects.count() == 4


def test_a_dry_run_counts_and_stores_nothing(
    pictures: dict[str, Submission], new_bundle: Path, settings: Settings
) -> None:
    files = set(Path(settings.MEDIA_ROOT).rglob("*"))

    output = rescore(new_bundle, "--dry-run")

    assert "2 pictures would be judged" in output
    assert "1 verdicts differ" in output
    assert Prediction.objects.count() == 2
    assert set(Path(settings.MEDIA_ROOT).rglob("*")) == files


def test_the_model_of_the_site_has_nothing_to_rescore(
    pictures: dict[str, Submission], settings: Settings
) -> None:
    assert rescore(settings.DETECTOR_BUNDLE).startswith("0 pictures judged")


def test_anonymous_pictures_are_not_kept_so_not_rescored(new_bundle: Path) -> None:
    submit(None, "grey")

    assert rescore(new_bundle).startswith("0 pictures judged")


def test_a_preview_that_is_gone_stops_nothing(
    pictures: dict[str, Submission], new_bundle: Path
) -> None:
    preview = pictures["red"].preview
    preview.storage.delete(preview.name)

    output = rescore(new_bundle)

    assert output.startswith("1 pictures judged")
    assert "1 previews could not be read." in output


def test_a_model_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no model"):
        rescore(tmp_path / "nothing")


def test_a_flip_is_marked_in_history_page_and_api(
    pictures: dict[str, Submission], new_bundle: Path, user_client: Client
) -> None:
    rescore(new_bundle)

    history = user_client.get("/accounts/history/").content.decode()
    assert history.count("Was “Uncertain”") == 1

    grey = pictures["grey"]
    page = user_client.get(grey.get_absolute_url()).content.decode()
    assert "tiny 1.0 had said “Uncertain”" in page
    assert "about the stored preview" in page

    row = user_client.get(f"/api/v1/history/{grey.pk}/").json()
    assert row["label"] == "ai"
    assert row["scored_on"] == "preview"
    assert row["flipped_from"]["label"] == "uncertain"
    unflipped = user_client.get(f"/api/v1/history/{pictures['red'].pk}/").json()
    assert unflipped["flipped_from"] is None


def test_the_original_that_is_sent_again_is_judged_in_full(
    user: User,
    pictures: dict[str, Submission],
    new_bundle: Path,
    settings: Settings,
) -> None:
    rescore(new_bundle)
    settings.DETECTOR_BUNDLE = new_bundle

    data = encode(plain("grey"))
    answer = submission_create(owner=user, data=data, name="a", source=Source.PAGE)

    assert not answer.cached
    assert answer.submission == pictures["grey"]
    assert answer.submission.latest_prediction.scored_on == "upload"
    assert get_detector().card.version == "2.0"


def test_in_the_background_without_workers_it_is_done_at_once(
    pictures: dict[str, Submission], new_bundle: Path, settings: Settings
) -> None:
    settings.DETECTOR_BUNDLE = new_bundle
    output = io.StringIO()

    call_command("rescore", "--background", stdout=output, no_color=True)
    call_command("rescore", "--background", stdout=output, no_color=True)

    assert output.getvalue().splitlines() == [
        "0 pictures handed to the workers, 2 judged here.",
        "0 pictures handed to the workers, 0 judged here.",
    ]
    assert Prediction.objects.filter(model_version="2.0").count() == 2


def test_workers_know_only_the_model_of_the_settings(new_bundle: Path) -> None:
    with pytest.raises(CommandError, match="leave out --bundle"):
        rescore(new_bundle, "--background")
