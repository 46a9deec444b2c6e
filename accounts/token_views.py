"""API tokens, and the page that explains the API."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import services
from accounts.models import ApiToken
from accounts.snippets import PLACEHOLDER, snippets
from accounts.token_forms import TokenForm
from classifier.throttling import quota_today

LIMITS = ("THROTTLE_ANON", "THROTTLE_USER", "THROTTLE_TOKEN", "DAILY_QUOTA")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's API tokens, and a new one, which this response alone shows."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    secret = None
    if request.method == "POST" and form.is_valid():
        try:
            secret = _create(request, form)
        except services.TooManyTokens:
            form.add_error(
                None,
                _("You have %(most)d tokens, the most there may be. Revoke one first.")
                % {"most": services.MAX_TOKENS},
            )
        else:
            form = TokenForm()
    return render(
        request,
        "accounts/tokens.html",
        {
            "form": form,
            "secret": secret,
            "tokens": ApiToken.objects.filter(user=request.user),
            "quota": quota_today(user=request.user),
            "operations": snippets(request, token=secret) if secret else None,
        },
    )


@require_POST
@login_required
def token_revoke(request: HttpRequest, token_key: str) -> HttpResponse:
    """Make a token worthless; 404 for one that is not the person's own."""
    if not services.token_revoke(user=request.user, token_key=token_key):
        raise Http404
    messages.success(request, _("The token is revoked."))
    return redirect("accounts:tokens")


@require_safe
def api_guide(request: HttpRequest) -> HttpResponse:
    """How a program uses the API, with examples to copy."""
    return render(
        request,
        "accounts/api_guide.html",
        {
            "operations": snippets(request),
            "placeholder": PLACEHOLDER,
            "limits": {name: getattr(settings, name) for name in LIMITS},
        },
    )


def _create(request: HttpRequest, form: TokenForm) -> str:
    _row, secret = services.token_create(
        user=request.user,
        name=form.cleaned_data["name"],
        lifetime=form.lifetime,
        scopes=form.cleaned_data["scopes"],
    )
    return secret
