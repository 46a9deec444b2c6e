"""Pages: send a picture, read the result, delete it."""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from classifier.callers import remember_submission, visible_submission
from classifier.explanation import explain
from classifier.follow_up import follow_up
from classifier.inference.images import FORMAT_NAMES
from classifier.models import Source, Submission
from classifier.presentation import present
from classifier.problems import EXPECTED_ERRORS, Problem, problem_of
from classifier.remote import fetch_picture
from classifier.services import submission_create, submission_delete
from classifier.throttling import count_request
from classifier.uploads import uploaded_file

FORMATS = re.split(", | or ", FORMAT_NAMES)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def upload(request: HttpRequest) -> HttpResponse:
    """The upload page; without JavaScript its forms post one picture here."""
    if request.method != "POST":
        return _upload_page(request)
    address = None
    try:
        address = request.POST.get("address")
        return redirect(_submit(request, address))
    except EXPECTED_ERRORS as error:
        return refused_upload(request, problem_of(error), address or "")


@require_safe
@never_cache
def submission(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The result of one picture, for its owner or the session that sent it."""
    found = visible_submission(request, submission_id)
    return render(
        request,
        "classifier/submission.html",
        {
            "submission": found,
            "prediction": found.latest_prediction,
            "result": present(found.latest_prediction),
            **explain(found),
            **follow_up(found),
        },
    )


@require_POST
def delete(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Delete a picture and its result for good."""
    found = visible_submission(request, submission_id)
    submission_delete(submission=found)
    messages.success(request, gettext("The result is deleted."))
    return redirect("accounts:history" if found.owner_id else "classifier:upload")


def refused_upload(
    request: HttpRequest, problem: Problem, address: str = ""
) -> HttpResponse:
    """The upload page with what went wrong and what to do; the body is not read."""
    return _upload_page(request, problem, address)


def _upload_page(
    request: HttpRequest, problem: Problem | None = None, address: str = ""
) -> HttpResponse:
    context = {
        "problem": problem,
        "address": address,
        "by_address": settings.FETCH_BY_ADDRESS,
        "formats": get_text_list(FORMATS, gettext("or")),
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "max_megabytes": f"{settings.MAX_UPLOAD_BYTES / 2**20:g}",
        "max_megapixels": settings.MAX_IMAGE_PIXELS // 1_000_000,
    }
    response = render(
        request,
        "classifier/upload.html",
        context,
        status=problem.status if problem else 200,
    )
    for name, value in (problem.headers if problem else {}).items():
        response[name] = value
    return response


def _submit(request: HttpRequest, address: str | None) -> Submission:
    user = request.user if request.user.is_authenticated else None
    count_request(request, user)
    data, name = _picture(request, address)
    answer = submission_create(
        owner=user,
        data=data,
        name=name,
        source=Source.PAGE,
        stability=True,
    )
    if user is None:
        remember_submission(request, answer.submission)
    return answer.submission


def _picture(request: HttpRequest, address: str | None) -> tuple[bytes, str]:
    """Bytes and name of the one picture, from the form for files or for addresses."""
    if address is not None:
        picture = fetch_picture(address)
        return picture.data, picture.name
    file = uploaded_file(request)
    return file.read(), file.name or ""
