"""Pages and the history API of an account, beside allauth's own pages."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts import views, webhooks_urls
from accounts.api import HistoryViewSet

app_name = "accounts"

router = SimpleRouter(use_regex_path=False)
router.register("history", HistoryViewSet, basename="api-history")

urlpatterns = [
    path("accounts/history/", views.history, name="history"),
    path("accounts/settings/", views.profile, name="settings"),
    path("accounts/delete/", views.delete, name="delete"),
    path("accounts/tokens/", views.tokens, name="tokens"),
    path(
        "accounts/tokens/<slug:token_key>/revoke/",
        views.token_revoke,
        name="token_revoke",
    ),
    *webhooks_urls.urlpatterns,
    path("api/v1/", include(router.urls)),
]
