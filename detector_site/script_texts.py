"""The translated texts of the scripts, as a script that the site serves itself."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

# Not the admin's own texts: no script outside the admin needs them.
PACKAGES = ["detector_site", "accounts", "classifier", "operations"]

_catalog = JavaScriptCatalog.as_view(packages=PACKAGES)


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def script_texts(request: HttpRequest) -> HttpResponse:
    """Define `gettext`, `ngettext` and `interpolate` for `?language=`.

    The address names the language (and the version), so that everybody who asks for it
    gets the same and it can be cached. Texts without a translation stay English.
    """
    with translation.override(_language(request)):
        return _catalog(request)


def _language(request: HttpRequest) -> str:
    try:
        return translation.get_supported_language_variant(
            request.GET.get("language", "")
        )
    except LookupError:
        return settings.LANGUAGE_CODE
