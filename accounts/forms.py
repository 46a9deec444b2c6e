"""Forms of the account pages; allauth's own with labels instead of placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User

RULES_IN_ONE_LINE = (
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
                field.label = "E-mail address"
            if name == "password1":
                field.help_text = RULES_IN_ONE_LINE


class LoginForm(PlainFields, allauth_forms.LoginForm):
    """Log in with either name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or e-mail"
        self.fields["remember"].label = "Stay logged in"


class SignupForm(PlainFields, allauth_forms.SignupForm):
    """A new account."""


class ChangePasswordForm(PlainFields, allauth_forms.ChangePasswordForm):
    """A new password for somebody who knows the old one."""


class ResetPasswordForm(PlainFields, allauth_forms.ResetPasswordForm):
    """Ask for a link by e-mail."""


class ResetPasswordKeyForm(PlainFields, allauth_forms.ResetPasswordKeyForm):
    """A new password for somebody who followed the link."""


class PasswordConfirmation(forms.Form):
    """Proof that the person at the keyboard owns the account.

    `password` is checked where `password_is_needed` says so.
    """

    password = forms.CharField(
        label="Current password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def password_is_needed(self) -> bool:
        """Whether this request changes something that matters."""
        return True

    def clean(self) -> dict[str, Any] | None:
        """Add an error to `password` where it is needed and wrong."""
        cleaned = super().clean()
        given = self.cleaned_data.get("password", "")
        if self.password_is_needed() and not self.user.check_password(given):
            self.add_error("password", "This is not your current password.")
        return cleaned


class ProfileForm(PasswordConfirmation):
    """The names that one logs in with."""

    username = User._meta.get_field("username").formfield(help_text="")
    email = forms.EmailField(label="E-mail address", max_length=254)

    field_order = ["username", "email", "password"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"username": user.username, "email": user.email}
        super().__init__(*args, user=user, **kwargs)
        self.fields["password"].help_text = "Only needed to change the e-mail address."

    def clean_username(self) -> str:
        """Refuse a name that somebody else has, whatever its case."""
        name = self.cleaned_data["username"]
        others = User.objects.exclude(pk=self.user.pk)
        if others.filter(username__iexact=name).exists():
            raise ValidationError("Somebody else has this username.")
        return name

    def clean_email(self) -> str:
        """Refuse an address that somebody else has, whatever its case."""
        email = self.cleaned_data["email"].lower()
        others = User.objects.exclude(pk=self.user.pk)
        if others.filter(email__iexact=email).exists():
            raise ValidationError("Somebody else has this e-mail address.")
        return email

    def password_is_needed(self) -> bool:
        """A new address could take the account over by a password reset."""
        return self.cleaned_data.get("email") != self.user.email


class DeleteAccountForm(PasswordConfirmation):
    """The last word before everything is gone."""


class HistoryFilterForm(forms.Form):
    """Which part of the history to show."""

    label = forms.ChoiceField(
        choices=[("ai", "AI"), ("human", "Human"), ("uncertain", "Uncertain")],
        required=False,
    )
