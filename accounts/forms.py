"""Forms of the account pages; allauth's own with labels instead of placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.internal.flows.email_verification import (
    send_verification_email_to_address,
)
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import User

RULES_IN_ONE_LINE = _(
    "At least 8 characters; not a common password, not like your name, "
    "and not digits alone."
)


class PlainFields:
    """allauth's fields with labels alone and the rules of a password in one line.

    A placeholder only repeats the label and vanishes while typing.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = str(field.label).capitalize()
            if name == "email":
                field.label = _("E-mail address")
            if name == "password1":
                field.help_text = RULES_IN_ONE_LINE


class LoginForm(PlainFields, allauth_forms.LoginForm):
    """Log in with either name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username or e-mail")
        self.fields["remember"].label = _("Stay logged in")


class SignupForm(PlainFields, allauth_forms.SignupForm):
    """A new account."""


class ChangePasswordForm(PlainFields, allauth_forms.ChangePasswordForm):
    """A new password for somebody who knows the old one."""


class ResetPasswordForm(PlainFields, allauth_forms.ResetPasswordForm):
    """Ask for a link by e-mail."""


class ResetPasswordKeyForm(PlainFields, allauth_forms.ResetPasswordKeyForm):
    """A new password for somebody who followed the link."""


class ReauthenticateForm(PlainFields, allauth_forms.ReauthenticateForm):
    """The password once more, before something that matters."""


class UsernameForm(forms.Form):
    """The name that one logs in with and others see."""

    username = User._meta.get_field("username").formfield(
        label=_("Username"), help_text=""
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        kwargs["initial"] = {"username": user.username}
        super().__init__(*args, **kwargs)

    def clean_username(self) -> str:
        """Refuse a name that somebody else has, whatever its case."""
        name = self.cleaned_data["username"]
        others = User.objects.exclude(pk=self.user.pk)
        if others.filter(username__iexact=name).exists():
            raise ValidationError(_("Somebody else has this username."))
        return name


class ChangeEmailForm(PlainFields, allauth_forms.AddEmailForm):
    """A new e-mail address.

    Where the old one is confirmed the new one waits until its link is followed;
    else it takes the place of the old one at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")

    def clean_email(self) -> str:
        """Refuse an address that somebody has, whatever its case."""
        email = super().clean_email()
        others = User.objects.exclude(pk=self.user.pk)
        if others.filter(email__iexact=email).exists():
            raise ValidationError(_("Somebody else has this e-mail address."))
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        """Store the address, and send what has to be sent."""
        if services.email_is_confirmed(user=self.user):
            return super().save(request)
        email = self.cleaned_data["email"]
        address = services.email_replace(user=self.user, email=email)
        if settings.ACCOUNT_EMAIL_VERIFICATION != "none":
            send_verification_email_to_address(request, address)
        messages.success(request, gettext("Your e-mail address is changed."))
        return address


class PictureStorageForm(forms.ModelForm):
    """What is kept of pictures that are sent from now on."""

    class Meta:
        model = User
        fields = ["keeps"]
        widgets = {"keeps": forms.RadioSelect}


class EraseForm(forms.Form):
    """How much goes."""

    ORIGINALS, RESULTS = "originals", "results"

    what = forms.ChoiceField(
        label=_("What shall be erased?"),
        choices=[
            (ORIGINALS, _("The originals; results and previews stay")),
            (RESULTS, _("All results, with everything that is kept of the pictures")),
        ],
        widget=forms.RadioSelect,
    )
    sure = forms.BooleanField(label=_("I understand that nobody can bring it back."))


class SureForm(forms.Form):
    """The last word before something is gone."""

    sure = forms.BooleanField(label=_("I understand that nobody can bring it back."))
