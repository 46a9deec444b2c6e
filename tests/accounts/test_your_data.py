"""What we hold on a person: shown, taken home, erased."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from PIL import Image
from pytest_django import (
    DjangoAssertNumQueries,
    DjangoCaptureOnCommitCallbacks,
    Settings,
)

from accounts.holdings import KINDS, Holding, holdings_of
from accounts.models import ApiToken, User
from accounts.webhooks import endpoint_create
from classifier.disputes import dispute_attach
from classifier.keeping import Keeps
from classifier.models import (
    Batch,
    Evidence,
    IdempotencyKey,
    Original,
    Source,
    Submission,
    UserLimits,
)
from classifier.services import submission_create
from classifier.sharing import share_create
from tests.accounts.confirming import confirm
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import make_dispute
from tests.classifier.test_keeping import located_jpeg
from tests.images import jpeg

pytestmark = pytest.mark.django_db

# Rows of a person that are not data about them, or that only staff have.
NOT_HELD = {
    "account.EmailConfirmation",
    "accounts.User_groups",
    "accounts.User_user_permissions",
    "admin.LogEntry",
}


@pytest.fixture
def rich(user: User) -> User:
    """Somebody of whom everything is held that can be."""
    user.keeps = Keeps.ORIGINAL
    user.save()
    submission = submission_create(
        owner=user, data=located_jpeg(), name="holiday.jpg", source=Source.PAGE
    ).submission
    dispute = make_dispute(submission)
    raw = SimpleUploadedFile("notes.raw", b"\0raw")
    dispute_attach(dispute=dispute, evidence=raw)
    share_create(submission=submission, with_picture=True)
    ApiToken.objects.create(user=user, name="newsroom script")
    endpoint_create(
        user=user, url="https://example.org/hook", events=["batch.finished"]
    )
    Batch.objects.create(owner=user, source=Source.API)
    IdempotencyKey.objects.create(owner=user, key="k", fingerprint="0" * 64)
    UserLimits.objects.create(user=user, daily_quota=5)
    return user


def held(user: User) -> dict[str, Holding]:
    return {holding.key: holding for holding in holdings_of(user=user)}


def archive(client: Client) -> zipfile.ZipFile:
    confirm(client)
    response = client.post("/accounts/data/download/")
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_every_table_with_rows_of_a_person_is_on_the_page() -> None:
    """A new table must be named in `accounts.holdings`, or here with a reason."""
    covered = {model._meta.label for kind in KINDS for model in kind.models}
    people = {User, Submission}
    ours = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model in people
    }

    assert ours - covered == NOT_HELD - {"account.EmailConfirmation"}


def test_the_page_counts_everything_with_its_bytes(
    rich: User, user_client: Client
) -> None:
    holdings = held(rich)

    counts = {key: holding.count for key, holding in holdings.items()}
    assert counts == {
        **dict.fromkeys(counts, 1),
        "authenticators": 0,
        "sessions": 0,
    }
    assert holdings["originals"].byte_size == len(located_jpeg())
    assert holdings["evidence"].byte_size == 4
    assert holdings["prints"].byte_size == 224
    assert holdings["previews"].byte_size > 0
    page = user_client.get("/accounts/data/").content.decode()
    for holding in holdings.values():
        assert holding.why in page


def test_nothing_of_a_stranger_is_counted(rich: User, stranger: User) -> None:
    counts = {key: holding.count for key, holding in held(stranger).items()}

    assert counts == {**dict.fromkeys(counts, 0), "account": 1}


def test_files_from_before_their_sizes_were_noted_make_a_lower_bound(
    rich: User,
) -> None:
    Submission.objects.update(preview_bytes=None)

    assert held(rich)["previews"].at_least
    assert not held(rich)["heatmaps"].at_least


def test_each_clock_names_its_setting_and_the_day(
    rich: User, settings: Settings
) -> None:
    settings.RETENTION_ORIGINALS_DAYS = 30
    settings.RETENTION_RESULTS_DAYS = 0
    Original.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))

    holdings = held(rich)

    assert "after 30 days (RETENTION_ORIGINALS_DAYS)" in holdings["originals"].clock
    assert "31 January 2026" in holdings["originals"].clock
    assert holdings["results"].clock == "Until you delete it."


def test_the_page_asks_the_database_the_same_however_long_the_history(
    user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        make_submission(owner=user)

    with django_assert_max_num_queries(20):
        holdings_of(user=user)


def test_the_choice_is_saved_and_concerns_the_next_picture(
    user: User, user_client: Client
) -> None:
    user_client.post("/accounts/data/", {"keeps": "hash"})

    upload = SimpleUploadedFile("a.jpg", jpeg())
    answer = user_client.post("/predict", {"file": upload}).json()

    assert answer["heatmap"] is None
    assert not Submission.objects.get().preview


def test_an_unknown_choice_is_refused(user: User, user_client: Client) -> None:
    user_client.post("/accounts/data/", {"keeps": "everything"})

    user.refresh_from_db()
    assert user.keeps == Keeps.PREVIEW


def test_the_archive_holds_everything(rich: User, user_client: Client) -> None:
    submission = Submission.objects.get()

    names = set(archive(user_client).namelist())

    evidence = submission.disputes.get().evidence.get()
    assert names == {
        *("README.txt", "account.json", "results.json"),
        f"previews/{submission.pk}.webp",
        f"heatmaps/{submission.latest_prediction.pk}.webp",
        f"originals/{submission.pk}.jpg",
        f"evidence/{evidence.pk}-notes.raw",
    }


def test_no_name_in_the_archive_leads_out_of_its_folder(
    rich: User, user_client: Client
) -> None:
    Evidence.objects.update(name="../../etc/cron.d/x\\y")

    names = archive(user_client).namelist()

    assert not [name for name in names if name.count("/") > 1 or "\\" in name]


def test_the_archive_is_sound_and_its_json_reads(
    rich: User, user_client: Client
) -> None:
    archived = archive(user_client)

    assert archived.testzip() is None
    account = json.loads(archived.read("account.json"))
    assert account["account"]["email"] == rich.email
    (result,) = json.loads(archived.read("results.json"))
    assert result["original_name"] == "holiday.jpg"
    assert len(result["predictions"]) == 1
    assert result["share_link"]["with_picture"]
    assert len(result["disputes"][0]["evidence"]) == 1


def test_the_archive_of_an_empty_account_reads_too(user_client: Client) -> None:
    assert json.loads(archive(user_client).read("results.json")) == []


def test_the_archive_holds_no_secret(rich: User, user_client: Client) -> None:
    archived = archive(user_client)

    text = archived.read("account.json").decode()
    token = ApiToken.objects.get()
    session = UserSession.objects.first()
    assert rich.password not in text
    assert token.digest not in text
    assert session is None or session.session_key not in text


def test_no_position_survives_in_the_pictures_of_the_archive(
    rich: User, user_client: Client
) -> None:
    archived = archive(user_client)
    pictures = [n for n in archived.namelist() if n.endswith((".webp", ".jpg"))]

    assert len(pictures) == 3
    for name in pictures:
        content = archived.read(name)
        assert b"Exif" not in content
        assert b"Canon" not in content
        assert not Image.open(io.BytesIO(content)).getexif()


def test_an_undecided_appeal_tells_nothing_of_its_reviewer(
    rich: User, user_client: Client
) -> None:
    text = archive(user_client).read("results.json").decode()

    assert "reviewer" not in text


def test_the_archive_leaves_lost_files_out(rich: User, user_client: Client) -> None:
    submission = Submission.objects.get()
    submission.preview.storage.delete(submission.preview.name)

    assert f"previews/{submission.pk}.webp" not in archive(user_client).namelist()


def test_a_stranger_gets_an_archive_without_the_pictures_of_others(
    rich: User, stranger_client: Client
) -> None:
    assert set(archive(stranger_client).namelist()) == {
        "README.txt",
        "account.json",
        "results.json",
    }


def test_archives_are_limited(user_client: Client) -> None:
    confirm(user_client)
    url = "/accounts/data/download/"

    answers = [user_client.post(url).status_code for _ in range(7)]

    assert answers == [200] * 6 + [429]


def test_without_the_password_there_is_no_archive(user_client: Client) -> None:
    response = user_client.post("/accounts/data/download/")

    assert response["Location"].startswith("/accounts/reauthenticate/")


def test_erasing_takes_all_results_and_leaves_the_account(
    rich: User,
    stranger: User,
    user_client: Client,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    theirs = make_submission(owner=stranger)
    confirm(user_client)

    with django_capture_on_commit_callbacks(execute=True):
        form = {"what": "results", "sure": "on"}
        page = user_client.post("/accounts/data/erase/", form, follow=True)

    assert b"1 result is erased with all its files." in page.content
    assert list(Submission.objects.all()) == [theirs]
    files = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert files == []
    assert ApiToken.objects.filter(user=rich).exists()


def test_erasing_originals_leaves_the_results(
    rich: User,
    user_client: Client,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    confirm(user_client)

    with django_capture_on_commit_callbacks(execute=True):
        form = {"what": "originals", "sure": "on"}
        user_client.post("/accounts/data/erase/", form)

    assert Submission.objects.get().preview
    assert not Original.objects.exists()
    assert list((settings.MEDIA_ROOT / "originals").iterdir()) == []


@pytest.mark.parametrize("form", [{}, {"what": "results"}, {"sure": "on"}])
def test_nothing_is_erased_by_half_a_form(
    rich: User, user_client: Client, form: dict[str, str]
) -> None:
    confirm(user_client)

    user_client.post("/accounts/data/erase/", form)

    assert Original.objects.exists()


def test_after_five_minutes_the_password_is_asked_for_again(
    rich: User, user_client: Client, settings: Settings
) -> None:
    confirm(user_client)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = timedelta(0).total_seconds()

    form = {"what": "results", "sure": "on"}
    user_client.post("/accounts/data/erase/", form)

    assert Submission.objects.exists()
