"""Pages of webhooks: the list, one endpoint with its log, and what can be done."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import webhooks
from accounts.models import DeliveryState, WebhookEndpoint
from accounts.webhooks_forms import WebhookForm


@login_required
@never_cache
def endpoints(request: HttpRequest) -> HttpResponse:
    """The person's endpoints, and a new one, whose secret this answer alone shows."""
    mine = WebhookEndpoint.objects.filter(user=request.user)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and mine.count() >= webhooks.MAX_ENDPOINTS:
        messages.error(request, gettext("You have as many webhooks as there can be."))
        return redirect("accounts:webhooks")
    if request.method == "POST" and form.is_valid():
        endpoint, secret = webhooks.endpoint_create(
            user=request.user, **form.cleaned_data
        )
        return _page(request, endpoint, secret)
    context = {
        "form": form,
        "endpoints": mine,
        "is_full": mine.count() >= webhooks.MAX_ENDPOINTS,
    }
    return render(request, "accounts/webhooks.html", context)


@require_safe
@login_required
@never_cache
def endpoint(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """One endpoint and its last deliveries."""
    return _page(request, _own(request, endpoint_id))


@require_POST
@login_required
@never_cache
def renew(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """A new secret, which this answer alone shows."""
    found = _own(request, endpoint_id)
    return _page(request, found, webhooks.secret_renew(endpoint=found))


@require_POST
@login_required
def send_test(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Send a test and say how it went."""
    delivery = webhooks.endpoint_test(endpoint=_own(request, endpoint_id))
    if delivery.state == DeliveryState.DELIVERED:
        messages.success(request, gettext("The test was delivered."))
    elif delivery.last_status is not None:
        text = gettext("The test was answered %(status)s; it should be 200 to 299.")
        messages.error(request, text % {"status": delivery.last_status})
    else:
        text = gettext("The test could not be delivered: %(reason)s.")
        messages.error(request, text % {"reason": delivery.last_error})
    return redirect("accounts:webhook", endpoint_id)


@require_POST
@login_required
def enable(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Send to it again."""
    webhooks.endpoint_enable(endpoint=_own(request, endpoint_id))
    messages.success(request, gettext("The webhook is on again."))
    return redirect("accounts:webhook", endpoint_id)


@require_POST
@login_required
def delete(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Forget the endpoint and its log."""
    _own(request, endpoint_id).delete()
    messages.success(request, gettext("The webhook is deleted."))
    return redirect("accounts:webhooks")


def _own(request: HttpRequest, endpoint_id: UUID) -> WebhookEndpoint:
    """404 for one that is not the person's own."""
    return get_object_or_404(
        WebhookEndpoint.objects.select_related("user"),
        user=request.user,
        pk=endpoint_id,
    )


def _page(
    request: HttpRequest, found: WebhookEndpoint, secret: str | None = None
) -> HttpResponse:
    context = {
        "endpoint": found,
        "secret": secret,
        "deliveries": found.deliveries.all()[: webhooks.LOG_LENGTH],
    }
    return render(request, "accounts/webhook.html", context)
