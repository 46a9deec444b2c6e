"""What the site holds on a person: how much, why, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Count, Min, Model, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User, WebhookDelivery, WebhookEndpoint
from classifier.models import (
    Batch,
    BatchItem,
    Dispute,
    Evidence,
    IdempotencyKey,
    Original,
    Prediction,
    PrintBand,
    ShareLink,
    StoredPrint,
    Submission,
    UserLimits,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

PRINT_BYTES = 224


@dataclass(frozen=True)
class Holding:
    """`byte_size` is None where no file is kept, and a lower bound where `at_least`."""

    key: str
    title: str
    why: str
    clock: str
    count: int
    byte_size: int | None = None
    at_least: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of thing that is held; `models` are the tables that it covers."""

    key: str
    title: str
    why: str
    models: tuple[type[Model], ...]
    measure: Callable[[User], dict[str, Any]]
    clock: Callable[[User], str]


def holdings_of(*, user: User) -> list[Holding]:
    """All kinds, those of which there is nothing included; some twenty queries."""
    return [
        Holding(
            key=kind.key,
            title=str(kind.title),
            why=str(kind.why),
            clock=kind.clock(user),
            **kind.measure(user),
        )
        for kind in KINDS
    ]


def _count(rows: Callable[[User], QuerySet]) -> Callable[[User], dict[str, Any]]:
    return lambda user: {"count": rows(user).count()}


def _files(
    rows: Callable[[User], QuerySet], size: str
) -> Callable[[User], dict[str, Any]]:
    """Count and bytes of files whose size is in the column `size`."""

    def measure(user: User) -> dict[str, Any]:
        found = rows(user).aggregate(
            number=Count("pk"),
            known=Count("pk", filter=Q(**{f"{size}__isnull": False})),
            total=Sum(size, default=0),
        )
        return {
            "count": found["number"],
            "byte_size": found["total"],
            "at_least": found["known"] < found["number"],
        }

    return measure


def _prints(user: User) -> dict[str, Any]:
    count = StoredPrint.objects.filter(submission__owner=user).count()
    return {"count": count, "byte_size": count * PRINT_BYTES}


def _until(sentence: StrOrPromise) -> Callable[[User], str]:
    return lambda user: str(sentence)


def _after_days(
    setting: str, rows: Callable[[User], QuerySet], column: str
) -> Callable[[User], str]:
    """The clock of things that go a number of days after `column`."""

    def clock(user: User) -> str:
        days = getattr(settings, setting)
        if not days:
            return gettext("Until you delete it.")
        sentence = ngettext(
            "Erased after %(days)d day (%(setting)s), or when you delete it.",
            "Erased after %(days)d days (%(setting)s), or when you delete it.",
            days,
        ) % {"days": days, "setting": setting}
        oldest = rows(user).aggregate(oldest=Min(column))["oldest"]
        if oldest is None:
            return sentence
        return f"{sentence} {_first_goes(oldest, days)}"

    return clock


def _first_goes(oldest: datetime, days: int) -> str:
    day = date_format(oldest + timedelta(days=days), "DATE_FORMAT")
    return gettext("The oldest goes in the night after %(day)s.") % {"day": day}


def _sessions_clock(user: User) -> str:
    days = settings.SESSION_COOKIE_AGE // (24 * 3600)
    return ngettext(
        "Until you log out, and at most %(days)d day.",
        "Until you log out, and at most %(days)d days.",
        days,
    ) % {"days": days}


def _submissions(user: User) -> QuerySet:
    return Submission.objects.filter(owner=user).order_by()


def _previews(user: User) -> QuerySet:
    return _submissions(user).filter(preview__gt="")


def _heatmaps(user: User) -> QuerySet:
    mine = Prediction.objects.filter(submission__owner=user, heatmap__gt="")
    return mine.order_by()


def _originals(user: User) -> QuerySet:
    return Original.objects.filter(submission__owner=user)


def _evidence(user: User) -> QuerySet:
    return Evidence.objects.filter(dispute__submission__owner=user).order_by()


def _evidence_that_goes(user: User) -> QuerySet:
    return _evidence(user).filter(
        dispute__decided_at__isnull=False, dispute__training_consent=False
    )


def _evidence_clock(user: User) -> str:
    days = settings.RETENTION_EVIDENCE_DAYS
    if not days:
        return gettext("As long as the result.")
    sentence = ngettext(
        "Erased %(days)d day after the decision (%(setting)s), unless you allowed "
        "training with it; then as long as the result.",
        "Erased %(days)d days after the decision (%(setting)s), unless you allowed "
        "training with it; then as long as the result.",
        days,
    ) % {"days": days, "setting": "RETENTION_EVIDENCE_DAYS"}
    going = _evidence_that_goes(user).aggregate(oldest=Min("dispute__decided_at"))
    if going["oldest"] is None:
        return sentence
    return f"{sentence} {_first_goes(going['oldest'], days)}"


_WITH_ACCOUNT = _until(_("Until you delete your account."))
_WITH_RESULT = _until(_("As long as the result."))

KINDS: tuple[Kind, ...] = (
    Kind(
        key="account",
        title=_("Account: names, e-mail address, a digest of the password, dates"),
        why=_("To let you in, and to reach you when you forgot your password."),
        models=(User, EmailAddress),
        measure=lambda user: {"count": 1},
        clock=_WITH_ACCOUNT,
    ),
    Kind(
        key="authenticators",
        title=_("Authenticator app, passkeys, recovery codes"),
        why=_("To ask for more than a password."),
        models=(Authenticator,),
        measure=_count(lambda user: Authenticator.objects.filter(user=user)),
        clock=_until(_("Until you remove them.")),
    ),
    Kind(
        key="sessions",
        title=_("Log-ins: address, browser and time of each"),
        why=_("To show you where you are logged in, and to end it."),
        models=(UserSession,),
        measure=_count(lambda user: UserSession.objects.filter(user=user)),
        clock=_sessions_clock,
    ),
    Kind(
        key="tokens",
        title=_("API tokens: name, digest, last use"),
        why=_("To let your programs in."),
        models=(ApiToken,),
        measure=_count(lambda user: ApiToken.objects.filter(user=user)),
        clock=_until(_("Until you revoke them or they expire.")),
    ),
    Kind(
        key="results",
        title=_("Results: SHA-256, size and format of each file, its name, verdicts"),
        why=_("To be your history, and to answer again without judging twice."),
        models=(Submission, Prediction),
        measure=_count(_submissions),
        clock=_after_days("RETENTION_RESULTS_DAYS", _submissions, "created_at"),
    ),
    Kind(
        key="previews",
        title=_("Previews: pictures of at most 1024 pixels, without metadata"),
        why=_("To show you which picture a result is about."),
        models=(),
        measure=_files(_previews, "preview_bytes"),
        clock=_WITH_RESULT,
    ),
    Kind(
        key="heatmaps",
        title=_("Heat maps"),
        why=_("To show which parts moved the score."),
        models=(),
        measure=_files(_heatmaps, "heatmap_bytes"),
        clock=_WITH_RESULT,
    ),
    Kind(
        key="originals",
        title=_("Originals: files as you sent them, with their metadata"),
        why=_("Because you asked for it; they are never shown to anybody as they are."),
        models=(Original,),
        measure=_files(_originals, "byte_size"),
        clock=_after_days("RETENTION_ORIGINALS_DAYS", _originals, "created_at"),
    ),
    Kind(
        key="prints",
        title=_("Prints: 224 bytes that describe a picture roughly"),
        why=_("To find your other copies of the same picture."),
        models=(StoredPrint, PrintBand),
        measure=_prints,
        clock=_WITH_RESULT,
    ),
    Kind(
        key="disputes",
        title=_("Appeals: what you wrote, and what a reviewer decided"),
        why=_("To correct wrong verdicts."),
        models=(Dispute,),
        measure=_count(
            lambda user: Dispute.objects.filter(submission__owner=user).order_by()
        ),
        clock=_WITH_RESULT,
    ),
    Kind(
        key="evidence",
        title=_("Evidence: the files that you attached to appeals"),
        why=_("To let a reviewer see what you know."),
        models=(Evidence,),
        measure=_files(_evidence, "byte_size"),
        clock=_evidence_clock,
    ),
    Kind(
        key="links",
        title=_("Share links"),
        why=_("To show a result to whom you sent the link."),
        models=(ShareLink,),
        measure=_count(lambda user: ShareLink.objects.filter(submission__owner=user)),
        clock=_until(_("Until you revoke them, or as long as the result.")),
    ),
    Kind(
        key="batches",
        title=_("Batches: which files came together, and what became of each"),
        why=_("To let your program ask for the results."),
        models=(Batch, BatchItem),
        measure=_count(lambda user: Batch.objects.filter(owner=user)),
        clock=_until(_("30 days after the batch was done.")),
    ),
    Kind(
        key="idempotency_keys",
        title=_("Keys of requests that may be sent twice, with their answers"),
        why=_("To do nothing twice when your program sends a request again."),
        models=(IdempotencyKey,),
        measure=_count(lambda user: IdempotencyKey.objects.filter(owner=user)),
        clock=_until(_("24 hours.")),
    ),
    Kind(
        key="webhooks",
        title=_("Webhooks: address, encrypted secret, and the messages sent"),
        why=_("To call your program when something is finished."),
        models=(WebhookEndpoint, WebhookDelivery),
        measure=_count(lambda user: WebhookEndpoint.objects.filter(user=user)),
        clock=_until(_("Until you delete them; messages for 30 days.")),
    ),
    Kind(
        key="limits",
        title=_("Your own daily limit, where staff set one"),
        why=_("To share the machine fairly."),
        models=(UserLimits,),
        measure=_count(lambda user: UserLimits.objects.filter(user=user)),
        clock=_WITH_ACCOUNT,
    ),
)
