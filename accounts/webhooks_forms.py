"""The form of a webhook."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import WebhookEndpoint
from accounts.webhooks_http import Undeliverable, check_reachable
from accounts.webhooks_models import SUBSCRIBABLE


class WebhookForm(forms.Form):
    """A new endpoint."""

    url = forms.URLField(
        label=_("Address"),
        max_length=WebhookEndpoint._meta.get_field("url").max_length,
        assume_scheme="https",
        help_text=_("An https address of your own program, on the public internet."),
    )
    events = forms.MultipleChoiceField(
        label=_("Tell it when"),
        choices=[(event.value, event.label) for event in SUBSCRIBABLE],
        initial=[SUBSCRIBABLE[0].value],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_url(self) -> str:
        """Refuse what could never be reached; each try looks again."""
        url = self.cleaned_data["url"]
        try:
            check_reachable(url)
        except Undeliverable as error:
            raise ValidationError(
                gettext("This address cannot be used: %(reason)s. Give another one."),
                params={"reason": error},
            ) from error
        return url
