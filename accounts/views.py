"""The account pages that allauth does not have."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import services
from accounts.forms import TokenForm
from accounts.models import ApiToken


@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's API tokens, and a new one, which this response alone shows."""
    form = TokenForm(request.POST or None)
    secret = None
    if request.method == "POST" and form.is_valid():
        _, secret = services.token_create(
            user=request.user, name=form.cleaned_data["name"], lifetime=form.lifetime
        )
        form = TokenForm()
    return render(
        request,
        "accounts/tokens.html",
        {
            "form": form,
            "secret": secret,
            "tokens": ApiToken.objects.filter(user=request.user),
            "predict_url": request.build_absolute_uri("/predict"),
        },
    )


@require_POST
@login_required
def token_revoke(request: HttpRequest, token_key: str) -> HttpResponse:
    """Make a token worthless; 404 for one that is not the person's own."""
    if not services.token_revoke(user=request.user, token_key=token_key):
        raise Http404
    messages.success(request, "The token is revoked.")
    return redirect("accounts:tokens")
