"""Names of the account, and where it is logged in."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import services
from accounts.browsers import describe
from accounts.forms import UsernameForm


@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """The username, and the ways to the other settings."""
    form = UsernameForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        services.username_update(
            user=request.user, username=form.cleaned_data["username"]
        )
        messages.success(request, gettext("Your settings are saved."))
        return redirect("accounts:settings")
    pending = EmailAddress.objects.filter(user=request.user, primary=False).last()
    return render(
        request, "accounts/settings.html", {"form": form, "pending_address": pending}
    )


@method_decorator(never_cache, name="dispatch")
class ChangeEmailView(EmailView):
    """allauth's page for the one address of an account."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether addresses are confirmed by a link at all."""
        is_on = settings.ACCOUNT_EMAIL_VERIFICATION != "none"
        return {**super().get_context_data(**kwargs), "verification_is_on": is_on}


@method_decorator([login_required, never_cache], name="dispatch")
class SessionsView(ListUserSessionsView):
    """allauth's list; it ends all other sessions."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Note this session too: it may be from before sessions were noted."""
        UserSession.objects.create_from_request(request)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The sessions with their browsers in two words, the present one first."""
        context = super().get_context_data(**kwargs)
        context["rows"] = sorted(
            (
                {
                    "session": session,
                    "browser": describe(session.user_agent),
                    "is_current": session.is_current(),
                }
                for session in context["sessions"]
            ),
            key=lambda row: (row["is_current"], row["session"].last_seen_at),
            reverse=True,
        )
        return context


@require_POST
@login_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Log one browser out; 404 for one that is not the person's own."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    end_sessions(request, [session])
    messages.success(request, gettext("That browser is logged out."))
    return redirect("usersessions_list")
