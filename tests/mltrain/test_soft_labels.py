"""A teacher's opinion of a picture comes from other pictures of the train split."""

from __future__ import annotations

import numpy as np
import pytest

from mltrain.config import TrainConfig
from mltrain.soft_labels import cross_fitted_probabilities


def test_opinions_follow_what_the_embeddings_tell() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    vectors = rng.standard_normal((200, 8)).astype(np.float32)
    vectors[:, 0] += 3 * labels
    groups = [str(n) for n in range(200)]

    opinions = cross_fitted_probabilities(vectors, labels, groups)

    assert opinions.shape == (200,)
    assert opinions[labels == 1].min() > opinions[labels == 0].mean()
    assert ((opinions > 0) & (opinions < 1)).all()


def test_a_picture_is_never_judged_by_a_probe_fitted_on_its_group() -> None:
    """Each group has a direction of its own, which only its members could teach."""
    labels = np.repeat(np.arange(20) % 2, 10)
    vectors = np.repeat(np.eye(20, dtype=np.float32) * 100, 10, axis=0)
    groups = [str(n) for n in np.repeat(np.arange(20), 10)]

    opinions = cross_fitted_probabilities(vectors, labels, groups)

    assert np.abs(opinions - 0.5).max() < 0.45


def test_too_few_groups_are_refused() -> None:
    vectors = np.zeros((8, 2), np.float32)
    with pytest.raises(ValueError, match="groups"):
        cross_fitted_probabilities(vectors, np.arange(8) % 2, ["a", "b"] * 4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"teacher_labels": 0.5}, "needs a --teacher"),
        ({"teacher_labels": 1.5, "teacher": "t.npz"}, "give 0 to 1"),
    ],
)
def test_a_share_without_sense_is_refused(
    options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        TrainConfig(data="d", output="o", backbone="mobilenetv2", **options)
