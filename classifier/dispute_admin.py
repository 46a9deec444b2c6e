"""The reviewers' queue: first a label without the verdict, then the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.appeal_forms import DecisionForm, ReviewForm
from classifier.dispute_models import DisputeStatus
from classifier.disputes import (
    DisputeRefused,
    can_decide,
    dispute_decide,
    dispute_review,
    review_evidence,
)
from classifier.media import download_response, media_response
from classifier.models import Dispute
from classifier.presentation import present


class StateFilter(admin.SimpleListFilter):
    """The queue is what waits; the rest is one click away."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, str]]:
        """Everything but what waits, which is the default."""
        return [("all", gettext("All")), *DisputeStatus.choices]

    def choices(self, changelist: Any) -> Any:  # noqa: ANN401 - Django's own types
        """The default is the queue instead of "All"."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": gettext("To do")}
        yield from rest

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Dispute]
    ) -> QuerySet[Dispute]:
        """Appeals of the state; without one those that are not decided."""
        if self.value() is None:
            return queryset.filter(decided_at__isnull=True)
        return (
            queryset if self.value() == "all" else queryset.filter(status=self.value())
        )


@admin.register(Dispute)
class DisputeAdmin(admin.ModelAdmin):
    """Oldest first. Neither the list nor an unlabelled appeal shows claim or verdict.

    Reviewers need the permission to change disputes, and no other: whoever may view
    submissions can look the verdict up.
    """

    list_display = ("__str__", "status", "created_at", "files", "reviewer")
    list_filter = (StateFilter,)
    ordering = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """With the number of files."""
        found = super().get_queryset(request).select_related("reviewer")
        return found.annotate(file_count=Count("evidence"))

    @admin.display(description=_("files"))
    def files(self, dispute: Dispute) -> int:
        """How much evidence there is."""
        return dispute.file_count

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Owners appeal, on the page of their result."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Dispute | None = None
    ) -> bool:
        """An appeal goes with its result."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The picture and the files, for reviewers."""
        return [
            path(
                "<uuid:pk>/picture/",
                self.admin_site.admin_view(self.picture),
                name="classifier_dispute_picture",
            ),
            path(
                "<uuid:pk>/evidence/<int:evidence_id>/",
                self.admin_site.admin_view(self.evidence),
                name="classifier_dispute_evidence",
            ),
            *super().get_urls(),
        ]

    def picture(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """The stored preview."""
        return media_response(self._dispute(request, pk).submission.preview)

    def evidence(
        self, request: HttpRequest, pk: UUID, evidence_id: int
    ) -> HttpResponseBase:
        """A file to save; open it only where a hostile file can do no harm."""
        dispute = self._dispute(request, pk)
        found = review_evidence(dispute_id=dispute.pk, evidence_id=evidence_id)
        if found is None:
            raise Http404
        return download_response(found.file, found.name)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The step that the appeal's state asks for."""
        dispute = self._dispute(request, object_id)
        can_correct = can_decide(dispute=dispute, outcome=DisputeStatus.CORRECTED)
        data = request.POST if request.method == "POST" else None
        if dispute.status == DisputeStatus.OPEN:
            form = ReviewForm(data)
        else:
            form = DecisionForm(data, can_correct=can_correct)
        if request.method == "POST" and form.is_valid():
            try:
                self._step(request, dispute, form.cleaned_data)
            except DisputeRefused as error:
                messages.error(request, str(error))
            # After the label the same address shows the verdict and the next step.
            return redirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": str(dispute),
            "dispute": dispute,
            "submission": dispute.submission,
            "form": form,
            "has_picture": bool(dispute.submission.preview),
            "list_url": reverse("admin:classifier_dispute_changelist"),
            # Statements of the file are evidence, not the detector's answer.
            "findings": present(dispute.prediction).findings,
            "can_correct": can_correct,
        }
        return render(request, "admin/classifier/dispute/review.html", context)

    def _step(
        self, request: HttpRequest, dispute: Dispute, values: dict[str, str]
    ) -> None:
        if "label" in values:
            dispute_review(
                dispute=dispute, reviewer=request.user, label=values["label"]
            )
            messages.info(
                request, gettext("Your label is stored. Now see the verdict.")
            )
            return
        page_url = dispute.submission.get_absolute_url()
        dispute_decide(
            dispute=dispute,
            reviewer=request.user,
            outcome=values["outcome"],
            note=values["note"],
            page_url=request.build_absolute_uri(page_url),
        )
        messages.success(request, gettext("Decided; the owner gets an e-mail."))

    def _dispute(self, request: HttpRequest, pk: UUID | str) -> Dispute:
        dispute = self.get_object(request, str(pk))
        if not self.has_change_permission(request, dispute):
            raise PermissionDenied
        if dispute is None:
            raise Http404
        return dispute
