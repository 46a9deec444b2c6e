"""Where every address of the site leads."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from detector_site.api import api

urlpatterns = [
    path("", include("classifier.urls")),
    path("", api.urls),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]
