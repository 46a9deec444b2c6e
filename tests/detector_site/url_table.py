"""What each address answers to somebody anonymous, to a stranger and to the owner.

A new view needs a row here. One whose address holds an id belongs to somebody: a
stranger must get 404 there, as if it did not exist, unless the address itself is the
secret (`is_secret`), as a share link is.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from accounts.services import token_create
from classifier.disputes import dispute_attach
from classifier.sharing import share_create
from tests.classifier.appeals import file, kept_submission, make_dispute

LOGIN = "the log-in page"
Answer = int | str


@dataclass(frozen=True)
class Row:
    """A status each, or `LOGIN`; `scope` is what a token needs where tokens count."""

    anonymous: Answer
    stranger: Answer
    owner: Answer
    method: str = "GET"
    example: str = ""
    scope: str = ""
    is_secret: bool = False


def public(example: str = "", **more: bool) -> Row:
    """A page for everybody."""
    return Row(200, 200, 200, example=example, **more)


PAGE = Row(LOGIN, 200, 200)
ENTRANCE = Row(200, 302, 302)
# An object's page, download or picture; anonymous visitors have only their session's.
OWN = Row(404, 404, 200)
OWN_ACTION = Row(404, 404, 302, "POST")
OWN_MEDIA = Row(404, 404, 200, scope="history")
API = Row(401, 200, 200, scope="history")
API_OWN = Row(401, 404, 200, scope="history")

SUBMISSION = "submissions/<uuid:submission_id>"
MEDIA = "submissions/<uuidstr:submission_id>"
HISTORY = "api/v1/history/"

ROWS = {
    # Pages
    "": public(),
    "how-it-works/": public(),
    "docs/api/": public(),
    "status": public(),
    "receipts/keys": public(),
    "receipts/verify/": public(),
    "shared/<str:token>/": public(is_secret=True),
    "shared/<str:token>/picture": public(is_secret=True),
    # What belongs to a picture
    f"{SUBMISSION}/": OWN,
    f"{SUBMISSION}/delete/": OWN_ACTION,
    f"{SUBMISSION}/dispute/": OWN,
    f"{SUBMISSION}/dispute/<uuid:dispute_id>/evidence/": OWN_ACTION,
    f"{SUBMISSION}/dispute/<uuid:dispute_id>/consent/": OWN_ACTION,
    f"{SUBMISSION}/evidence/<int:evidence_id>": OWN,
    f"{SUBMISSION}/share/": OWN_ACTION,
    f"{SUBMISSION}/unshare/": OWN_ACTION,
    f"{SUBMISSION}/receipt.json": OWN,
    f"{SUBMISSION}/report.pdf": OWN,
    f"{SUBMISSION}/stamped.jpg": OWN,
    # APIs
    "predict": Row(400, 400, 400, "POST", scope="predict"),
    f"{MEDIA}/preview": OWN_MEDIA,
    f"{MEDIA}/heatmap": OWN_MEDIA,
    HISTORY: API,
    f"{HISTORY}<uuid:pk>/": API_OWN,
    f"{HISTORY}<uuid:pk>/feedback/": API_OWN,
    f"{HISTORY}<uuid:pk>/receipt/": API_OWN,
    "health": public(),
    "api/docs": public(),
    "api/openapi.json": public(),
    "metrics": Row(404, 404, 404),
    # Accounts
    "accounts/history/": PAGE,
    "accounts/settings/": PAGE,
    "accounts/delete/": PAGE,
    "accounts/tokens/": PAGE,
    "accounts/tokens/<slug:token_key>/revoke/": Row(LOGIN, 404, 302, "POST"),
    "accounts/email/": Row(302, 302, 302),
    "accounts/login/": ENTRANCE,
    "accounts/signup/": ENTRANCE,
    "accounts/logout/": Row(302, 200, 200),
    "accounts/inactive/": public(),
    "accounts/reauthenticate/": PAGE,
    "accounts/confirm-email/": public(),
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": public(
        "accounts/confirm-email/none/", is_secret=True
    ),
    "accounts/password/change/": PAGE,
    "accounts/password/set/": Row(LOGIN, 302, 302),
    "accounts/password/reset/": public(),
    "accounts/password/reset/done/": public(),
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": public(
        "accounts/password/reset/key/1-none/", is_secret=True
    ),
    "accounts/password/reset/key/done/": public(),
    "accounts/login/code/confirm/": Row(LOGIN, 302, 302),
}


def objects_of(owner: User) -> dict[str, str]:
    """Something of the owner for each parameter that an address can have."""
    submission = kept_submission(owner)
    prediction = submission.latest_prediction
    prediction.heatmap.save("heatmap.webp", submission.preview)
    dispute = make_dispute(submission)
    evidence = dispute_attach(dispute=dispute, evidence=file())
    token, _ = token_create(user=owner, name="script", lifetime=None)
    link = share_create(submission=submission, with_picture=True)
    return {
        "submission_id": str(submission.pk),
        "pk": str(submission.pk),
        "dispute_id": str(dispute.pk),
        "evidence_id": str(evidence.pk),
        "token_key": token.token_key,
        "token": link.token,
    }
