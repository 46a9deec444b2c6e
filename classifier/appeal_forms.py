"""Forms of the appeal, the share link and the check of a receipt."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import URLValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.dispute_models import Dispute, DisputeStatus, ReviewLabel, Truth

REASON_LENGTH = Dispute._meta.get_field("reason").max_length
LINK_LENGTH = Dispute._meta.get_field("link").max_length


class EvidenceForm(forms.Form):
    """One file, kept as it is and never opened."""

    evidence = forms.FileField(
        label=_("Evidence"),
        error_messages={
            "required": _("Choose a file to attach."),
            "empty": _("This file is empty. Choose the one you mean."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        size = f"{settings.MAX_UPLOAD_BYTES / 2**20:g} MB"
        self.fields["evidence"].help_text = gettext(
            "A RAW file, the original, a layered or unfinished version, a screenshot "
            "of the work: any file up to %(size)s. Only you and a reviewer can get it."
        ) % {"size": size}


class DisputeForm(EvidenceForm):
    """What the owner says is true, and why."""

    truth = forms.ChoiceField(
        label=_("What is true?"),
        choices=Truth.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who made the picture.")},
    )
    reason = forms.CharField(
        label=_("How do you know?"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "For example where and when it was taken, or with which program "
            "it was made."
        ),
        error_messages={"required": _("Say how you know; a sentence is enough.")},
    )
    link = forms.URLField(
        label=_("Link (optional)"),
        required=False,
        max_length=LINK_LENGTH,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("Where a reviewer can see more, such as an earlier publication."),
    )
    training_consent = forms.BooleanField(
        required=False,
        label=_(
            "You may train the detector with this picture and the reviewer’s label"
        ),
        help_text=_(
            "The stored preview is used, or the original if you attach exactly "
            "that file. You can take this back on the result’s page."
        ),
    )

    field_order = ("truth", "reason", "evidence", "link", "training_consent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].required = False
        self.fields["evidence"].label = _("Evidence (optional)")


class ConsentForm(forms.Form):
    """Whether the picture may be used for training."""

    training_consent = forms.BooleanField(required=False)


class ShareForm(forms.Form):
    """A link for others."""

    with_picture = forms.BooleanField(required=False, label=_("Show the picture too"))


class ReviewForm(forms.Form):
    """What the reviewer sees, before the verdict is shown."""

    label = forms.ChoiceField(
        label=_("What is this picture?"),
        choices=ReviewLabel.choices,
        widget=forms.RadioSelect,
    )


class DecisionForm(forms.Form):
    """The end of an appeal."""

    outcome = forms.ChoiceField(
        choices=[
            (DisputeStatus.CORRECTED.value, _("Correct the verdict to my label")),
            (DisputeStatus.UPHELD.value, _("Let the verdict stand")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Reason, which the owner reads"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, can_correct: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_correct:
            outcome = self.fields["outcome"]
            outcome.choices = outcome.choices[1:]
            outcome.initial = DisputeStatus.UPHELD.value


class VerifyForm(forms.Form):
    """A receipt as text or file, and the picture to compare, as file or SHA-256."""

    receipt = forms.CharField(
        label=_("Receipt"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("Paste the whole JSON text, or choose the file below."),
    )
    receipt_file = forms.FileField(label=_("Receipt file"), required=False)
    picture = forms.FileField(
        label=_("The picture (optional)"),
        required=False,
        help_text=_(
            "Only its SHA-256 is compared; your browser computes it where it "
            "can, and else the file is read here and thrown away."
        ),
    )
    sha256 = forms.RegexField(
        r"^[0-9a-fA-F]{64}$", required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any] | None:
        """One receipt, as text."""
        cleaned = super().clean()
        file = self.cleaned_data.get("receipt_file")
        text = self.cleaned_data.get("receipt", "")
        if file is not None:
            if file.size > self.fields["receipt"].max_length:
                self.add_error(
                    "receipt_file", _("This file is too large for a receipt.")
                )
                return cleaned
            text = file.read().decode("utf-8", errors="replace")
            self.cleaned_data["receipt"] = text
        if not text.strip() and not self.errors:
            self.add_error("receipt", _("Paste a receipt or choose its file."))
        return cleaned
