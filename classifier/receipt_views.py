"""Downloads of a result, the public keys, and the check of a receipt."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classifier import receipts
from classifier.appeal_forms import VerifyForm
from classifier.appeal_views import too_many
from classifier.callers import visible_submission
from classifier.models import Verdict
from classifier.reports import report_pdf, stamped_picture
from classifier.signing import ReceiptInvalid, key_set
from classifier.throttling import TooManyRequests, count_request


@require_safe
@never_cache
def receipt(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The signed receipt of the newest answer."""
    submission = visible_submission(request, submission_id)
    try:
        content = receipts.receipt_for(
            submission=submission, prediction=submission.latest_prediction
        )
    except receipts.ReceiptsOff as error:
        return JsonResponse({"detail": str(error), "code": "receipts_off"}, status=404)
    response = JsonResponse(
        content, json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    return _as_file(response, f"receipt-{submission.sha256[:12]}.json")


@require_safe
@never_cache
def report(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The result as PDF."""
    submission = visible_submission(request, submission_id)
    pdf = report_pdf(
        submission=submission,
        prediction=submission.latest_prediction,
        page_url=request.build_absolute_uri(submission.get_absolute_url()),
        key_id=next(iter(receipts.public_keys()), "")
        if receipts.receipts_are_on()
        else "",
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    return _as_file(response, f"report-{submission.sha256[:12]}.pdf")


@require_safe
@never_cache
def stamped(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The preview with the verdict below it; anonymous pictures have none."""
    submission = visible_submission(request, submission_id)
    image = submission.preview and stamped_picture(
        submission=submission, prediction=submission.latest_prediction
    )
    if not image:
        raise Http404
    response = HttpResponse(image, content_type="image/jpeg")
    return _as_file(response, f"result-{submission.sha256[:12]}.jpg")


@require_safe
@cache_control(public=True, max_age=3600)
def keys(request: HttpRequest) -> HttpResponseBase:
    """The public keys of receipts as a JSON Web Key Set; other sites may read it."""
    response = JsonResponse(key_set(receipts.public_keys()))
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """Check a receipt, with the picture or without it. Nothing sent is kept."""
    sent = request.method == "POST"
    form = VerifyForm(request.POST, request.FILES) if sent else VerifyForm()
    context: dict[str, Any] = {
        "form": form,
        "has_keys": bool(receipts.public_keys()),
        "off": receipts.OFF,
    }
    if not sent or not context["has_keys"]:
        return render(request, "classifier/verify.html", context)
    try:
        user = request.user if request.user.is_authenticated else None
        count_request(request, user, pictures=0)
    except TooManyRequests as error:
        return too_many(request, error)
    if form.is_valid():
        try:
            checked = receipts.check_receipt(
                text=form.cleaned_data["receipt"], sha256=_sha256(form)
            )
        except ReceiptInvalid as error:
            context["invalid"] = receipts.INVALID[error.code]
        else:
            context |= {"checked": checked, "verdicts": _labels(checked.content)}
    failed = form.errors or "invalid" in context
    return render(
        request, "classifier/verify.html", context, status=400 if failed else 200
    )


def _sha256(form: VerifyForm) -> str:
    """Of the picture, or as the browser computed it; empty when there is none."""
    picture = form.cleaned_data["picture"]
    if picture is None:
        return form.cleaned_data["sha256"]
    return hashlib.sha256(picture.read()).hexdigest()


def _labels(content: dict[str, Any]) -> dict[str, str]:
    """The verdicts of the receipt in words."""
    corrected = content["correction"]
    return {
        "model": Verdict(content["verdict"]).label,
        "corrected": Verdict(corrected["verdict"]).label if corrected else "",
    }


def _as_file(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
