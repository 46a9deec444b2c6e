"""What each address answers to somebody anonymous, to a stranger and to the owner.

A new view needs a row here. One whose address holds an id belongs to somebody: a
stranger must get 404 there, as if it did not exist, unless the address itself is the
secret (`is_secret`), as a share link is.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from accounts.models import User
from accounts.services import token_create
from accounts.webhooks import endpoint_create
from classifier.disputes import dispute_attach
from classifier.models import Batch, Source
from classifier.sharing import share_create
from tests.classifier.appeals import file, kept_submission, make_dispute

LOGIN = "the log-in page"
Answer = int | str


@dataclass(frozen=True)
class Row:
    """A status each, or `LOGIN`; `scope` is what a token needs where tokens count.

    Both people have just given their password once more where it is `confirmed`, and
    `json` is sent as the body. `example` takes the place of a route whose parameters
    name nothing of anybody, and `pk` names the owner's object that a parameter of that
    name stands for.
    """

    anonymous: Answer
    stranger: Answer
    owner: Answer
    method: str = "GET"
    example: str = ""
    scope: str = ""
    is_secret: bool = False
    pk: str = "submission"
    json: str = ""
    confirmed: bool = False


def public(example: str = "", **more: bool) -> Row:
    """A page for everybody."""
    return Row(200, 200, 200, example=example, **more)


PAGE = Row(LOGIN, 200, 200)
ENTRANCE = Row(200, 302, 302)
# An object's page, download or picture; anonymous visitors have only their session's.
OWN = Row(404, 404, 200)
OWN_ACTION = Row(404, 404, 302, "POST")
OWN_MEDIA = Row(404, 404, 200, scope="history")
# Opens to people who have just given their password once more.
CONFIRMED = Row(LOGIN, 200, 200, confirmed=True)
WEBHOOK_ACTION = Row(LOGIN, 404, 302, "POST")
PASSKEY = Row(LOGIN, 404, 200, pk="passkey", confirmed=True)
API = Row(401, 200, 200, scope="history")
API_OWN = Row(401, 404, 200, scope="history")

SUBMISSION = "submissions/<uuid:submission_id>"
MEDIA = "submissions/<uuidstr:submission_id>"
HISTORY = "api/v1/history/"
WEBHOOK = "accounts/webhooks/<uuid:endpoint_id>"

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
    "api/v1/docs": public(),
    "api/v1/openapi.json": public(),
    "predict/address": Row(
        400, 400, 400, "POST", scope="predict", json='{"address": "http://a"}'
    ),
    "predict/batch": Row(401, 400, 400, "POST", scope="predict"),
    "predict/batch/<uuidstr:batch_id>": Row(401, 404, 200, scope="predict"),
    "favicon.ico": Row(302, 302, 302),
    "language/": Row(302, 302, 302, "POST"),
    "language/<slug:language>.js": public("language/ar.js"),
    # Accounts
    "accounts/history/": PAGE,
    "accounts/settings/": PAGE,
    "accounts/delete/": CONFIRMED,
    "accounts/history/export/<slug:kind>/": Row(
        LOGIN, 200, 200, example="accounts/history/export/csv/"
    ),
    "accounts/history/selection/": Row(LOGIN, 302, 302, "POST"),
    "accounts/data/": PAGE,
    "accounts/data/download/": Row(LOGIN, 302, 302, "POST"),
    "accounts/data/erase/": CONFIRMED,
    "accounts/sessions/": PAGE,
    "accounts/sessions/<int:pk>/end/": Row(LOGIN, 404, 302, "POST", pk="log_in"),
    "accounts/webhooks/": PAGE,
    f"{WEBHOOK}/": Row(LOGIN, 404, 200),
    f"{WEBHOOK}/delete/": WEBHOOK_ACTION,
    f"{WEBHOOK}/enable/": WEBHOOK_ACTION,
    f"{WEBHOOK}/renew/": Row(LOGIN, 404, 200, "POST"),
    f"{WEBHOOK}/test/": WEBHOOK_ACTION,
    "accounts/security/": PAGE,
    "accounts/security/authenticate/": Row(LOGIN, 302, 302),
    "accounts/security/reauthenticate/": Row(LOGIN, 302, 302),
    "accounts/security/recovery-codes/": Row(LOGIN, 404, 404),
    "accounts/security/recovery-codes/download/": Row(LOGIN, 404, 404),
    "accounts/security/recovery-codes/generate/": CONFIRMED,
    "accounts/security/totp/activate/": CONFIRMED,
    "accounts/security/totp/deactivate/": Row(LOGIN, 404, 404, confirmed=True),
    "accounts/security/webauthn/": CONFIRMED,
    "accounts/security/webauthn/add/": CONFIRMED,
    "accounts/security/webauthn/keys/<int:pk>/edit/": PASSKEY,
    "accounts/security/webauthn/keys/<int:pk>/remove/": PASSKEY,
    "accounts/security/webauthn/login/": Row(LOGIN, 302, 302),
    "accounts/security/webauthn/reauthenticate/": Row(LOGIN, 302, 302),
    "accounts/tokens/": PAGE,
    "accounts/tokens/<slug:token_key>/revoke/": Row(LOGIN, 404, 302, "POST"),
    "accounts/email/": PAGE,
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


def objects_of(owner: User, pk: str = "") -> dict[str, str]:
    """Something of the owner for each parameter that an address can have."""
    submission = kept_submission(owner)
    prediction = submission.latest_prediction
    prediction.heatmap.save("heatmap.webp", submission.preview)
    dispute = make_dispute(submission)
    evidence = dispute_attach(dispute=dispute, evidence=file())
    token, _ = token_create(user=owner, name="script", lifetime=None)
    link = share_create(submission=submission, with_picture=True)
    endpoint, _ = endpoint_create(user=owner, url="https://example.org/", events=[])
    batch = Batch.objects.create(owner=owner, source=Source.API)
    log_in = UserSession.objects.create(
        user=owner, session_key="elsewhere", ip="192.0.2.1", user_agent="Browser"
    )
    passkey = Authenticator(
        user=owner, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}
    )
    if pk == "passkey":  # elsewhere pages would ask for a key that is none
        passkey.save()
    return {
        "submission_id": str(submission.pk),
        "submission": str(submission.pk),
        "log_in": str(log_in.pk),
        "passkey": str(passkey.pk),
        "endpoint_id": str(endpoint.pk),
        "batch_id": str(batch.pk),
        "dispute_id": str(dispute.pk),
        "evidence_id": str(evidence.pk),
        "token_key": token.token_key,
        "token": link.token,
    }
