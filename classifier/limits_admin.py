"""What staff allow single people; registered by `classifier.admin`."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext as _

from classifier.limits_models import UserLimits
from classifier.throttling import daily_quota, quota_today


@admin.register(UserLimits)
class UserLimitsAdmin(admin.ModelAdmin):
    """Raise or lower the daily quota of a person."""

    list_display = ["user", "allowed", "used_today"]
    list_select_related = ["user__limits"]
    search_fields = ["user__username", "user__email"]
    autocomplete_fields = ["user"]

    @admin.display(description="Pictures a day")
    def allowed(self, limits: UserLimits) -> int:
        """What holds: the own number, or the site's."""
        return daily_quota(limits.user)

    @admin.display(description="Used today")
    def used_today(self, limits: UserLimits) -> str:
        """Such as “12 of 200”."""
        quota = quota_today(user=limits.user)
        return _("%(used)d of %(most)d") % {"used": quota.used, "most": quota.most}
