"""Pages of the classifier; its API is mounted by the project."""

from __future__ import annotations

from django.urls import path

from classifier import appeal_urls, explanation, views

app_name = "classifier"

urlpatterns = [
    path("", views.upload, name="upload"),
    path("how-it-works/", explanation.how_it_works, name="how_it_works"),
    path("submissions/<uuid:submission_id>/", views.submission, name="submission"),
    path("submissions/<uuid:submission_id>/delete/", views.delete, name="delete"),
    *appeal_urls.urlpatterns,
]
