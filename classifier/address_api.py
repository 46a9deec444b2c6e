"""The JSON API by address: the picture is fetched, not sent."""

from __future__ import annotations

from ninja import Field, Router, Schema

from classifier.api import ApiRequest, refuse_other_methods
from classifier.callers import Scope, remember_submission
from classifier.models import Source
from classifier.openapi import (
    ADDRESS_CODES,
    ADDRESS_DESCRIPTIONS,
    ERROR_CODES,
    ERROR_DESCRIPTIONS,
    OPTIONAL_SECURITY,
    describe_errors,
)
from classifier.remote import MAX_ADDRESS_LENGTH, fetch_picture
from classifier.schemas import ErrorOut, PredictionOut, prediction_out
from classifier.services import submission_create
from classifier.throttling import count_request

ERRORS = (400, 401, 403, 404, 405, 413, 415, 422, 429, 503)

router = Router(tags=["Detector"])


class AddressIn(Schema):
    """Where the picture is."""

    address: str = Field(
        description="An https address without port, user name or password",
        max_length=MAX_ADDRESS_LENGTH,
        examples=["https://example.org/photo.jpg"],
    )


@router.post(
    "/predict/address",
    url_name="predict_address",
    operation_id="predictAddress",
    summary="Judge a picture by its address",
    response={200: PredictionOut, frozenset(ERRORS): ErrorOut},
    openapi_extra={
        "responses": describe_errors(
            *ERRORS,
            descriptions=ERROR_DESCRIPTIONS | ADDRESS_DESCRIPTIONS,
            codes=ERROR_CODES | ADDRESS_CODES,
        ),
        "security": OPTIONAL_SECURITY,
    },
)
def predict_address(
    request: ApiRequest, body: AddressIn, stability: bool = False
) -> PredictionOut:
    """Send the address of one picture; the site fetches it and answers as `/predict`.

    Only sites on the public internet are asked, over https and without cookies. Up to
    three redirects are followed.
    """
    caller = request.auth
    caller.require(Scope.PREDICT)
    count_request(request, caller.user)
    picture = fetch_picture(body.address)
    answer = submission_create(
        owner=caller.user,
        data=picture.data,
        name=picture.name,
        source=caller.source,
        stability=stability,
    )
    if caller.user is None and caller.source == Source.PAGE:
        remember_submission(request, answer.submission)
    return prediction_out(request, answer)


refuse_other_methods(router, "/predict/address", "POST")
