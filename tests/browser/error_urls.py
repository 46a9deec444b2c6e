"""The site's addresses, and one for each error page: `/errors/404/` and its kin."""

from __future__ import annotations

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from classifier.problems import too_large
from detector_site.urls import handler500 as handler500
from detector_site.urls import urlpatterns as site_urls


def error(request: HttpRequest, name: str) -> HttpResponse:
    """The page of that error, as the site renders it."""
    if name == "500":
        raise RuntimeError("on purpose")
    if name == "503":
        raise OperationalError("on purpose")
    context = {"problem": too_large()}
    return render(request, f"{name}.html", context, status=int(name[:3]))


urlpatterns = [*site_urls, path("errors/<slug:name>/", error)]
