"""People, tokens and second steps in the admin."""

from __future__ import annotations

from allauth.mfa.admin import AuthenticatorAdmin as OpenAuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from accounts.models import ApiToken, User

admin.site.register(User, UserAdmin)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """See and revoke tokens; nobody can make one for another person."""

    list_display = ["name", "user", "scopes", "created", "expiry", "last_used"]
    search_fields = ["name", "user__username", "user__email"]
    fields = ["name", "user", "scopes", "created", "expiry", "last_used"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown once, to its owner."""
        return False


# The heading of these in the admin: allauth's Arabic takes it for a ministry.
gettext_noop("MFA")

# allauth's own page shows the secrets.
admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(OpenAuthenticatorAdmin):
    """Remove the second step of somebody who lost it; its secret is not shown."""

    search_fields = ["user__username", "user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its owner can set one up."""
        return False
