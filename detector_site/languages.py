"""Which language a visitor reads: pages follow the visitor, APIs stay in English."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

# A script of ours shows what the API says, so its requests get the page's language.
PAGE_HEADER = "X-CSRFToken"
API_PREFIXES = ("/predict", "/api/", "/health", "/metrics", "/.well-known/")
PAGES_BELOW_API = ("/api/docs",)
YEAR_SECONDS = 365 * 24 * 3600


class LanguageMiddleware(LocaleMiddleware):
    """Django's choice of language (cookie, then Accept-Language), for pages only.

    What programs ask for is in English, without `Content-Language` and with no `Vary`
    on the language, so that answers stay the same and cacheable. Static files never
    get here: WhiteNoise answers before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language of this request; a thread keeps the last one's."""
        if not _for_programs(request):
            super().process_request(request)
            return
        language = settings.LANGUAGE_CODE
        if PAGE_HEADER in request.headers:
            language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say which language a page is in."""
        if _for_programs(request):
            return response
        return super().process_response(request, response)


def _for_programs(request: HttpRequest) -> bool:
    path = request.path_info
    if path.startswith(PAGES_BELOW_API):
        return False
    return path.startswith(API_PREFIXES) or path.endswith(".js")


@require_safe
def script_texts(request: HttpRequest, language: str) -> HttpResponse:
    """The scripts' translations: `gettext`, `ngettext` and `interpolate`.

    The language is in the address, and pages add the site's version to it, so browsers
    keep the file for a year.
    """
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        # One small app beside `locale/`: without a name it would hold the admin's too.
        catalog = JavaScriptCatalog.as_view(packages=["classifier"])
        response: HttpResponse = catalog(request)
    patch_cache_control(response, public=True, max_age=YEAR_SECONDS, immutable=True)
    return response
