"""A link shows a result to whoever has it, until its owner revokes it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from classifier.models import ShareLink, Submission
from classifier.sharing import share_create
from tests.classifier.appeals import decided, kept_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission(user: User) -> Submission:
    return kept_submission(user)


def test_the_owner_makes_a_link_and_anybody_opens_it(
    user_client: Client, client: Client, submission: Submission
) -> None:
    page = user_client.post(f"/submissions/{submission.pk}/share/", follow=True)
    address = ShareLink.objects.get().get_absolute_url()

    assert f"http://testserver{address}" in page.content.decode()
    shown = client.get(address)
    assert shown.status_code == 200
    assert "Probably AI" in shown.content.decode()
    assert submission.sha256 in shown.content.decode()


def test_a_shared_page_names_neither_the_owner_nor_the_file(
    user: User, client: Client, submission: Submission
) -> None:
    link = share_create(submission=submission, with_picture=True)

    text = client.get(link.get_absolute_url()).content.decode()

    assert user.username not in text
    assert submission.original_name not in text
    assert str(submission.pk) not in text


def test_search_engines_and_other_sites_stay_away(
    client: Client, submission: Submission
) -> None:
    link = share_create(submission=submission, with_picture=True)

    for address in (link.get_absolute_url(), f"{link.get_absolute_url()}picture"):
        response = client.get(address)
        assert "noindex" in response["X-Robots-Tag"]
        assert response["Referrer-Policy"] == "same-origin"
        assert "no-store" in response["Cache-Control"]


def test_the_picture_is_shown_only_where_the_owner_says_so(
    client: Client, submission: Submission
) -> None:
    without = share_create(submission=submission, with_picture=False)
    assert "<img class=" not in client.get(without.get_absolute_url()).content.decode()
    assert client.get(f"{without.get_absolute_url()}picture").status_code == 404

    with_it = share_create(submission=submission, with_picture=True)
    picture = client.get(f"{with_it.get_absolute_url()}picture")
    assert picture["Content-Type"] == "image/webp"


def test_a_chat_shows_the_verdict_and_the_picture_only_if_it_is_shared(
    client: Client, submission: Submission
) -> None:
    without = share_create(submission=submission, with_picture=False)
    text = client.get(without.get_absolute_url()).text
    assert '<meta property="og:title" content="Probably AI\u2011generated">' in text
    assert 'content="http://testserver/static/img/card.png"' in text

    with_it = share_create(submission=submission, with_picture=True)
    text = client.get(with_it.get_absolute_url()).text
    picture = f"http://testserver{with_it.get_absolute_url()}picture"
    assert f'<meta property="og:image" content="{picture}">' in text


def test_the_card_of_a_private_result_tells_nothing(
    user_client: Client, submission: Submission
) -> None:
    text = user_client.get(submission.get_absolute_url()).text

    assert '<meta property="og:title" content="AI Image Detector">' in text
    assert 'content="http://testserver/static/img/card.png"' in text


def test_a_revoked_link_is_404_and_a_new_one_is_another(
    user_client: Client, client: Client, submission: Submission
) -> None:
    old = share_create(submission=submission, with_picture=True).get_absolute_url()

    user_client.post(f"/submissions/{submission.pk}/unshare/")
    assert client.get(old).status_code == 404
    assert client.get(f"{old}picture").status_code == 404

    new = share_create(submission=submission, with_picture=True).get_absolute_url()
    assert new != old
    assert client.get(old).status_code == 404


def test_making_a_link_anew_replaces_the_one_before(
    client: Client, submission: Submission
) -> None:
    old = share_create(submission=submission, with_picture=False).get_absolute_url()
    share_create(submission=submission, with_picture=False)

    assert client.get(old).status_code == 404


def test_a_link_ends_with_the_result(client: Client, submission: Submission) -> None:
    link = share_create(submission=submission, with_picture=True)
    submission.delete()

    assert client.get(link.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 32, "..%2F", "a" * 500])
def test_a_guess_opens_nothing(
    client: Client, submission: Submission, token: str
) -> None:
    share_create(submission=submission, with_picture=True)

    assert client.get(f"/shared/{token}/").status_code == 404


def test_tokens_have_192_random_bits(submission: Submission) -> None:
    tokens = {
        share_create(submission=submission, with_picture=False).token for _ in range(5)
    }

    assert len(tokens) == 5
    assert all(len(token) == 32 for token in tokens)


def test_a_stranger_shares_and_revokes_nothing(
    stranger_client: Client, client: Client, submission: Submission
) -> None:
    share_create(submission=submission, with_picture=False)

    for other in (stranger_client, client):
        for step in ("share", "unshare"):
            address = f"/submissions/{submission.pk}/{step}/"
            assert other.post(address).status_code == 404
    assert ShareLink.objects.count() == 1


def test_a_link_that_is_followed_shares_nothing(
    user_client: Client, submission: Submission
) -> None:
    assert user_client.get(f"/submissions/{submission.pk}/share/").status_code == 405


def test_a_correction_shows_on_a_link_that_was_shared_before(
    client: Client, submission: Submission, stranger: User
) -> None:
    link = share_create(submission=submission, with_picture=False)
    decided(submission, stranger, label="human", outcome="corrected")

    text = client.get(link.get_absolute_url()).content.decode()

    assert "Corrected after review: Human-made" in text
