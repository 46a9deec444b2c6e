"""Addresses of the pages of webhooks."""

from __future__ import annotations

from django.urls import path

from accounts import webhooks_views as views

urlpatterns = [
    path("accounts/webhooks/", views.endpoints, name="webhooks"),
    path("accounts/webhooks/<uuid:endpoint_id>/", views.endpoint, name="webhook"),
    path(
        "accounts/webhooks/<uuid:endpoint_id>/renew/",
        views.renew,
        name="webhook_renew",
    ),
    path(
        "accounts/webhooks/<uuid:endpoint_id>/test/",
        views.send_test,
        name="webhook_test",
    ),
    path(
        "accounts/webhooks/<uuid:endpoint_id>/enable/",
        views.enable,
        name="webhook_enable",
    ),
    path(
        "accounts/webhooks/<uuid:endpoint_id>/delete/",
        views.delete,
        name="webhook_delete",
    ),
]
