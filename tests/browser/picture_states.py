"""States of the pages about pictures: results, histories, appeals and reviews."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from accounts.history_pages import history_page
from accounts.history_selectors import SORTS, HistoryFilters, history_of
from accounts.models import User
from classifier.models import Prediction, Source, Submission
from classifier.services import submission_create
from classifier.sharing import share_create
from tests.accounts.submissions import make_many, make_submission
from tests.classifier.appeals import decided, kept_submission, make_dispute
from tests.factories import UserFactory
from tests.images import encode, framed, picture, plain

HISTORY = "/accounts/history/"
SIGNALS = [
    {
        "source": "c2pa",
        "claim": "ai",
        "detail": "Signed by Example Studio: a trained model made the picture.",
        "strength": "signed",
        "data": {"claim_generator": "Example Studio 2.1", "signer": "Example Ltd"},
    },
    {
        "source": "exif",
        "claim": "camera",
        "detail": "The camera fields name Example X100.",
        "strength": "unsigned",
        "data": {"camera": "Example X100"},
    },
]


def judged(owner: User, colour: str = "red") -> Submission:
    """A picture that the tiny model judged, with preview and heat map."""
    data = encode(plain(colour, 640, 480))
    answer = submission_create(
        owner=owner,
        data=data,
        name=f"{colour} holiday picture with a rather long name.jpg",
        source=Source.PAGE,
        stability=True,
    )
    return answer.submission


def result(colour: str) -> Callable[[User], str]:
    """A result page of the verdict that the colour gets."""
    return lambda owner: judged(owner, colour).get_absolute_url()


def signed_result(owner: User) -> str:
    """A result whose file says something of its origin, against the verdict."""
    submission = judged(owner, "blue")
    Prediction.objects.filter(submission=submission).update(provenance=SIGNALS)
    return submission.get_absolute_url()


def fickle_result(owner: User) -> str:
    """A result that changed copies contradict."""
    answer = submission_create(
        owner=owner,
        data=encode(framed("red", "blue")),
        name="frame.png",
        source=Source.PAGE,
        stability=True,
    )
    return answer.submission.get_absolute_url()


def copied_result(owner: User) -> str:
    """A result of which a smaller copy was sent too."""
    large = picture(640, 480, seed=3)
    addresses = []
    for image in (large, large.resize((320, 240))):
        answer = submission_create(
            owner=owner,
            data=encode(image),
            name="scene.png",
            source=Source.PAGE,
            stability=True,
        )
        addresses.append(answer.submission.get_absolute_url())
    return addresses[-1]


def appealed_result(owner: User) -> str:
    """A result with an open appeal."""
    submission = kept_submission(owner)
    make_dispute(submission, link="https://example.org/where-it-was-shown")
    return submission.get_absolute_url()


def corrected_result(owner: User) -> str:
    """A result that a reviewer corrected."""
    submission = kept_submission(owner)
    judge = UserFactory.create()
    decided(submission, judge, label="human", outcome="corrected")
    return submission.get_absolute_url()


def shared_result(owner: User) -> str:
    """What whoever has the link sees, with the picture."""
    submission = kept_submission(owner)
    Prediction.objects.filter(submission=submission).update(provenance=SIGNALS)
    link = share_create(submission=submission, with_picture=True)
    return link.get_absolute_url()


def shared_without_picture(owner: User) -> str:
    """The same, without the picture."""
    link = share_create(submission=kept_submission(owner), with_picture=False)
    return link.get_absolute_url()


def linked_result(owner: User) -> str:
    """The owner's own page while there is a link."""
    submission = kept_submission(owner)
    share_create(submission=submission, with_picture=True)
    return submission.get_absolute_url()


def appeal_form(owner: User) -> str:
    """The form of an appeal."""
    return f"{kept_submission(owner).get_absolute_url()}dispute/"


def filled_history(owner: User, view: str = "grid") -> str:
    """A history of every verdict, corrected and appealed too."""
    for verdict in ("ai", "human", "uncertain"):
        kept_submission(owner, verdict)
        make_submission(owner=owner, verdict=verdict, name="a name " * 12)
    corrected_result(owner)
    make_dispute(kept_submission(owner, colour="blue"))
    return f"{HISTORY}?view={view}"


def history_as(view: str) -> Callable[[User], str]:
    """The same as a table or in numbers."""
    return lambda owner: filled_history(owner, view)


def long_history(owner: User) -> str:
    """The second page of several."""
    make_many(owner=owner, number=60)
    rows = history_of(user=owner, filters=HistoryFilters())
    page = history_page(rows, sort=SORTS["newest"], size=24, cursor="")
    return f"{HISTORY}?cursor={page.next}"


def nothing_found(owner: User) -> str:
    """Filters that leave nothing."""
    kept_submission(owner, "ai")
    return f"{HISTORY}?verdict=human&search=holiday"


def selecting(action: str) -> Callable[[Page], None]:
    """Select all pictures and press a button."""

    def then(page: Page) -> None:
        for box in page.locator("[name=ids]").all():
            box.check()
        page.locator(f"button[value={action}]").click()
        page.wait_for_url("**/selection/")

    return then


def review_queue(staff: User) -> str:
    """The reviewers' queue."""
    make_dispute(kept_submission(UserFactory.create()))
    return "/admin/classifier/dispute/"


def review(staff: User) -> str:
    """An appeal that waits for a label."""
    dispute = make_dispute(kept_submission(UserFactory.create()))
    return f"/admin/classifier/dispute/{dispute.pk}/change/"


def admin_submissions(staff: User) -> str:
    """The list of submissions in the admin."""
    filled_history(UserFactory.create())
    return "/admin/classifier/submission/"


def staffed_dashboard(staff: User) -> str:
    """Figures of a few submissions."""
    filled_history(UserFactory.create())
    return "/admin/dashboard/"


def admin_submission(staff: User) -> str:
    """One of them."""
    pk = kept_submission(UserFactory.create()).pk
    return f"/admin/classifier/submission/{pk}/change/"
