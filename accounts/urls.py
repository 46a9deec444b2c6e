"""Pages and the history API of an account, beside allauth's own pages."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from accounts import (
    data_views,
    history_views,
    settings_views,
    token_views,
    webhooks_urls,
)
from accounts.api import HistoryViewSet
from accounts.history_schema import history_docs

app_name = "accounts"

router = SimpleRouter(use_regex_path=False)
router.register("history", HistoryViewSet, basename="api-history")

urlpatterns = [
    path("accounts/history/", history_views.history, name="history"),
    path(
        "accounts/history/export/<slug:kind>/",
        history_views.history_export,
        name="history_export",
    ),
    path(
        "accounts/history/selection/",
        history_views.history_selection,
        name="history_selection",
    ),
    path("accounts/settings/", settings_views.profile, name="settings"),
    path("accounts/delete/", data_views.delete, name="delete"),
    path("accounts/data/", data_views.holdings, name="holdings"),
    path("accounts/data/download/", data_views.download, name="download"),
    path("accounts/data/erase/", data_views.erase, name="erase"),
    path(
        "accounts/sessions/<int:pk>/end/",
        settings_views.session_end,
        name="session_end",
    ),
    path("accounts/tokens/", token_views.tokens, name="tokens"),
    path(
        "accounts/tokens/<slug:token_key>/revoke/",
        token_views.token_revoke,
        name="token_revoke",
    ),
    path(
        "api/v1/openapi.json", SpectacularJSONAPIView.as_view(), name="history_openapi"
    ),
    path("api/v1/docs", history_docs, name="history_docs"),
    path("docs/api/", token_views.api_guide, name="api_guide"),
    *webhooks_urls.urlpatterns,
    path("api/v1/", include(router.urls)),
]
