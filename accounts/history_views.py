"""The pages of the history: look, select, delete, judge again, take along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.history_actions import submissions_delete, submissions_recheck
from accounts.history_export import export_response
from accounts.history_forms import HistoryPageFilterForm, SelectionForm
from accounts.history_pages import BadCursor, HistoryPage, all_rows, history_page
from accounts.history_plots import Chart, bar_chart
from accounts.history_selectors import (
    COUNT_LIMIT,
    SORTS,
    BoundedCount,
    bounded_count,
    history_of,
    models_in_history,
    selected,
)
from accounts.history_summary import Summary, history_summary
from classifier.models import Submission
from classifier.problems import EXPECTED_ERRORS, problem_of
from classifier.throttling import count_request

HISTORY_PAGE_SIZE = 24
VIEWS = ("grid", "table", "summary")
# Not in the session: a look shall write nothing to the database.
VIEW_COOKIE = "history_view"
VIEW_SECONDS = 365 * 24 * 3600


@require_safe
@login_required
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """The person's submissions, filtered and sorted, as tiles, a table or numbers."""
    form = _filter_form(request)
    view = _chosen_view(request)
    context: dict[str, Any] = {
        "form": form,
        "view": view,
        "active": _active(request, form),
    }
    if view == "summary":
        context |= _summary_context(request, form)
    else:
        context |= _page_context(request, form)
    response = render(request, "accounts/history.html", context)
    if view != request.COOKIES.get(VIEW_COOKIE, VIEWS[0]):
        response.set_cookie(
            VIEW_COOKIE,
            view,
            max_age=VIEW_SECONDS,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response


@require_safe
@login_required
@never_cache
def history_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Everything that the filters find, as a file."""
    if kind not in ("csv", "json"):
        raise Http404
    form = _filter_form(request)
    rows = history_of(user=request.user, filters=form.filters)
    return export_response(
        rows=all_rows(rows, sort=form.order),
        kind=kind,
        absolute=request.build_absolute_uri,
    )


@require_POST
@login_required
def history_selection(request: HttpRequest) -> HttpResponseBase:
    """Do something with the pictures that were selected."""
    form = SelectionForm(request.POST)
    back = _history_url(request.POST.get("back", ""))
    if not form.is_valid():
        messages.warning(request, next(iter(form.errors.values()))[0])
        return redirect(back)
    ids = form.cleaned_data["ids"]
    action = form.cleaned_data["action"]
    if action == "delete":
        return _delete(request, ids, back)
    if action == "recheck":
        return _recheck(request, ids, back)
    mine = Submission.objects.filter(owner_id=request.user.pk, pk__in=ids).order_by()
    return export_response(
        rows=all_rows(mine, sort=SORTS["newest"]),
        kind=action,
        absolute=request.build_absolute_uri,
    )


def _delete(request: HttpRequest, ids: list[Any], back: str) -> HttpResponse:
    """Ask first, and delete when the answer comes."""
    if request.POST.get("confirmed") != "yes":
        found = selected(user=request.user, ids=ids)
        if not found:
            messages.warning(request, _("These pictures are deleted already."))
            return redirect(back)
        context = {"submissions": found, "back": back, "query": back.partition("?")[2]}
        return render(request, "accounts/history_delete.html", context)
    number = submissions_delete(user=request.user, ids=ids)
    text = ngettext(
        "%(number)s picture and its results are deleted.",
        "%(number)s pictures and their results are deleted.",
        number,
    )
    messages.success(request, text % {"number": number})
    return redirect(back)


def _recheck(request: HttpRequest, ids: list[Any], back: str) -> HttpResponse:
    """What the model in use says now, a line for each picture."""
    try:
        lines = submissions_recheck(
            user=request.user,
            ids=ids,
            count=lambda: count_request(request, request.user),
        )
    except EXPECTED_ERRORS as error:
        messages.error(request, problem_of(error).detail)
        return redirect(back)
    context = {
        "lines": lines,
        "back": back,
        "judged": sum(line.verdicts is not None for line in lines),
        "flips": sum(line.is_flip for line in lines),
    }
    return render(request, "accounts/history_recheck.html", context)


def _filter_form(request: HttpRequest) -> HistoryPageFilterForm:
    return HistoryPageFilterForm(
        request.GET, models=models_in_history(user=request.user)
    )


def _chosen_view(request: HttpRequest) -> str:
    """As the address says, else as this browser's cookie remembers."""
    chosen = request.GET.get("view", request.COOKIES.get(VIEW_COOKIE))
    return chosen if chosen in VIEWS else VIEWS[0]


def _page_context(request: HttpRequest, form: HistoryPageFilterForm) -> dict[str, Any]:
    rows = history_of(user=request.user, filters=form.filters)
    options: dict[str, Any] = {"sort": form.order, "size": HISTORY_PAGE_SIZE}
    try:
        page = history_page(rows, cursor=request.GET.get("cursor", ""), **options)
    except BadCursor:
        page = history_page(rows, **options)
    # The whole set is on this page, or it is worth a query.
    is_all = not page.next and not page.previous
    count = BoundedCount(len(page.rows), False) if is_all else bounded_count(rows)
    return {
        "page": page,
        "found": _found_text(count),
        "all_checked": request.GET.get("select") == "page",
        "query": _query(request),
    }


def _found_text(count: BoundedCount) -> str:
    if count.is_more:
        return _("More than %(number)s pictures") % {"number": f"{COUNT_LIMIT:,}"}
    text = ngettext("%(number)s picture", "%(number)s pictures", count.number)
    return text % {"number": f"{count.number:,}"}


def _summary_context(
    request: HttpRequest, form: HistoryPageFilterForm
) -> dict[str, Any]:
    summary = history_summary(user=request.user, filters=form.filters)
    if summary is None:
        return {"page": HistoryPage([], None, None)}
    weeks = bar_chart(
        columns=[week.counts for week in summary.weeks],
        labels=[date_format(week.monday, "j M") for week in summary.weeks],
        every=2,
    )
    return {"summary": summary, "weeks_chart": weeks, **_scores(summary)}


def _scores(summary: Summary) -> dict[str, Any]:
    step = 100 // len(summary.bins)
    ranges = [f"{low}–{low + step}%" for low in range(0, 100, step)]
    chart: Chart = bar_chart(
        columns=[{"score": number} for number in summary.bins],
        labels=[f"{low}%" for low in range(0, 100, step)],
    )
    return {
        "scores_chart": chart,
        "scores": list(zip(ranges, summary.bins, strict=True)),
    }


@dataclass(frozen=True)
class ActiveFilter:
    """A filter that leaves something out, in words, and the address without it."""

    label: str
    value: str
    url: str


def _active(request: HttpRequest, form: HistoryPageFilterForm) -> list[ActiveFilter]:
    form.is_valid()
    active = []
    for name, value in form.cleaned_data.items():
        if value and name != "sort":
            field = form.fields[name]
            words = dict(getattr(field, "choices", ())).get(value, value)
            rest = request.GET.copy()
            for gone in (name, "cursor", "select"):
                rest.pop(gone, None)
            active.append(
                ActiveFilter(str(field.label), str(words), f"?{rest.urlencode()}")
            )
    return active


def _query(request: HttpRequest) -> str:
    """The address's query without what belongs to one look alone."""
    query = request.GET.copy()
    query.pop("select", None)
    return query.urlencode()


def _history_url(query: str) -> str:
    """Back to the same part of the history; the path is never the sender's."""
    encoded = QueryDict(query).urlencode()
    return reverse("accounts:history") + (f"?{encoded}" if encoded else "")
