"""Staff see other people's pictures: the site may ask more of them to log in."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext


class StaffMfaMiddleware:
    """With `STAFF_MFA` the admin opens only to people with a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Lead staff without one to the page where they set it up."""
        if (
            settings.STAFF_MFA
            and request.path.startswith(reverse("admin:index"))
            and request.user.is_staff
            and not is_mfa_enabled(request.user)
        ):
            messages.warning(
                request,
                gettext(
                    "The administration needs a second step at log-in. "
                    "Set up an authenticator app or a passkey first."
                ),
            )
            return redirect("mfa_index")
        return self.get_response(request)
