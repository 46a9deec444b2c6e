"""Appeals: an owner disputes a verdict, a reviewer labels blind and decides.

The states and the only ways between them are `TRANSITIONS`; every write goes through a
function below, which locks the row first.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from classifier.dispute_models import DisputeStatus, ReviewLabel
from classifier.files import store_file
from classifier.history_columns import history_refresh
from classifier.models import Dispute, Evidence, Submission, Verdict
from classifier.names import clean_name

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.core.files.uploadedfile import UploadedFile

logger = logging.getLogger(__name__)

TRANSITIONS: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    DisputeStatus.OPEN: frozenset({DisputeStatus.REVIEWED}),
    DisputeStatus.REVIEWED: frozenset({DisputeStatus.UPHELD, DisputeStatus.CORRECTED}),
    DisputeStatus.UPHELD: frozenset(),
    DisputeStatus.CORRECTED: frozenset(),
}
MAX_EVIDENCE = 5


class DisputeRefused(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The step is not possible; `str(error)` says why and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def dispute_open(
    *,
    submission: Submission,
    truth: str,
    reason: str,
    link: str = "",
    training_consent: bool = False,
    evidence: UploadedFile | None = None,
) -> Dispute:
    """Store an owner's appeal against the newest prediction, with its evidence.

    Raises `DisputeRefused` with `same_verdict`, `already_pending`, `already_decided`
    or `already_corrected`.
    """
    prediction = submission.latest_prediction
    _check_disputable(submission, truth)
    try:
        with ExitStack() as undo, transaction.atomic():
            dispute = Dispute.objects.create(
                submission=submission,
                prediction=prediction,
                truth=truth,
                reason=reason,
                link=link,
                training_consent=training_consent,
            )
            if evidence is not None:
                _evidence_create(dispute, evidence, undo)
            history_refresh(submission_id=submission.pk)
            undo.pop_all()
    except IntegrityError as error:
        raise _pending() from error
    return dispute


def dispute_attach(*, dispute: Dispute, evidence: UploadedFile) -> Evidence:
    """Add a file to an appeal that nobody has decided yet.

    Raises `DisputeRefused` with `decided` or `too_many_files`.
    """
    with ExitStack() as undo, transaction.atomic():
        locked = _locked(dispute.pk)
        if not locked.is_pending:
            raise DisputeRefused(
                "decided",
                gettext("This appeal is decided; no evidence can be added to it."),
            )
        if locked.evidence.count() >= MAX_EVIDENCE:
            raise DisputeRefused(
                "too_many_files",
                gettext(
                    "An appeal holds at most %(count)d files. Put more into one "
                    "archive, or send a link."
                )
                % {"count": MAX_EVIDENCE},
            )
        stored = _evidence_create(locked, evidence, undo)
        undo.pop_all()
    return stored


def dispute_consent(*, dispute: Dispute, training_consent: bool) -> None:
    """Give or take back the consent to train on the picture."""
    Dispute.objects.filter(pk=dispute.pk).update(training_consent=training_consent)


def dispute_review(
    *, dispute: Dispute, reviewer: AbstractBaseUser, label: str
) -> Dispute:
    """Store what a reviewer sees, before they may see the verdict.

    Raises `DisputeRefused` with `own_dispute` or `wrong_state`.
    """
    with transaction.atomic():
        locked = _locked(dispute.pk)
        if locked.submission.owner_id == reviewer.pk:
            raise DisputeRefused(
                "own_dispute",
                gettext("This is your own appeal. Somebody else must review it."),
            )
        _advance(locked, DisputeStatus.REVIEWED)
        locked.reviewer_id = reviewer.pk
        locked.reviewer_label = ReviewLabel(label)
        locked.reviewed_at = timezone.now()
        locked.save()
    return locked


def dispute_decide(
    *,
    dispute: Dispute,
    reviewer: AbstractBaseUser,
    outcome: str,
    note: str,
    page_url: str,
) -> Dispute:
    """Let the verdict stand or supersede it by the blind label, and tell the owner.

    Raises `DisputeRefused`: `wrong_state`, `other_reviewer` or `nothing_to_correct`.
    """
    with transaction.atomic():
        locked = _locked(dispute.pk)
        _advance(locked, DisputeStatus(outcome))
        if locked.reviewer_id != reviewer.pk:
            raise DisputeRefused(
                "other_reviewer",
                gettext("Whoever labelled the picture decides this appeal."),
            )
        if not can_decide(dispute=locked, outcome=outcome):
            raise DisputeRefused(
                "nothing_to_correct",
                gettext(
                    "Your label is the verdict that was given; the verdict can only "
                    "stand."
                ),
            )
        locked.decision_note = note
        locked.decided_at = timezone.now()
        locked.save()
        if locked.status == DisputeStatus.CORRECTED:
            Submission.objects.filter(pk=locked.submission_id).update(correction=locked)
        history_refresh(submission_id=locked.submission_id)
        transaction.on_commit(lambda: _tell_owner(locked, page_url), robust=True)
    return locked


def can_decide(*, dispute: Dispute, outcome: str) -> bool:
    """A correction needs a blind label that differs from the verdict."""
    agrees = dispute.reviewer_label == dispute.prediction.verdict
    return not (agrees and outcome == DisputeStatus.CORRECTED)


def confirmed_label(*, dispute: Dispute) -> str | None:
    """What is known to be true of the picture after the decision, if anything.

    A correction confirms its label; a verdict that stands is confirmed only where the
    blind label agreed. `None` for anything else and for what cannot be told.
    """
    label = dispute.reviewer_label
    agrees = label == dispute.prediction.verdict
    decided = dispute.status == DisputeStatus.CORRECTED or (
        dispute.status == DisputeStatus.UPHELD and agrees
    )
    return label if decided and label != ReviewLabel.UNCERTAIN else None


def can_dispute(*, submission: Submission) -> bool:
    """Whether the owner may appeal now."""
    try:
        _check_disputable(submission, truth="")
    except DisputeRefused:
        return False
    return True


def dispute_evidence(*, submission: Submission, evidence_id: int) -> Evidence | None:
    """A file of one of the submission's appeals."""
    found = Evidence.objects.select_related("dispute")
    return found.filter(dispute__submission=submission, pk=evidence_id).first()


def review_evidence(*, dispute_id: UUID, evidence_id: int) -> Evidence | None:
    """A file of the appeal, for a reviewer."""
    return Evidence.objects.filter(dispute=dispute_id, pk=evidence_id).first()


def _check_disputable(submission: Submission, truth: str) -> None:
    prediction = submission.latest_prediction
    if submission.correction_id:
        raise DisputeRefused(
            "already_corrected", gettext("A reviewer corrected this verdict already.")
        )
    disputes = list(submission.disputes.all())
    if any(dispute.is_pending for dispute in disputes):
        raise _pending()
    if any(dispute.prediction_id == prediction.pk for dispute in disputes):
        raise DisputeRefused(
            "already_decided",
            gettext(
                "A reviewer decided about this verdict. You can appeal again when a "
                "new model has judged the picture."
            ),
        )
    if truth == prediction.verdict:
        said = Verdict(prediction.verdict).label
        raise DisputeRefused(
            "same_verdict",
            gettext("The verdict says so already: %(verdict)s. Choose the other.")
            % {"verdict": said},
        )


def _pending() -> DisputeRefused:
    return DisputeRefused(
        "already_pending",
        gettext(
            "Your appeal is waiting for a reviewer already; add evidence to it instead."
        ),
    )


def _locked(dispute_id: UUID) -> Dispute:
    """The row, locked until the end of the transaction (where the database can)."""
    return (
        Dispute.objects.select_for_update(of=("self",))
        .select_related("submission", "prediction")
        .get(pk=dispute_id)
    )


def _advance(dispute: Dispute, to: DisputeStatus) -> None:
    now = DisputeStatus(dispute.status)
    if to not in TRANSITIONS[now]:
        raise DisputeRefused(
            "wrong_state",
            gettext("This appeal is “%(status)s”; this step is not open to it.")
            % {"status": now.label},
        )
    dispute.status = to


def _evidence_create(dispute: Dispute, file: UploadedFile, undo: ExitStack) -> Evidence:
    """Keep the bytes as they came, under a name that says nothing."""
    content = file.read()
    return Evidence.objects.create(
        dispute=dispute,
        file=store_file("evidence", content, undo),
        name=clean_name(file.name or "") or "evidence",
        byte_size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _tell_owner(dispute: Dispute, page_url: str) -> None:
    owner = dispute.submission.owner
    if not owner.email:
        return
    context = {"dispute": dispute, "owner": owner, "page_url": page_url}
    # The language in use is the reviewer's; nobody knows the owner's here.
    with translation.override(settings.LANGUAGE_CODE):
        status = dispute.get_status_display()
        send_mail(
            gettext("Your appeal: %(status)s") % {"status": status.lower()},
            render_to_string("classifier/email/dispute_decided.txt", context),
            settings.DEFAULT_FROM_EMAIL,
            [owner.email],
        )
    logger.info("Told the owner of submission %s.", dispute.submission_id)
