"""States of the account pages: what a person needs for the page to look that way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)
from playwright.sync_api import Page

from accounts.models import DeliveryState, User, WebhookDelivery, WebhookEndpoint
from accounts.services import token_create
from accounts.webhooks import MAX_ENDPOINTS, endpoint_create
from tests.browser.picture_states import filled_history

HOOK = "https://hooks.example.org/detector/a-long-path-that-never-ends/00000000000001"


# --- The second step ----------------------------------------------------------


def with_app(owner: User) -> None:
    """An authenticator app and its recovery codes."""
    TOTP.activate(owner, generate_totp_secret())
    RecoveryCodes.activate(owner)


def with_key(owner: User, name: str = "My phone", rk: bool = True) -> Authenticator:
    """A key as a browser registers it; nobody can answer with it."""
    public_key = ES256({1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32})
    attested = AttestedCredentialData.create(Aaguid.NONE, name.encode(), public_key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(b"\x00" * 32, flags, 0, attested)
    client = CollectedClientData.create("webauthn.create", b"0", "https://example.org")
    credential = {
        "id": websafe_encode(name.encode()),
        "rawId": websafe_encode(name.encode()),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(
                AttestationObject.create("none", data, {})
            ),
        },
        "clientExtensionResults": {"credProps": {"rk": rk}},
    }
    return WebAuthn.add(owner, name, credential).instance


def secured(owner: User) -> str:
    """The security page of somebody who has everything."""
    with_app(owner)
    with_key(owner)
    return reverse("mfa_index")


def app_on(view: str) -> str:
    """A page about an app or its codes, of somebody who has them."""

    def state(owner: User) -> str:
        with_app(owner)
        return reverse(view)

    return state


def keys(owner: User) -> str:
    """The list of two keys."""
    with_key(owner)
    used = with_key(owner, "A security key with a rather long name", rk=False)
    used.record_usage()
    return reverse("mfa_list_webauthn")


def key_page(view: str) -> str:
    """A page about one key."""
    return lambda owner: reverse(view, args=[with_key(owner).pk])


def keyed(view: str) -> str:
    """A page that asks for a key."""

    def state(owner: User) -> str:
        with_app(owner)
        with_key(owner)
        return reverse(view)

    return state


# --- Addresses and passwords ---------------------------------------------------


def confirming(owner: User) -> str:
    """The link of a mail that confirms an address."""
    address = EmailAddress.objects.get(user=owner)
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])


def changing_address(owner: User) -> str:
    """An address that waits for its confirmation."""
    EmailAddress.objects.filter(user=owner).update(verified=True)
    EmailAddress.objects.create(
        user=owner, email="a.rather.long.new.address@mail.example.org"
    )
    return reverse("account_email")


def choosing_password(owner: User) -> str:
    """The link of a mail that resets a password."""
    key = default_token_generator.make_token(owner)
    uid = user_pk_to_url_str(owner)
    return reverse(
        "account_reset_password_from_key", kwargs={"uidb36": uid, "key": key}
    )


# --- Programs --------------------------------------------------------------------


def some_tokens(owner: User) -> str:
    """Tokens that are good, end soon, and have ended."""
    for name, days in (("newsroom script", None), ("soon", 3), ("nightly", -1)):
        lifetime = None if days is None else timedelta(days=days)
        token_create(user=owner, name=name, lifetime=lifetime)
    token_create(user=owner, name="nothing", lifetime=None, scopes=[])
    return reverse("accounts:tokens")


def make_token(page: Page) -> None:
    """Press the button: the answer alone shows the token."""
    page.locator("#id_name").fill("newsroom script")
    page.locator("main form button[type=submit]").first.click()
    page.locator("[data-token]").wait_for()


def webhooks(owner: User) -> str:
    """One that works and one that was turned off."""
    delivered(owner)
    off(owner)
    return reverse("accounts:webhooks")


def all_webhooks(owner: User) -> str:
    """As many as there may be."""
    for number in range(MAX_ENDPOINTS):
        endpoint_create(user=owner, url=f"{HOOK}{number}", events=["batch.finished"])
    return reverse("accounts:webhooks")


def make_webhook(owner: User) -> WebhookEndpoint:
    events = ["batch.finished", "submission.rechecked"]
    return endpoint_create(user=owner, url=HOOK, events=events)[0]


def page_of(endpoint: WebhookEndpoint) -> str:
    return reverse("accounts:webhook", args=[endpoint.pk])


def unused(owner: User) -> str:
    """A webhook to which nothing was sent."""
    return page_of(make_webhook(owner))


def delivered(owner: User) -> str:
    """A webhook with a log of every kind."""
    endpoint = make_webhook(owner)
    endpoint.last_success_at = timezone.now() - timedelta(hours=3)
    endpoint.save()
    for state, status, error in (
        (DeliveryState.DELIVERED, 204, ""),
        (DeliveryState.PENDING, 503, ""),
        (DeliveryState.FAILED, None, "The address hooks.example.org is not known."),
    ):
        WebhookDelivery.objects.create(
            endpoint=endpoint,
            event="batch.finished",
            payload={},
            state=state,
            attempts=2,
            next_try_at=timezone.now() + timedelta(minutes=5),
            last_status=status,
            last_error=error,
        )
    return page_of(endpoint)


def off(owner: User) -> str:
    """A webhook that took nothing for a day."""
    endpoint = make_webhook(owner)
    endpoint.disabled_at = timezone.now()
    endpoint.save()
    return page_of(endpoint)


def renew_secret(page: Page) -> None:
    """Press the button: the answer alone shows the secret."""
    page.locator("main form[action$='/renew/'] button").click()
    page.locator("[data-secret]").wait_for()


# --- What is held, and log-ins ---------------------------------------------------


def kept_everything(owner: User) -> str:
    """What is held on somebody of whom much is held."""
    filled_history(owner)
    secured(owner)
    some_tokens(owner)
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
