"""Where every address of the site leads."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView
from django.views.i18n import set_language

from accounts.settings_views import ChangeEmailView, SessionsView
from detector_site.api import api
from detector_site.languages import script_texts
from detector_site.status import status
from operations.dashboard_views import dashboard_page
from operations.views import metrics

# The admin's own log-in form knows no rate limits.
admin.site.login = secure_admin_login(admin.site.login)

handler500 = "detector_site.errors.server_error"

urlpatterns = [
    path("", include("classifier.urls")),
    path("", api.urls),
    path("", include("accounts.urls")),
    path("accounts/email/", ChangeEmailView.as_view(), name="account_email"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/security/", include("allauth.mfa.urls")),
    path("accounts/sessions/", SessionsView.as_view(), name="usersessions_list"),
    path(
        "admin/dashboard/",
        admin.site.admin_view(dashboard_page),
        name="admin_dashboard",
    ),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("language/<slug:language>.js", script_texts, name="script_texts"),
    # What browsers ask for beside a page that names no icon, such as JSON.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("img/favicon.ico"))),
    path("status", status, name="status"),
    path("metrics", metrics, name="metrics"),
]
