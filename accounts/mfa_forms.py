"""Forms of the second step; allauth's own with labels that say what is asked for."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base import forms as base_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import PlainFields

NAME_LENGTH = 60


class _CodeField(PlainFields):
    """A code is typed in digits, and the browser may offer it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}


class AuthenticateForm(_CodeField, base_forms.AuthenticateForm):
    """The second step of a log-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")


class ReauthenticateForm(_CodeField, base_forms.ReauthenticateForm):
    """The same for somebody who is logged in already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")


class ActivateTOTPForm(_CodeField, totp_forms.ActivateTOTPForm):
    """The first code of a new app shows that it has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code that the app shows")


class AddPasskeyForm(PlainFields, webauthn_forms.AddWebAuthnForm):
    """A new passkey or security key."""

    name = forms.CharField(required=False, max_length=NAME_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.label = _("Name")
        self.initial["name"] = gettext("Passkey")
        name.help_text = _("What you know it by, such as “my phone”.")
        alone = self.fields["passwordless"]
        alone.initial = True
        alone.label = _("Log in with this key alone, without a password")
        alone.help_text = _(
            "The key then asks for a fingerprint, face or PIN. Without this it is a "
            "second step after the password."
        )


class RenamePasskeyForm(PlainFields, webauthn_forms.EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
