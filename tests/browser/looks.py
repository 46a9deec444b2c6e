"""Every page of the site in each of its states: a new page is a new row of `LOOKS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.urls import resolve
from playwright.sync_api import Page

from accounts.models import User
from tests.browser import account_states as people
from tests.browser import picture_states as pictures

# `sure` gave the password again just now; `half` has given the password alone.
Person = Literal["nobody", "owner", "sure", "half", "staff"]


@dataclass(frozen=True)
class Look:
    """A page in one state.

    `address` is where it is, or makes the state for a person and says where; `then`
    does what leads from there to the page. `route` is the URL pattern at which it ends;
    a fixed address says it itself. Of a `foreign` page the markup is another project's,
    in English alone.
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
    def shows(self) -> str:
        """The URL pattern of the page; empty for pages of the admin, which are many."""
        if self.route or not isinstance(self.address, str):
            return self.route
        return route_of(self.address)


def route_of(address: str) -> str:
    """The URL pattern that an address fits."""
    return resolve(address.partition("?")[0]).route


def described(page: Page) -> None:
    """Wait for Swagger UI, which draws the page from the document."""
    page.locator(".opblock").first.wait_for()


RESULT = "submissions/<uuid:submission_id>/"
APPEAL = f"{RESULT}dispute/"
SHARED = "shared/<str:token>/"
HISTORY = pictures.HISTORY[1:]
SELECTION = f"{HISTORY}selection/"
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
    Look("shared", pictures.shared_result, route=SHARED),
    Look("shared-without-picture", pictures.shared_without_picture, route=SHARED),
    # Swagger UI, which the API guide and docs/api.md stand in for.
    Look("api-docs", "/api/docs", then=described, foreign=True),
    Look("history-docs", "/api/v1/docs", then=described, foreign=True),
    *(
        Look(f"error-{name}", f"/errors/{name}/")
        for name in ("400", "403", "403_csrf", "404", "413", "429", "500", "503")
    ),
    # Log-in and the like
    Look("log-in", "/accounts/login/"),
    Look("sign-up", "/accounts/signup/"),
    Look(
        "second-step",
        people.keyed("mfa_authenticate"),
        "half",
        f"{SECURITY}authenticate/",
    ),
    Look("inactive", "/accounts/inactive/"),
    Look("verification-sent", "/accounts/confirm-email/"),
    Look("confirm", people.confirming, route=CONFIRM),
    Look("confirm-bad", "/accounts/confirm-email/none/"),
    Look("password-reset", "/accounts/password/reset/"),
    Look("password-reset-sent", "/accounts/password/reset/done/"),
    Look("password-reset-key", people.choosing_password, route=RESET),
    Look("password-reset-bad", "/accounts/password/reset/key/1-none/"),
    Look("password-reset-done", "/accounts/password/reset/key/done/"),
    # Pictures
    Look("upload-owner", "/", "owner"),
    Look("result-ai", pictures.result("red"), "owner", RESULT),
    Look("result-human", pictures.result("blue"), "owner", RESULT),
    Look("result-uncertain", pictures.result("grey"), "owner", RESULT),
    Look("result-signed", pictures.signed_result, "owner", RESULT),
    Look("result-fickle", pictures.fickle_result, "owner", RESULT),
    Look("result-copies", pictures.copied_result, "owner", RESULT),
    Look("result-appealed", pictures.appealed_result, "owner", RESULT),
    Look("result-corrected", pictures.corrected_result, "owner", RESULT),
    Look("result-linked", pictures.linked_result, "owner", RESULT),
    Look("appeal", pictures.appeal_form, "owner", APPEAL),
    Look("history-empty", pictures.HISTORY, "owner"),
    Look("history-empty-summary", f"{pictures.HISTORY}?view=summary", "owner"),
    Look("history-nothing", pictures.nothing_found, "owner", HISTORY),
    Look("history", pictures.filled_history, "owner", HISTORY),
    Look("history-table", pictures.history_as("table"), "owner", HISTORY),
    Look("history-summary", pictures.history_as("summary"), "owner", HISTORY),
    Look("history-pages", pictures.long_history, "owner", HISTORY),
    Look(
        "history-delete",
        pictures.filled_history,
        "owner",
        SELECTION,
        pictures.selecting("delete"),
    ),
    Look(
        "history-recheck",
        pictures.filled_history,
        "owner",
        SELECTION,
        pictures.selecting("recheck"),
    ),
    # Accounts
    Look("settings", "/accounts/settings/", "owner"),
    Look("email", "/accounts/email/", "sure"),
    Look("email-changing", people.changing_address, "sure", "accounts/email/"),
    Look("sessions", people.elsewhere, "owner", "accounts/sessions/"),
    Look("password-change", "/accounts/password/change/", "sure"),
    Look("log-out", "/accounts/logout/", "owner"),
    Look("reauthenticate", "/accounts/reauthenticate/", "owner"),
    Look("data", people.kept_everything, "owner", "accounts/data/"),
    Look("data-empty", "/accounts/data/", "owner"),
    Look(
        "data-download",
        people.erasing("data/download"),
        "sure",
        "accounts/data/download/",
    ),
    Look("data-erase", people.erasing("data/erase"), "sure", "accounts/data/erase/"),
    Look("data-erase-empty", "/accounts/data/erase/", "sure"),
    Look("delete-account", people.erasing("delete"), "sure", "accounts/delete/"),
    Look("security", f"/{SECURITY}", "owner"),
    Look("security-full", people.secured, "owner", SECURITY),
    Look(
        "security-codes",
        people.app_on("mfa_view_recovery_codes"),
        "sure",
        f"{SECURITY}recovery-codes/",
    ),
    Look(
        "security-codes-new",
        people.app_on("mfa_generate_recovery_codes"),
        "sure",
        f"{SECURITY}recovery-codes/generate/",
    ),
    Look("security-app", f"/{SECURITY}totp/activate/", "sure"),
    Look(
        "security-app-off",
        people.app_on("mfa_deactivate_totp"),
        "sure",
        f"{SECURITY}totp/deactivate/",
    ),
    Look("security-key", f"/{SECURITY}webauthn/add/", "sure"),
    Look("security-keys", people.keys, "sure", f"{SECURITY}webauthn/"),
    Look("security-keys-empty", f"/{SECURITY}webauthn/", "owner"),
    Look(
        "security-key-name", people.key_page("mfa_edit_webauthn"), "sure", f"{KEY}edit/"
    ),
    Look(
        "security-key-remove",
        people.key_page("mfa_remove_webauthn"),
        "sure",
        f"{KEY}remove/",
    ),
    Look(
        "security-again-app",
        people.keyed("mfa_reauthenticate"),
        "owner",
        f"{SECURITY}reauthenticate/",
    ),
    Look(
        "security-again-key",
        people.keyed("mfa_reauthenticate_webauthn"),
        "owner",
        f"{SECURITY}webauthn/reauthenticate/",
    ),
    Look("tokens", people.some_tokens, "owner", "accounts/tokens/"),
    Look("tokens-empty", "/accounts/tokens/", "owner"),
    Look("tokens-new", "/accounts/tokens/", "owner", then=people.make_token),
    Look("webhooks", people.webhooks, "owner", "accounts/webhooks/"),
    Look("webhooks-empty", "/accounts/webhooks/", "owner"),
    Look("webhooks-full", people.all_webhooks, "owner", "accounts/webhooks/"),
    Look("webhook", people.delivered, "owner", WEBHOOK),
    Look("webhook-unused", people.unused, "owner", WEBHOOK),
    Look("webhook-off", people.off, "owner", WEBHOOK),
    Look(
        "webhook-renewed",
        people.unused,
        "owner",
        f"{WEBHOOK}renew/",
        people.renew_secret,
    ),
    # Staff
    Look("admin", "/admin/", "staff"),
    Look("admin-dashboard", pictures.staffed_dashboard, "staff"),
    Look("admin-dashboard-empty", "/admin/dashboard/", "staff"),
    Look("admin-users", "/admin/accounts/user/", "staff"),
    Look("admin-tokens", "/admin/accounts/apitoken/", "staff"),
    Look("admin-submissions", pictures.admin_submissions, "staff"),
    Look("admin-submission", pictures.admin_submission, "staff"),
    Look("admin-queue", pictures.review_queue, "staff"),
    Look("admin-review", pictures.review, "staff"),
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
