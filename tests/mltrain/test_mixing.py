"""Mixed pictures carry the shares of both in their targets."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mltrain.mixing import Mixing, choose_partners, mix

LABELS = np.array([1, 1, 1, 0, 0, 0, 0, 1], np.float32)


@pytest.fixture
def views() -> NDArray[np.float32]:
    """Eight pictures of one grey each: 0, 0.1 … 0.7."""
    greys = np.arange(8, dtype=np.float32) / 10
    return np.broadcast_to(greys[:, None, None, None], (8, 16, 16, 3)).copy()


def test_mixup_blends_whole_pictures_by_their_shares(
    views: NDArray[np.float32],
) -> None:
    mixed, partners, shares = mix(views, LABELS, Mixing(mixup=0.4, share=1.0), (1,))

    expected = shares * views[:, 0, 0, 0] + (1 - shares) * views[partners, 0, 0, 0]
    np.testing.assert_allclose(mixed[:, 5, 5, 0], expected, atol=1e-6)
    np.testing.assert_allclose(mixed.std(axis=(1, 2, 3)), 0, atol=1e-6)
    assert (partners != np.arange(8)).all()


def test_cutmix_pastes_a_part_as_large_as_its_share(
    views: NDArray[np.float32],
) -> None:
    mixed, partners, shares = mix(views, LABELS, Mixing(cutmix=1.0, share=1.0), (2,))

    for index, partner in enumerate(partners):
        own = np.isclose(mixed[index, ..., 0], views[index, 0, 0, 0])
        other = np.isclose(mixed[index, ..., 0], views[partner, 0, 0, 0])
        assert (own | other).all()
        assert own.mean() == pytest.approx(shares[index], abs=1e-6)
    assert 0 < shares.min() < 1


@pytest.mark.parametrize(("partners", "same"), [("within", True), ("across", False)])
def test_partners_are_of_the_class_that_is_asked_for(partners: str, same: bool) -> None:
    chosen = choose_partners(LABELS, partners, np.random.default_rng(3))

    assert ((LABELS[chosen] == LABELS) == same).all()
    assert (chosen != np.arange(8)).all()


def test_a_soft_label_counts_as_the_side_it_leans_to() -> None:
    soft = np.where(LABELS > 0, 0.6, 0.4).astype(np.float32)

    chosen = choose_partners(soft, "across", np.random.default_rng(3))

    assert (LABELS[chosen] != LABELS).all()


def test_a_picture_without_a_partner_is_left_alone(views: NDArray[np.float32]) -> None:
    mixing = Mixing(mixup=0.4, share=1.0, partners="across")

    mixed, _, shares = mix(views, np.ones(8, np.float32), mixing, (4,))

    np.testing.assert_array_equal(mixed, views)
    np.testing.assert_array_equal(shares, 1)


def test_only_the_wanted_share_of_pictures_is_mixed() -> None:
    views, labels = np.zeros((400, 2, 2, 3), np.float32), np.resize(LABELS, 400)

    _, _, shares = mix(views, labels, Mixing(mixup=1.0, share=0.25), (5,))

    assert (shares < 1).mean() == pytest.approx(0.25, abs=0.07)


def test_the_seed_decides_everything(views: NDArray[np.float32]) -> None:
    mixing = Mixing(mixup=0.4, cutmix=1.0, share=1.0)
    one, again, other = (mix(views, LABELS, mixing, (s,))[0] for s in (6, 6, 7))

    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("mixing", "on"),
    [
        (Mixing(), False),
        (Mixing(mixup=0.2), True),
        (Mixing(cutmix=1.0), True),
        (Mixing(mixup=0.2, share=0), False),
    ],
)
def test_it_is_off_unless_asked_for(mixing: Mixing, on: bool) -> None:
    assert bool(mixing) is on
