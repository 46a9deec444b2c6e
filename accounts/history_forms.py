"""The filters of the history as people and programs write them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.history_selectors import DEFAULT_SORT, SORTS, HistoryFilters, Sort
from classifier.models import FeedbackState, Source, Verdict

ANY = [("", _("Any"))]
VERDICTS = [
    (Verdict.AI, _("AI-generated")),
    (Verdict.HUMAN, _("Human-made")),
    (Verdict.UNCERTAIN, _("Uncertain")),
]
SOURCES = [(Source.PAGE, _("Upload page")), (Source.API, _("API"))]


class HistoryFilterForm(forms.Form):
    """Which part of the history to show, and in what order."""

    search = forms.CharField(
        label=_("Search by name"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=ANY + VERDICTS, required=False
    )
    source = forms.ChoiceField(
        label=_("Sent by"), choices=ANY + SOURCES, required=False
    )
    model = forms.CharField(label=_("Model version"), max_length=201, required=False)
    feedback = forms.ChoiceField(
        label=_("Appeal"), choices=ANY + FeedbackState.choices, required=False
    )
    date_from = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    date_to = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        choices=[(name, sort.label) for name, sort in SORTS.items()],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse dates the wrong way round."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("date_from"), cleaned.get("date_to")
        if first and last and first > last:
            raise ValidationError(
                {"date_to": _("The last day is before the first; swap them.")}
            )
        return cleaned

    @property
    def filters(self) -> HistoryFilters:
        """The filters that are valid; a field with an error leaves everything in."""
        self.is_valid()
        names = {field.name for field in fields(HistoryFilters)}
        given = {
            name: value
            for name, value in self.cleaned_data.items()
            if name in names and value
        }
        return HistoryFilters(**given)

    @property
    def order(self) -> Sort:
        """The chosen order, else the newest first."""
        self.is_valid()
        return SORTS[self.cleaned_data.get("sort") or DEFAULT_SORT]


class HistoryPageFilterForm(HistoryFilterForm):
    """The same on a page, which offers the model versions that there are."""

    MORE = ("date_from", "date_to", "source", "model", "feedback")

    model = forms.ChoiceField(label=_("Model version"), required=False)

    def __init__(self, *args: Any, models: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = ANY + [(model, model) for model in models]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The fields that stay folded up until they are used."""
        return [self[name] for name in self.MORE]

    @property
    def more_is_used(self) -> bool:
        """Whether one of them has a value."""
        return any(self.data.get(name) for name in self.MORE)


class HistoryApiFilterForm(HistoryFilterForm):
    """The same for programs, which may also go by the model's own label."""

    MAX_LIMIT = 200

    label = forms.ChoiceField(choices=ANY + VERDICTS, required=False)
    external_id = forms.CharField(max_length=100, required=False)
    limit = forms.IntegerField(min_value=1, max_value=MAX_LIMIT, required=False)


class UuidsField(forms.TypedMultipleChoiceField):
    """Any number of ids, whoever they belong to."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=UUID, **kwargs)

    def valid_value(self, value: str) -> bool:
        """The type alone matters; the queries ask for the owner."""
        return True


class SelectionForm(forms.Form):
    """What to do with the pictures that were selected."""

    MAX_SELECTED = 200

    action = forms.ChoiceField(
        choices=[(name, name) for name in ("delete", "recheck", "csv", "json")]
    )
    ids = UuidsField(
        error_messages={"required": _("Select at least one picture first.")}
    )

    def clean_ids(self) -> list[UUID]:
        """Refuse more than a page ever holds."""
        ids = self.cleaned_data["ids"]
        if len(ids) > self.MAX_SELECTED:
            raise ValidationError(
                _("Select at most %(limit)s pictures at once."),
                params={"limit": self.MAX_SELECTED},
            )
        return ids
