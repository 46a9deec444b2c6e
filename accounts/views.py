"""The account pages that allauth does not have."""

from __future__ import annotations

from allauth.account.internal.flows.email_verification import (
    send_verification_email_to_address,
)
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import services
from accounts.forms import (
    DeleteAccountForm,
    HistoryFilterForm,
    ProfileForm,
)
from classifier.selectors import submissions_of

HISTORY_PAGE_SIZE = 24


@require_safe
@login_required
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """The person's submissions, newest first, of one verdict or of all."""
    filters = HistoryFilterForm(request.GET)
    label = filters.cleaned_data["label"] if filters.is_valid() else ""
    submissions = submissions_of(user=request.user)
    if label:
        submissions = submissions.filter(final_verdict=label)
    page = Paginator(submissions, HISTORY_PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "accounts/history.html",
        {"page": page, "label": label, "labels": filters.fields["label"].choices},
    )


@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Username and e-mail address, and the ways to the other settings."""
    if limited := _limit_password_guesses(request):
        return limited
    form = ProfileForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        is_new = services.profile_update(
            user=request.user,
            username=form.cleaned_data["username"],
            email=form.cleaned_data["email"],
        )
        if is_new and settings.ACCOUNT_EMAIL_VERIFICATION != "none":
            address = EmailAddress.objects.get_primary(request.user)
            send_verification_email_to_address(request, address)
        messages.success(request, "Your settings are saved.")
        return redirect("accounts:settings")
    return render(request, "accounts/settings.html", {"form": form})


@login_required
@never_cache
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account and all that belongs to it, after the password."""
    if limited := _limit_password_guesses(request):
        return limited
    form = DeleteAccountForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        user = request.user
        logout(request)
        services.user_delete(user=user)
        messages.success(request, "Your account and your pictures are deleted.")
        return redirect("/")
    return render(request, "accounts/delete.html", {"form": form})


def _limit_password_guesses(request: HttpRequest) -> HttpResponse | None:
    """429 after too many tries; a stolen session must not find the password."""
    return ratelimit.consume_or_429(request, action="reauthenticate", user=request.user)
