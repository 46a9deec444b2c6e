"""Submitted pictures in the admin: facts to read and rows to delete."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from classifier import dispute_admin, limits_admin  # noqa: F401 - register themselves
from classifier.media import media_response
from classifier.models import Prediction, Submission, Verdict


class ReadOnly:
    """Results are facts: they are made by the detector and only ever deleted."""

    def has_add_permission(self, request: HttpRequest, *_: object) -> bool:
        """Nobody adds a result by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, *_: object) -> bool:
        """Nobody changes one."""
        return False


class PredictionInline(ReadOnly, admin.StackedInline):
    """The answers about one submission."""

    model = Prediction
    extra = 0
    can_delete = False
    fields = ("created_at", "model_name", "model_version", "engine", "verdict")
    fields += ("ai_probability", "elapsed_ms")
    readonly_fields = fields


class VerdictFilter(admin.SimpleListFilter):
    """By the newest verdict."""

    title = _("verdict")
    parameter_name = "verdict"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, str]]:
        """The three verdicts."""
        return list(Verdict.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Submission]
    ) -> QuerySet[Submission]:
        """Those of the chosen verdict."""
        return queryset.filter(verdict=self.value()) if self.value() else queryset


@admin.register(Submission)
class SubmissionAdmin(ReadOnly, admin.ModelAdmin):
    """What was submitted, newest first."""

    list_display = ("thumbnail", "__str__", "owner", "verdict", "source", "created_at")
    list_display_links = ("__str__",)
    list_filter = (VerdictFilter, "source", "format", "created_at")
    list_select_related = ("owner",)
    search_fields = ("original_name", "sha256", "owner__username", "owner__email")
    date_hierarchy = "created_at"
    inlines = (PredictionInline,)
    fields = ("thumbnail", "id", "owner", "original_name", "source", "created_at")
    fields += ("sha256", "byte_size", "width", "height", "format")
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        """The previews, for staff who may see submissions."""
        view = self.admin_site.admin_view(self.preview)
        name = "classifier_submission_preview"
        return [path("<uuid:pk>/preview/", view, name=name), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """The stored preview of any submission."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        submission = Submission.objects.filter(pk=pk).first()
        if submission is None:
            raise Http404
        return media_response(submission.preview)

    @admin.display(description=_("verdict"), ordering="verdict")
    def verdict(self, submission: Submission) -> str:
        """The newest verdict in words."""
        return str(Verdict(submission.verdict).label) if submission.verdict else "-"

    @admin.display(description=_("picture"))
    def thumbnail(self, submission: Submission) -> SafeString | str:
        """A small preview, where there is one."""
        if not submission.preview:
            return "-"
        url = reverse("admin:classifier_submission_preview", args=[submission.pk])
        return format_html('<img src="{}" alt="" height="64" loading="lazy">', url)
