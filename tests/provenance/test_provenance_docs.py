"""The page on provenance and the code speak the same language."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from classifier.provenance.signals import Claim, Source, Strength

PAGE = (Path(__file__).parents[2] / "docs" / "provenance.md").read_text()


@pytest.mark.parametrize(
    "word", [*get_args(Source), *get_args(Claim), *get_args(Strength)]
)
def test_every_word_of_a_signal_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE
