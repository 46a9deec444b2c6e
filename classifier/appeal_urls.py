"""Pages that follow a verdict; part of `classifier.urls`."""

from __future__ import annotations

from django.urls import path

from classifier import appeal_views, receipt_views

RESULT = "submissions/<uuid:submission_id>"

urlpatterns = [
    path(f"{RESULT}/dispute/", appeal_views.dispute, name="dispute"),
    path(
        f"{RESULT}/dispute/<uuid:dispute_id>/evidence/",
        appeal_views.attach,
        name="attach",
    ),
    path(
        f"{RESULT}/dispute/<uuid:dispute_id>/consent/",
        appeal_views.consent,
        name="consent",
    ),
    path(
        f"{RESULT}/evidence/<int:evidence_id>", appeal_views.evidence, name="evidence"
    ),
    path(f"{RESULT}/share/", appeal_views.share, name="share"),
    path(f"{RESULT}/unshare/", appeal_views.unshare, name="unshare"),
    path("shared/<str:token>/", appeal_views.shared, name="shared"),
    path(
        "shared/<str:token>/picture", appeal_views.shared_picture, name="shared_picture"
    ),
    path(f"{RESULT}/receipt.json", receipt_views.receipt, name="receipt"),
    path(f"{RESULT}/report.pdf", receipt_views.report, name="report"),
    path(f"{RESULT}/stamped.jpg", receipt_views.stamped, name="stamped"),
    path("receipts/keys", receipt_views.keys, name="receipt_keys"),
    path("receipts/verify/", receipt_views.verify, name="verify"),
]
