"""People and tokens in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

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
