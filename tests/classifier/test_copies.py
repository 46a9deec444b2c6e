"""The result page knows the owner's other copies of a picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from classifier.copies import copies_of
from classifier.inference.prints import (
    NEAR_BITS,
    PicturePrint,
    are_near,
    band_keys,
    picture_print,
)
from classifier.models import PrintBand, Source, StoredPrint, Submission
from classifier.services import submission_create
from tests.images import encode, picture, plain


def submit(
    owner: User | None, image: Image.Image, name: str, **save: object
) -> Submission:
    data = encode(image, "JPEG", **{"quality": 92, **save})
    return submission_create(
        owner=owner, data=data, name=name, source=Source.PAGE
    ).submission


def flipped(bits: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The same hash with `count` of its 256 bits turned over."""
    places = np.random.default_rng(seed).choice(256, count, replace=False)
    planes = np.unpackbits(bits.view(np.uint8))
    planes[places] ^= 1
    return np.packbits(planes).view(np.uint64)


@pytest.mark.parametrize("seed", range(20))
def test_hashes_that_differ_as_far_as_near_ones_may_share_a_band(seed: int) -> None:
    bits = picture_print(np.asarray(picture(seed=seed))).bits

    other = flipped(bits, NEAR_BITS, seed)

    assert set(band_keys(bits)) & set(band_keys(other))


def test_band_keys_are_distinct_and_fit_their_column() -> None:
    keys = band_keys(picture_print(np.asarray(picture())).bits)

    assert len(set(keys)) == NEAR_BITS + 1
    assert max(keys) < 2**18


def test_one_bit_too_many_is_another_picture() -> None:
    one = picture_print(np.asarray(picture()))

    near = PicturePrint(flipped(one.bits, NEAR_BITS, 1), one.thumb)
    far = PicturePrint(flipped(one.bits, NEAR_BITS + 1, 1), one.thumb)

    assert are_near(one, near)
    assert not are_near(one, far)


def test_flat_pictures_of_other_colours_are_no_copies() -> None:
    red, blue = (picture_print(np.asarray(plain(c))) for c in ("red", "blue"))

    assert (red.bits == blue.bits).all()
    assert not are_near(red, blue)


@pytest.mark.django_db
def test_a_resized_copy_and_the_original_find_each_other(user: User) -> None:
    original = picture(800, 600)
    large = submit(user, original, "original.jpg")
    small = submit(user, original.resize((400, 300)), "small.jpg", quality=60)
    submit(user, picture(800, 600, seed=5), "another.jpg")

    assert [copy.pk for copy in copies_of(submission=small).others] == [large.pk]
    assert not copies_of(submission=small).is_largest
    assert [copy.pk for copy in copies_of(submission=large).others] == [small.pk]
    assert copies_of(submission=large).is_largest


@pytest.mark.django_db
def test_copies_of_somebody_else_are_never_named(user: User, stranger: User) -> None:
    mine = submit(user, picture(), "mine.jpg")
    submit(stranger, picture(), "theirs.jpg", quality=70)
    submit(None, picture(), "nobodys.jpg", quality=60)

    assert copies_of(submission=mine) is None


@pytest.mark.django_db
def test_nothing_that_finds_an_anonymous_picture_is_kept() -> None:
    submit(None, picture(), "photo.jpg")

    assert not StoredPrint.objects.exists()
    assert not PrintBand.objects.exists()


@pytest.mark.django_db
def test_a_long_history_needs_no_more_queries(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mine = submit(user, picture(), "mine.jpg")
    for quality in range(40, 80, 4):
        submit(user, picture(), f"{quality}.jpg", quality=quality)
    for seed in range(1, 30):
        submit(user, picture(96, 64, seed=seed), f"{seed}.jpg")

    with django_assert_num_queries(4):
        copies = copies_of(submission=mine)
        verdicts = [copy.latest_prediction.verdict for copy in copies.others]

    assert len(verdicts) == 10


@pytest.mark.django_db
def test_the_page_links_the_copies_and_advises_the_largest(
    user: User, user_client: Client
) -> None:
    original = picture(800, 600)
    large = submit(user, original, "original.jpg")
    small = submit(user, original.resize((400, 300)), "small.jpg")

    page = user_client.get(small.get_absolute_url()).content.decode()

    assert f'href="{large.get_absolute_url()}"' in page
    assert "original.jpg" in page
    assert "Go by the largest" in page


@pytest.mark.django_db
def test_a_picture_without_copies_has_no_such_section(
    user: User, user_client: Client
) -> None:
    only = submit(user, picture(), "only.jpg")

    page = user_client.get(only.get_absolute_url()).content.decode()

    assert "Other copies" not in page


@pytest.mark.django_db
def test_prints_go_with_their_picture(user: User) -> None:
    submit(user, picture(), "a.jpg").delete()

    assert not StoredPrint.objects.exists()
    assert not PrintBand.objects.exists()


@pytest.mark.django_db
def test_old_pictures_get_their_prints_from_the_preview(user: User) -> None:
    old = submit(user, picture(800, 600), "old.jpg")
    broken = submit(user, picture(seed=3), "broken.jpg")
    StoredPrint.objects.all().delete()
    broken.preview.storage.delete(broken.preview.name)
    output = io.StringIO()

    call_command("index_copies", stdout=output)
    copy = submit(user, picture(800, 600).resize((400, 300)), "copy.jpg")

    assert output.getvalue() == "1 picture indexed, 1 preview could not be read.\n"
    assert [found.pk for found in copies_of(submission=copy).others] == [old.pk]
