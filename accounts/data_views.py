"""What we hold on a person: shown, taken home, erased."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache

from accounts import services
from accounts.archive import archive_entries
from accounts.forms import EraseForm, PictureStorageForm, SureForm
from accounts.holdings import holdings_of
from accounts.zip_stream import zip_stream


@login_required
@never_cache
def holdings(request: HttpRequest) -> HttpResponse:
    """Everything that is kept, why and how long; and what to keep from now on."""
    form = PictureStorageForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, gettext("Your choice is saved."))
        return redirect("accounts:holdings")
    return render(
        request,
        "accounts/holdings.html",
        {
            "form": form,
            "holdings": holdings_of(user=request.user),
            "anonymous_days": settings.RETENTION_ANONYMOUS_DAYS,
        },
    )


@login_required
@reauthentication_required
@never_cache
def download(request: HttpRequest) -> HttpResponseBase:
    """A page that says what comes, and with a POST the archive itself."""
    if request.method != "POST":
        return render(
            request,
            "accounts/download.html",
            {"holdings": [h for h in holdings_of(user=request.user) if h.count]},
        )
    limited = ratelimit.consume_or_429(
        request, action="download_all", user=request.user
    )
    if limited:
        return limited
    name = f"detector-{timezone.now():%Y-%m-%d}.zip"
    return StreamingHttpResponse(
        zip_stream(archive_entries(user=request.user)),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@login_required
@reauthentication_required
@never_cache
def erase(request: HttpRequest) -> HttpResponse:
    """Erase the originals or all results; the account stays."""
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["what"] == EraseForm.ORIGINALS:
            number = services.originals_erase(user=request.user)
            sentence = ngettext(
                "%(number)d original is erased.",
                "%(number)d originals are erased.",
                number,
            )
        else:
            number = services.pictures_erase(user=request.user)
            sentence = ngettext(
                "%(number)d result is erased with all its files.",
                "%(number)d results are erased with all their files.",
                number,
            )
        messages.success(request, sentence % {"number": number})
        return redirect("accounts:holdings")
    return render(
        request,
        "accounts/erase.html",
        {"form": form, "holdings": _of_pictures(request)},
    )


@login_required
@reauthentication_required
@never_cache
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account and all that belongs to it."""
    form = SureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = request.user
        logout(request)
        services.user_delete(user=user)
        messages.success(request, gettext("Your account and your data are erased."))
        return redirect("/")
    held = [h for h in holdings_of(user=request.user) if h.count]
    return render(request, "accounts/delete.html", {"form": form, "holdings": held})


def _of_pictures(request: HttpRequest) -> list:
    without = {"account", "authenticators", "sessions", "tokens"}
    held = holdings_of(user=request.user)
    return [h for h in held if h.count and h.key not in without]
