"""The one NinjaAPI of the project: who may call, and how errors look."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router
from ninja.errors import HttpError, ValidationError
from ninja.responses import Status
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from accounts.auth import token_from_bearer
from classifier.address_api import router as address_router
from classifier.api import refuse_other_methods
from classifier.api import router as classifier_router
from classifier.batches_api import router as batches_router
from classifier.callers import Caller
from classifier.models import Source
from classifier.problems import EXPECTED_ERRORS, Problem, problem_of
from detector_site import APP_VERSION
from detector_site.health import HealthOut, health_report
from detector_site.openapi import DocumentedApi

CSRF_HEADER = "X-CSRFToken"


class Refused(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The caller is not who they say they are."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


INVALID_TOKEN = Problem(
    401,
    "invalid_token",
    "The token is not valid. Send Authorization: Bearer TOKEN with a token from your "
    "account's page, or no Authorization header.",
)
ACCOUNT_NEEDED = Problem(
    401,
    "account_needed",
    "Batches need an account. Log in, or send Authorization: Bearer TOKEN with a token "
    "from your account's page.",
)
CSRF_FAILED = Problem(
    403, "csrf_failed", _("The security check failed. Reload the page and try again.")
)


class BearerToken(HttpBearer):
    """A token of the account's page. A bad one ends here: it is never anonymous."""

    def __call__(self, request: HttpRequest) -> Caller | None:
        """The caller, or None without an Authorization header."""
        if self.header not in request.headers:
            return None
        caller: Caller | None = super().__call__(request)
        if caller is None:
            raise Refused(INVALID_TOKEN)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller of a valid token."""
        found = token_from_bearer(token)
        if found is None:
            return None
        return Caller(found.user, Source.API, found.pk, tuple(found.scopes))


class SessionCookie(APIKeyCookie):
    """Somebody logged in on the site, from a page of the site."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        """The caller, or None when nobody is logged in."""
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        """The caller of a session; raises `Refused` when the CSRF check fails."""
        if not request.user.is_authenticated:
            return None
        _require_csrf(request)
        return Caller(request.user, Source.PAGE)


def anonymous(request: HttpRequest) -> Caller:
    """Anybody else; a CSRF token tells the upload page from a script."""
    if CSRF_HEADER not in request.headers:
        return Caller(None, Source.API)
    _require_csrf(request)
    return Caller(None, Source.PAGE)


def account_needed(request: HttpRequest) -> Caller:
    """Anybody else, where an account is needed; nothing of the body is read."""
    raise Refused(ACCOUNT_NEEDED)


def _require_csrf(request: HttpRequest) -> None:
    if check_csrf(request):
        raise Refused(CSRF_FAILED)


api = DocumentedApi(
    title="AI image detector",
    version=APP_VERSION,
    description="Tells AI-generated pictures from human-made ones.",
    urls_namespace="api",
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
)

health_router = Router(tags=["Operations"])


@health_router.get(
    "/health",
    url_name="health",
    operation_id="health",
    summary="Can this server do its work?",
    response={200: HealthOut, 503: HealthOut},
)
def health(request: HttpRequest, ready: bool = False) -> Status:
    """Answers without loading the model; `?ready=1` loads and warms it."""
    report = health_report(warm=ready)
    return Status(200 if report.status == "ok" else 503, report)


health_router.add_api_operation("/health", ["HEAD"], health, include_in_schema=False)
refuse_other_methods(health_router, "/health", "GET", "HEAD")

callers = [BearerToken(), SessionCookie(), anonymous]
api.add_router("", classifier_router, auth=callers)
api.add_router("", address_router, auth=callers)
api.add_router("", batches_router, auth=[*callers[:2], account_needed])
api.add_router("", health_router)


def _respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    body = {"detail": problem.detail, "code": problem.code}
    response = api.create_response(request, body, status=problem.status)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _expected(request: HttpRequest, error: Exception) -> HttpResponse:
    return _respond(request, problem_of(error))


for _error_type in EXPECTED_ERRORS:
    api.add_exception_handler(_error_type, _expected)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    response = _respond(request, error.problem)
    if error.problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Parameters of the wrong type, such as `?ready=perhaps`."""
    wrong = ", ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors)
    problem = Problem(422, "invalid_request", f"Correct the request: {wrong}.")
    return _respond(request, problem)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What django-ninja itself refuses."""
    return _respond(request, Problem(error.status_code, "refused", f"{error}."))
