"""Pages that follow a verdict: the owner's appeal, its evidence, and the share link."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from classifier.appeal_forms import ConsentForm, DisputeForm, EvidenceForm, ShareForm
from classifier.disputes import (
    DisputeRefused,
    dispute_attach,
    dispute_consent,
    dispute_evidence,
    dispute_open,
)
from classifier.media import download_response, media_response
from classifier.models import Dispute, ShareLink, Submission
from classifier.presentation import present, share_card
from classifier.problems import problem_of
from classifier.selectors import submission_visible_to
from classifier.sharing import share_create, share_revoke, shared_submission
from classifier.throttling import TooManyRequests, count_request


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def dispute(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Say that a verdict is wrong, what is true and why."""
    submission = _owned(request, submission_id)
    sent = request.method == "POST"
    form = DisputeForm(request.POST, request.FILES) if sent else DisputeForm()
    if sent and form.is_valid():
        try:
            count_request(request, request.user, pictures=0)
            dispute_open(submission=submission, **form.cleaned_data)
        except TooManyRequests as error:
            return too_many(request, error)
        except DisputeRefused as error:
            form.add_error(
                "truth" if error.code == "same_verdict" else None, str(error)
            )
        else:
            messages.success(
                request, gettext("Your appeal is sent. A reviewer will look at it.")
            )
            return redirect(submission)
    return render(
        request,
        "classifier/dispute.html",
        {
            "form": form,
            "submission": submission,
            "result": present(submission.latest_prediction),
        },
        status=400 if form.is_bound and form.errors else 200,
    )


@require_POST
def attach(request: HttpRequest, submission_id: UUID, dispute_id: UUID) -> HttpResponse:
    """Add evidence to an appeal that is not decided."""
    found = _dispute(request, submission_id, dispute_id)
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, form.errors["evidence"][0])
        return redirect(found.submission)
    try:
        count_request(request, request.user, pictures=0)
        dispute_attach(dispute=found, evidence=form.cleaned_data["evidence"])
    except TooManyRequests as error:
        return too_many(request, error)
    except DisputeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, gettext("The file is attached."))
    return redirect(found.submission)


@require_POST
def consent(
    request: HttpRequest, submission_id: UUID, dispute_id: UUID
) -> HttpResponse:
    """Give or take back the consent to train on the picture."""
    found = _dispute(request, submission_id, dispute_id)
    form = ConsentForm(request.POST)
    allowed = form.is_valid() and form.cleaned_data["training_consent"]
    dispute_consent(dispute=found, training_consent=allowed)
    messages.success(
        request,
        gettext("The picture may be used for training.")
        if allowed
        else gettext("The picture will not be exported for training any more."),
    )
    return redirect(found.submission)


@require_safe
def evidence(
    request: HttpRequest, submission_id: UUID, evidence_id: int
) -> HttpResponseBase:
    """The owner's own evidence, to save."""
    submission = _owned(request, submission_id)
    found = dispute_evidence(submission=submission, evidence_id=evidence_id)
    if found is None:
        raise Http404
    return download_response(found.file, found.name)


@require_POST
def share(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Make a link, or a new one in the place of the old."""
    submission = _owned(request, submission_id)
    form = ShareForm(request.POST)
    with_picture = form.is_valid() and form.cleaned_data["with_picture"]
    share_create(submission=submission, with_picture=with_picture)
    messages.success(
        request, gettext("The link is ready. Whoever has it sees this result.")
    )
    return redirect(submission)


@require_POST
def unshare(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Revoke the link."""
    submission = _owned(request, submission_id)
    share_revoke(submission=submission)
    messages.success(
        request, gettext("The link is revoked. Nobody can open it any more.")
    )
    return redirect(submission)


@require_safe
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """A result for whoever has its link; 404 once that is revoked."""
    submission, link = _shared(token)
    prediction = submission.latest_prediction
    context = {
        "submission": submission,
        "prediction": prediction,
        "result": present(prediction),
        "correction": submission.correction,
        "flipped_from": submission.flipped_from,
        "link": link,
        "card": share_card(submission, link),
    }
    return _unlisted(render(request, "classifier/shared.html", context))


@require_safe
@never_cache
def shared_picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """The preview, where the owner shares it."""
    submission, link = _shared(token)
    if not link.with_picture:
        raise Http404
    response = media_response(submission.preview)
    # A revoked link must not live on in a cache.
    response["Cache-Control"] = "private, no-store"
    return _unlisted(response)


def too_many(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    """The page for a visitor over the limit."""
    problem = problem_of(error)
    context = {"problem": problem}
    response = render(request, "429.html", context, status=problem.status)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _owned(request: HttpRequest, submission_id: UUID) -> Submission:
    """The person's own submission; anybody else finds nothing here."""
    user = request.user
    found = user.is_authenticated and submission_visible_to(
        user=user, session_ids=(), submission_id=submission_id
    )
    if not found:
        raise Http404
    return found


def _dispute(request: HttpRequest, submission_id: UUID, dispute_id: UUID) -> Dispute:
    submission = _owned(request, submission_id)
    found = submission.disputes.filter(pk=dispute_id).first()
    if found is None:
        raise Http404
    return found


def _shared(token: str) -> tuple[Submission, ShareLink]:
    found = shared_submission(token=token)
    if found is None:
        raise Http404
    return found


def _unlisted(response: HttpResponseBase) -> HttpResponseBase:
    """Neither search engines nor linked sites learn the address."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # With no-referrer browsers would send forms, such as the switch of language, with
    # `Origin: null`, which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
