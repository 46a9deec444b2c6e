"""The form of a new API token."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, all_scopes
from classifier.callers import Scope

EXPIRY_CHOICES = [
    (7, _("In 7 days")),
    (30, _("In 30 days")),
    (90, _("In 90 days")),
    (365, _("In a year")),
    ("", _("Never")),
]


class TokenForm(forms.Form):
    """A name, what the token may do, and how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=ApiToken._meta.get_field("name").max_length,
        help_text=_("What will use it, for example “newsroom script”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        initial=all_scopes,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )
    expires_in_days = forms.TypedChoiceField(
        label=_("Expires"),
        choices=EXPIRY_CHOICES,
        initial=90,
        coerce=int,
        empty_value=None,
        required=False,
    )

    @property
    def lifetime(self) -> timedelta | None:
        """How long the token lives; None is for ever."""
        days = self.cleaned_data["expires_in_days"]
        return None if days is None else timedelta(days=days)
