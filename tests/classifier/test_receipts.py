"""A receipt is genuine or it is not, with the site and without it."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from classifier.models import Source, Submission
from classifier.receipts import (
    check_receipt,
    public_keys,
    receipt_for,
    verify_receipt,
)
from classifier.services import submission_create
from classifier.signing import ReceiptInvalid, key_set, keys_from_set, public_of, sign
from tests.accounts.submissions import make_submission
from tests.classifier.appeals import decided
from tests.images import encode, plain

pytestmark = pytest.mark.django_db

OTHER_KEY = bytes(range(32))


@pytest.fixture
def submission(user: User) -> Submission:
    return make_submission(owner=user)


def issue(submission: Submission) -> dict[str, Any]:
    return receipt_for(submission=submission, prediction=submission.latest_prediction)


def refusal(text: str) -> str:
    with pytest.raises(ReceiptInvalid) as error:
        verify_receipt(text, public_keys())
    return error.value.code


def test_a_receipt_names_the_file_the_answer_and_the_model(user: User) -> None:
    data = encode(plain("red"))
    answer = submission_create(
        owner=user, data=data, name="my name.png", source=Source.PAGE
    )

    receipt = issue(answer.submission)

    assert receipt["verdict"] == "ai"
    assert receipt["ai_probability"] == answer.prediction.ai_probability
    assert receipt["thresholds"] == {"ai": 0.7, "human": 0.3}
    assert receipt["image"]["sha256"] == answer.submission.sha256
    assert receipt["model"]["name"] == "tiny"
    assert len(receipt["model"]["sha256"]) == 64
    assert receipt["scored_on"] == "upload"
    assert receipt["correction"] is None
    assert "my name" not in json.dumps(receipt)
    assert user.username not in json.dumps(receipt)


def test_anybody_verifies_it_with_nothing_but_the_published_key(
    client: Client, submission: Submission
) -> None:
    """As docs/receipts.md says: RFC 8785 bytes without the signature, Ed25519."""
    receipt = json.loads(json.dumps(issue(submission), indent=4))
    published = client.get("/receipts/keys").json()["keys"]

    (key,) = [each for each in published if each["kid"] == receipt["key_id"]]
    signature = base64.urlsafe_b64decode(receipt.pop("signature") + "==")
    public = Ed25519PublicKey.from_public_bytes(
        base64.urlsafe_b64decode(key["x"] + "==")
    )

    public.verify(signature, rfc8785.dumps(receipt))


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "human"},
        {"ai_probability": 0.1},
        {"image": {"sha256": "0" * 64}},
        {"model": None},
        {"more": 1},
        {"signature": "AAAA"},
        {"signature": "not base64url!"},
    ],
)
def test_whatever_is_changed_breaks_the_signature(
    submission: Submission, change: dict[str, Any]
) -> None:
    assert refusal(json.dumps({**issue(submission), **change})) == "bad_signature"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "receipt",
        "[]",
        "{}",
        '{"key_id": 1, "signature": "x"}',
        "[" * 19_000,
        '{"key_id": "a", "key_id": "b", "signature": "x"}',
    ],
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    assert refusal(text) == "malformed"


def test_another_signer_is_not_believed(submission: Submission) -> None:
    content = {k: v for k, v in issue(submission).items() if k != "signature"}

    assert refusal(json.dumps(sign(content, OTHER_KEY))) == "unknown_key"


def test_something_else_that_this_key_signed_is_no_receipt(
    settings: Settings,
) -> None:
    signed = sign({"format": "something else"}, settings.RECEIPT_SIGNING_KEY)

    assert refusal(json.dumps(signed)) == "malformed"


def test_receipts_of_a_retired_key_still_count(
    submission: Submission, settings: Settings
) -> None:
    receipt = json.dumps(issue(submission))
    retired = public_of(settings.RECEIPT_SIGNING_KEY)
    settings.RECEIPT_SIGNING_KEY = OTHER_KEY
    assert refusal(receipt) == "unknown_key"

    settings.RECEIPT_RETIRED_KEYS = [retired]
    assert verify_receipt(receipt, public_keys())["verdict"] == "ai"


def test_a_key_set_holds_the_public_half_alone(settings: Settings) -> None:
    published = json.dumps(key_set(public_keys()))

    assert keys_from_set(published).keys() == public_keys().keys()
    secret = base64.urlsafe_b64encode(settings.RECEIPT_SIGNING_KEY).decode()
    assert secret.rstrip("=") not in published
    assert '"d"' not in published


def test_a_correction_stands_in_later_receipts_and_is_told_of_earlier_ones(
    submission: Submission, stranger: User
) -> None:
    earlier = json.dumps(issue(submission))
    decided(submission, stranger, label="human", outcome="corrected")
    submission.refresh_from_db()
    later = issue(submission)

    assert later["verdict"] == "ai"
    assert later["correction"]["verdict"] == "human"
    assert check_receipt(text=earlier).correction == submission.correction
    assert check_receipt(text=json.dumps(later)).correction is None


def test_a_receipt_outlives_its_result(submission: Submission) -> None:
    receipt = json.dumps(issue(submission))
    submission.delete()

    assert check_receipt(text=receipt).correction is None


# --- Pages ---------------------------------------------------------------------------


def test_the_owner_downloads_it(user_client: Client, submission: Submission) -> None:
    response = user_client.get(f"/submissions/{submission.pk}/receipt.json")

    assert response["Content-Disposition"].startswith("attachment;")
    assert verify_receipt(response.content.decode(), public_keys())


def test_without_a_key_receipts_are_off_and_the_page_says_so(
    user_client: Client, submission: Submission, settings: Settings
) -> None:
    settings.RECEIPT_SIGNING_KEY = None

    page = user_client.get(submission.get_absolute_url()).content.decode()
    receipt = user_client.get(f"/submissions/{submission.pk}/receipt.json")

    assert "no signing key" in page
    assert "receipt.json" not in page
    assert (receipt.status_code, receipt.json()["code"]) == (404, "receipts_off")
    assert "issues no receipts" in user_client.get("/receipts/verify/").content.decode()
    assert user_client.get("/receipts/keys").json() == {"keys": []}


def check(client: Client, **values: object) -> tuple[int, str]:
    response = client.post("/receipts/verify/", values)
    return response.status_code, response.content.decode()


def test_a_visitor_checks_a_pasted_receipt(
    client: Client, submission: Submission
) -> None:
    status, page = check(client, receipt=json.dumps(issue(submission)))

    assert status == 200
    assert "Genuine" in page
    assert submission.sha256 in page


def test_a_visitor_checks_a_file_with_its_picture(client: Client, user: User) -> None:
    data = encode(plain("red"))
    answer = submission_create(owner=user, data=data, name="a", source=Source.PAGE)
    receipt = json.dumps(issue(answer.submission)).encode()

    def outcome(picture: bytes) -> str:
        return check(
            client,
            receipt_file=SimpleUploadedFile("receipt.json", receipt),
            picture=SimpleUploadedFile("a.png", picture),
        )[1]

    assert "exactly the file that was judged" in outcome(data)
    assert "another file than the one" in outcome(data + b"\0")


def test_the_browser_may_send_the_hash_alone(
    client: Client, submission: Submission
) -> None:
    receipt = json.dumps(issue(submission))

    same = check(client, receipt=receipt, sha256=submission.sha256.upper())[1]
    other = check(client, receipt=receipt, sha256="0" * 64)[1]

    assert "exactly the file that was judged" in same
    assert "another file than the one" in other


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Paste a receipt or choose its file."),
        ({"receipt": "nonsense"}, "This is not a receipt"),
        ({"receipt": "x" * 30_000}, "20000"),
    ],
)
def test_a_bad_check_is_explained(
    client: Client, values: dict[str, str], words: str
) -> None:
    status, page = check(client, **values)

    assert status == 400
    assert words in page


def test_a_receipt_that_was_changed_is_not_shown_as_genuine(
    client: Client, submission: Submission
) -> None:
    status, page = check(
        client, receipt=json.dumps({**issue(submission), "verdict": "human"})
    )

    assert status == 400
    assert "Genuine" not in page
    assert "does not fit the content" in page


def test_checks_count_towards_the_limit(client: Client, settings: Settings) -> None:
    settings.THROTTLE_ANON = "1/min"
    check(client, receipt="x")

    assert check(client, receipt="x")[0] == 429


@pytest.mark.parametrize("name", ["receipt.json", "report.pdf", "stamped.jpg"])
def test_strangers_and_unknown_ids_find_no_download(
    stranger_client: Client, client: Client, submission: Submission, name: str
) -> None:
    for other in (stranger_client, client):
        assert other.get(f"/submissions/{submission.pk}/{name}").status_code == 404
        assert other.get(f"/submissions/{uuid4()}/{name}").status_code == 404


# --- The command ---------------------------------------------------------------------


@pytest.fixture
def receipt_file(submission: Submission, tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(issue(submission)))
    return path


def verified(*arguments: object) -> str:
    output = io.StringIO()
    call_command("verify_receipt", *map(str, arguments), stdout=output, no_color=True)
    return output.getvalue()


def test_the_command_tells_what_was_judged(receipt_file: Path) -> None:
    output = verified(receipt_file)

    assert output.startswith("Genuine: ai, AI probability 90.0%\n")
    assert "Model    tiny 1" in output


def test_the_command_works_with_a_key_set_alone(
    receipt_file: Path, tmp_path: Path, client: Client, settings: Settings
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(client.get("/receipts/keys").content)
    settings.RECEIPT_SIGNING_KEY = None

    assert verified(receipt_file, "--keys", keys).startswith("Genuine")
    with pytest.raises(CommandError, match="no keys"):
        verified(receipt_file)


def test_the_command_compares_the_picture(user: User, tmp_path: Path) -> None:
    data = encode(plain("red"))
    answer = submission_create(owner=user, data=data, name="a", source=Source.PAGE)
    receipt, picture = tmp_path / "r.json", tmp_path / "a.png"
    receipt.write_text(json.dumps(issue(answer.submission)))
    picture.write_bytes(data)

    assert "is the one that was judged" in verified(receipt, "--picture", picture)
    picture.write_bytes(data + b"\0")
    with pytest.raises(CommandError, match="is not the file that was judged"):
        verified(receipt, "--picture", picture)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.json"], "cannot be read"),
        (["pyproject.toml"], "not a receipt"),
        (["pyproject.toml", "--keys", "README.md"], "not a key set"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        verified(*arguments)
