"""Every page of the site in each of its states: a new page is a new row of `LOOKS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.test import Client
from django.urls import resolve
from playwright.sync_api import Page

from accounts.history_pages import history_page
from accounts.history_selectors import SORTS, history_of
from accounts.models import User
from classifier.models import Prediction, Source, Submission
from classifier.services import submission_create
from classifier.sharing import share_create
from tests.accounts.submissions import make_many, make_submission
from tests.browser import account_states as states
from tests.classifier.appeals import decided, kept_submission, make_dispute
from tests.factories import UserFactory
from tests.images import encode, framed, picture, plain

# `sure` gave the password again just now; `half` has given the password alone.
Person = Literal["nobody", "owner", "sure", "half", "staff"]
SIGNALS = [
    {
        "source": "c2pa",
        "claim": "ai",
        "detail": "Signed by Example Studio: a trained model made the picture.",
        "strength": "signed",
        "data": {"claim_generator": "Example Studio 2.1", "signer": "Example Ltd"},
    },
    {
        "source": "exif",
        "claim": "camera",
        "detail": "The camera fields name Example X100.",
        "strength": "unsigned",
        "data": {"camera": "Example X100"},
    },
]


@dataclass(frozen=True)
class Look:
    """A page in one state.

    `address` is where it is, or makes the state for a person and says where, namely
    at `route`. `then` does what leads from there to the page. Of a `foreign` page the
    markup is another project's, in English alone.
    """

    name: str
    address: str | Callable[[User], str]
    person: Person = "nobody"
    route: str = ""
    then: Callable[[Page], None] | None = None
    foreign: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def routes(self) -> set[str]:
        """The patterns of the addresses that it shows."""
        fixed = isinstance(self.address, str)
        first = route_of(self.address) if fixed else self.route
        return {first, self.route or first}


def route_of(address: str) -> str:
    """The URL pattern that an address fits."""
    return resolve(address.partition("?")[0]).route


def judged(owner: User, colour: str = "red") -> Submission:
    """A picture that the tiny model judged, with preview and heat map."""
    data = encode(plain(colour, 640, 480))
    answer = submission_create(
        owner=owner,
        data=data,
        name=f"{colour} holiday picture with a rather long name.jpg",
        source=Source.PAGE,
        stability=True,
    )
    return answer.submission


def result(colour: str) -> Callable[[User], str]:
    """A result page of the verdict that the colour gets."""
    return lambda owner: judged(owner, colour).get_absolute_url()


def signed_result(owner: User) -> str:
    """A result whose file says something of its origin, against the verdict."""
    submission = judged(owner, "blue")
    Prediction.objects.filter(submission=submission).update(provenance=SIGNALS)
    return submission.get_absolute_url()


def fickle_result(owner: User) -> str:
    """A result that changed copies contradict."""
    answer = submission_create(
        owner=owner,
        data=encode(framed("red", "blue")),
        name="frame.png",
        source=Source.PAGE,
        stability=True,
    )
    return answer.submission.get_absolute_url()


def copied_result(owner: User) -> str:
    """A result of which a smaller copy was sent too."""
    large = picture(640, 480, seed=3)
    addresses = []
    for image in (large, large.resize((320, 240))):
        answer = submission_create(
            owner=owner,
            data=encode(image),
            name="scene.png",
            source=Source.PAGE,
            stability=True,
        )
        addresses.append(answer.submission.get_absolute_url())
    return addresses[-1]


def appealed_result(owner: User) -> str:
    """A result with an open appeal."""
    submission = kept_submission(owner)
    make_dispute(submission, link="https://example.org/where-it-was-shown")
    return submission.get_absolute_url()


def corrected_result(owner: User) -> str:
    """A result that a reviewer corrected."""
    submission = kept_submission(owner)
    judge = UserFactory.create()
    decided(submission, judge, label="human", outcome="corrected")
    return submission.get_absolute_url()


def shared_result(owner: User) -> str:
    """What whoever has the link sees, with the picture."""
    submission = kept_submission(owner)
    Prediction.objects.filter(submission=submission).update(provenance=SIGNALS)
    link = share_create(submission=submission, with_picture=True)
    return link.get_absolute_url()


def shared_without_picture(owner: User) -> str:
    """The same, without the picture."""
    link = share_create(submission=kept_submission(owner), with_picture=False)
    return link.get_absolute_url()


def linked_result(owner: User) -> str:
    """The owner's own page while there is a link."""
    submission = kept_submission(owner)
    share_create(submission=submission, with_picture=True)
    return submission.get_absolute_url()


def appeal_form(owner: User) -> str:
    """The form of an appeal."""
    return f"{kept_submission(owner).get_absolute_url()}dispute/"


def filled_history(owner: User, view: str = "grid") -> str:
    """A history of every verdict, corrected and appealed too."""
    for verdict in ("ai", "human", "uncertain"):
        kept_submission(owner, verdict)
        make_submission(owner=owner, verdict=verdict, name="a name " * 12)
    corrected_result(owner)
    make_dispute(kept_submission(owner, colour="blue"))
    return f"{HISTORY}?view={view}"


def history_as(view: str) -> Callable[[User], str]:
    """The same as a table or in numbers."""
    return lambda owner: filled_history(owner, view)


def long_history(owner: User) -> str:
    """The second page of several."""
    make_many(owner=owner, number=60)
    rows = history_of(user=owner, filters={})
    page = history_page(rows, sort=SORTS["newest"], size=24, cursor="")
    return f"{HISTORY}?cursor={page.next}"


def nothing_found(owner: User) -> str:
    """Filters that leave nothing."""
    kept_submission(owner, "ai")
    return f"{HISTORY}?verdict=human&search=holiday"


def selecting(action: str) -> Callable[[Page], None]:
    """Select all pictures and press a button."""

    def then(page: Page) -> None:
        page.locator("[data-select-page]").click()
        page.locator(f"button[value={action}]").click()
        page.wait_for_url("**/selection/")

    return then


def kept_everything(owner: User) -> str:
    """What is held on somebody of whom much is held."""
    filled_history(owner)
    states.secured(owner)
    states.some_tokens(owner)
    return "/accounts/data/"


def erasing(page_name: str) -> Callable[[User], str]:
    """A page that lists what goes."""

    def state(owner: User) -> str:
        kept_everything(owner)
        return f"/accounts/{page_name}/"

    return state


def elsewhere(owner: User) -> str:
    """Logged in with another browser too."""
    client = Client(headers={"user-agent": "Mozilla/5.0 (iPhone) Safari/605.1"})
    client.force_login(owner)
    client.get("/accounts/settings/")
    return "/accounts/sessions/"


def review_queue(staff: User) -> str:
    """The reviewers' queue."""
    make_dispute(kept_submission(UserFactory.create()))
    return "/admin/classifier/dispute/"


def review(staff: User) -> str:
    """An appeal that waits for a label."""
    dispute = make_dispute(kept_submission(UserFactory.create()))
    return f"/admin/classifier/dispute/{dispute.pk}/change/"


def admin_submissions(staff: User) -> str:
    """The list of submissions in the admin."""
    filled_history(UserFactory.create())
    return "/admin/classifier/submission/"


def staffed_dashboard(staff: User) -> str:
    """Figures of a few submissions."""
    filled_history(UserFactory.create())
    return "/admin/dashboard/"


def admin_submission(staff: User) -> str:
    """One of them."""
    pk = kept_submission(UserFactory.create()).pk
    return f"/admin/classifier/submission/{pk}/change/"


RESULT = "submissions/<uuid:submission_id>/"
APPEAL = f"{RESULT}dispute/"
SHARED = "shared/<str:token>/"
HISTORY = "/accounts/history/"
SELECTION = "accounts/history/selection/"
SECURITY = "accounts/security/"
KEY = f"{SECURITY}webauthn/keys/<int:pk>/"
CONFIRM = r"accounts/confirm-email/(?P<key>[-:\w]+)/$"
RESET = r"accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"
WEBHOOK = "accounts/webhooks/<uuid:endpoint_id>/"

LOOKS = [
    Look("upload", "/"),
    Look("how-it-works", "/how-it-works/"),
    Look("status", "/status"),
    Look("verify", "/receipts/verify/"),
    Look("api-guide", "/docs/api/"),
    Look("shared", shared_result, route=SHARED),
    Look("shared-without-picture", shared_without_picture, route=SHARED),
    # Swagger UI, which the API guide and docs/api.md stand in for.
    Look("api-docs", "/api/docs", foreign=True),
    Look("history-docs", "/api/v1/docs", foreign=True),
    *(
        Look(f"error-{name}", f"/errors/{name}/")
        for name in ("400", "403", "403_csrf", "404", "413", "429", "500", "503")
    ),
    # Log-in and the like
    Look("log-in", "/accounts/login/"),
    Look("sign-up", "/accounts/signup/"),
    Look(
        "second-step",
        states.keyed("mfa_authenticate"),
        "half",
        f"{SECURITY}authenticate/",
    ),
    Look("inactive", "/accounts/inactive/"),
    Look("verification-sent", "/accounts/confirm-email/"),
    Look("confirm", states.confirming, route=CONFIRM),
    Look("confirm-bad", "/accounts/confirm-email/none/"),
    Look("password-reset", "/accounts/password/reset/"),
    Look("password-reset-sent", "/accounts/password/reset/done/"),
    Look("password-reset-key", states.choosing_password, route=RESET),
    Look("password-reset-bad", "/accounts/password/reset/key/1-none/"),
    Look("password-reset-done", "/accounts/password/reset/key/done/"),
    # Pictures
    Look("upload-owner", "/", "owner"),
    Look("result-ai", result("red"), "owner", RESULT),
    Look("result-human", result("blue"), "owner", RESULT),
    Look("result-uncertain", result("grey"), "owner", RESULT),
    Look("result-signed", signed_result, "owner", RESULT),
    Look("result-fickle", fickle_result, "owner", RESULT),
    Look("result-copies", copied_result, "owner", RESULT),
    Look("result-appealed", appealed_result, "owner", RESULT),
    Look("result-corrected", corrected_result, "owner", RESULT),
    Look("result-linked", linked_result, "owner", RESULT),
    Look("appeal", appeal_form, "owner", APPEAL),
    Look("history-empty", HISTORY, "owner"),
    Look("history-empty-summary", f"{HISTORY}?view=summary", "owner"),
    Look("history-nothing", nothing_found, "owner", HISTORY[1:]),
    Look("history", filled_history, "owner", HISTORY[1:]),
    Look("history-table", history_as("table"), "owner", HISTORY[1:]),
    Look("history-summary", history_as("summary"), "owner", HISTORY[1:]),
    Look("history-pages", long_history, "owner", HISTORY[1:]),
    Look("history-delete", filled_history, "owner", SELECTION, selecting("delete")),
    Look("history-recheck", filled_history, "owner", SELECTION, selecting("recheck")),
    # Accounts
    Look("settings", "/accounts/settings/", "owner"),
    Look("email", "/accounts/email/", "sure"),
    Look("email-changing", states.changing_address, "sure", "accounts/email/"),
    Look("sessions", elsewhere, "owner", "accounts/sessions/"),
    Look("password-change", "/accounts/password/change/", "sure"),
    Look("log-out", "/accounts/logout/", "owner"),
    Look("reauthenticate", "/accounts/reauthenticate/", "owner"),
    Look("data", kept_everything, "owner", "accounts/data/"),
    Look("data-empty", "/accounts/data/", "owner"),
    Look("data-download", erasing("data/download"), "sure", "accounts/data/download/"),
    Look("data-erase", erasing("data/erase"), "sure", "accounts/data/erase/"),
    Look("data-erase-empty", "/accounts/data/erase/", "sure"),
    Look("delete-account", erasing("delete"), "sure", "accounts/delete/"),
    Look("security", f"/{SECURITY}", "owner"),
    Look("security-full", states.secured, "owner", SECURITY),
    Look(
        "security-codes",
        states.app_on("mfa_view_recovery_codes"),
        "sure",
        f"{SECURITY}recovery-codes/",
    ),
    Look(
        "security-codes-new",
        states.app_on("mfa_generate_recovery_codes"),
        "sure",
        f"{SECURITY}recovery-codes/generate/",
    ),
    Look("security-app", f"/{SECURITY}totp/activate/", "sure"),
    Look(
        "security-app-off",
        states.app_on("mfa_deactivate_totp"),
        "sure",
        f"{SECURITY}totp/deactivate/",
    ),
    Look("security-key", f"/{SECURITY}webauthn/add/", "sure"),
    Look("security-keys", states.keys, "sure", f"{SECURITY}webauthn/"),
    Look("security-keys-empty", f"/{SECURITY}webauthn/", "owner"),
    Look(
        "security-key-name", states.key_page("mfa_edit_webauthn"), "sure", f"{KEY}edit/"
    ),
    Look(
        "security-key-remove",
        states.key_page("mfa_remove_webauthn"),
        "sure",
        f"{KEY}remove/",
    ),
    Look(
        "security-again-app",
        states.keyed("mfa_reauthenticate"),
        "owner",
        f"{SECURITY}reauthenticate/",
    ),
    Look(
        "security-again-key",
        states.keyed("mfa_reauthenticate_webauthn"),
        "owner",
        f"{SECURITY}webauthn/reauthenticate/",
    ),
    Look("tokens", states.some_tokens, "owner", "accounts/tokens/"),
    Look("tokens-empty", "/accounts/tokens/", "owner"),
    Look("tokens-new", "/accounts/tokens/", "owner", then=states.make_token),
    Look("webhooks", states.webhooks, "owner", "accounts/webhooks/"),
    Look("webhooks-empty", "/accounts/webhooks/", "owner"),
    Look("webhooks-full", states.all_webhooks, "owner", "accounts/webhooks/"),
    Look("webhook", states.delivered, "owner", WEBHOOK),
    Look("webhook-unused", states.unused, "owner", WEBHOOK),
    Look("webhook-off", states.off, "owner", WEBHOOK),
    Look(
        "webhook-renewed",
        states.unused,
        "owner",
        f"{WEBHOOK}renew/",
        states.renew_secret,
    ),
    # Staff
    Look("admin", "/admin/", "staff"),
    Look("admin-dashboard", staffed_dashboard, "staff"),
    Look("admin-dashboard-empty", "/admin/dashboard/", "staff"),
    Look("admin-users", "/admin/accounts/user/", "staff"),
    Look("admin-tokens", "/admin/accounts/apitoken/", "staff"),
    Look("admin-submissions", admin_submissions, "staff"),
    Look("admin-submission", admin_submission, "staff"),
    Look("admin-queue", review_queue, "staff"),
    Look("admin-review", review, "staff"),
]

# Addresses that answer with something else than a page of their own: data, pictures,
# files, and what a button does before it leads to a page above.
NO_PAGES = {
    "accounts/history/export/<slug:kind>/",
    "accounts/login/code/confirm/",  # codes by mail are off
    "accounts/password/set/",  # everybody has a password
    "accounts/security/recovery-codes/download/",
    "accounts/security/webauthn/login/",
    "accounts/sessions/<int:pk>/end/",
    "accounts/tokens/<slug:token_key>/revoke/",
    f"{WEBHOOK}delete/",
    f"{WEBHOOK}enable/",
    f"{WEBHOOK}test/",
    "api/openapi.json",
    "api/v1/history/",
    "api/v1/history/<uuid:pk>/",
    "api/v1/history/<uuid:pk>/feedback/",
    "api/v1/history/<uuid:pk>/receipt/",
    "api/v1/openapi.json",
    "favicon.ico",
    "health",
    "language/",
    "language/<slug:language>.js",
    "metrics",
    "predict",
    "predict/address",
    "predict/batch",
    "predict/batch/<uuidstr:batch_id>",
    "receipts/keys",
    "shared/<str:token>/picture",
    f"{RESULT}delete/",
    f"{APPEAL}<uuid:dispute_id>/consent/",
    f"{APPEAL}<uuid:dispute_id>/evidence/",
    f"{RESULT}evidence/<int:evidence_id>",
    f"{RESULT}receipt.json",
    f"{RESULT}report.pdf",
    f"{RESULT}share/",
    f"{RESULT}stamped.jpg",
    f"{RESULT}unshare/",
    "submissions/<uuidstr:submission_id>/heatmap",
    "submissions/<uuidstr:submission_id>/preview",
}
