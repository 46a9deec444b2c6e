"""The page of figures for staff, inside the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from operations.dashboard import Dashboard, Drift, dashboard
from operations.drift import CHANGED, STEADY
from operations.metrics import requests_in_progress
from operations.plots import bars


@require_safe
@never_cache
def dashboard_page(request: HttpRequest) -> HttpResponse:
    """Figures for staff who may see submissions; `admin_view` has checked the log-in.

    Reviewers label appeals without knowing the verdict and mostly lack that right.
    """
    if not request.user.has_perm("classifier.view_submission"):
        raise PermissionDenied
    figures = dashboard()
    context = {
        **admin.site.each_context(request),
        "title": _("Dashboard"),
        "figures": figures,
        "requests": requests_in_progress(),
        **_drawings(figures),
    }
    return render(request, "admin/dashboard.html", context)


def _drawings(figures: Dashboard) -> dict[str, Any]:
    answers = sum(count for _verdict, count in figures.verdicts)
    return {
        "days": bars([(_day(day), count) for day, count in figures.days]),
        "weeks": bars([(_day(week), count) for week, count in figures.weeks]),
        "answers": answers,
        "verdicts": [
            (verdict, count, f"{count / answers:.1%}" if answers else "–")
            for verdict, count in figures.verdicts
        ],
        "latency": [(f"{p} %", f"{ms:,.0f} ms") for p, ms in figures.latency],
        "expected": figures.expected and [f"{s:.0%}" for s in figures.expected],
        "drift": [_drift_row(week) for week in figures.drift],
        "drift_bars": bars(
            [(_day(week.week), week.index or 0) for week in figures.drift], digits=3
        ),
    }


def _drift_row(week: Drift) -> dict[str, Any]:
    total = sum(week.counts)
    return {
        "week": _day(week.week),
        "pictures": total,
        "shares": [f"{count / total:.0%}" for count in week.counts],
        "index": "–" if week.index is None else f"{week.index:.3f}",
        "words": _drift_words(week.index),
    }


def _drift_words(index: float | None) -> str:
    if index is None:
        return _("too few pictures to tell")
    if index < STEADY:
        return _("steady")
    return _("moving") if index < CHANGED else _("changed")


def _day(day: object) -> str:
    return formats.date_format(day, "j M Y")
