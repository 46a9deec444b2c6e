"""A policy can be changed from the command line, and mistakes are named."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from mltrain.augment import AugmentPolicy
from mltrain.policies import read_policy


def test_without_settings_it_is_the_default() -> None:
    assert read_policy() == AugmentPolicy()


def test_settings_change_chances_and_ranges() -> None:
    policy = read_policy(settings=["blur=0.3", "quality=50,90", "screenshot=0.2"])

    assert policy == dataclasses.replace(
        AugmentPolicy(), blur=0.3, quality=(50, 90), screenshot=0.2
    )


def test_a_setting_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"blur": 0.3, "crop_area": [0.2, 0.9]}')

    policy = read_policy(tmp_path / "policy.json", ["blur=0"])

    assert (policy.blur, policy.crop_area) == (0, (0.2, 0.9))


def test_the_policy_of_another_run_can_be_taken_over(tmp_path: Path) -> None:
    other = dataclasses.replace(AugmentPolicy(), noise=0.5)
    (tmp_path / "config.json").write_text(
        json.dumps({"seed": 3, "augmentation": other.to_dict()})
    )

    assert read_policy(tmp_path / "config.json") == other


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("blurr=0.3", "no augmentation 'blurr'. Did you mean blur"),
        ("zoom=2", "There are flip, crop,"),
        ("blur=1.5", "blur is 1.5; give 0 to 1"),
        ("blur=often", "blur is 'often'; give a number"),
        ("blur=0.1,0.2", "give one number"),
        ("quality=50", "give a range of two numbers"),
        ("quality=95,30", "give the lower first"),
        ("quality=30,101", "quality is 101; give 1 to 100"),
        ("blur", "key=value"),
    ],
)
def test_a_mistake_is_named(setting: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"augment") as error:
        read_policy(settings=[setting])
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["no json", "[1, 2]", '{"blur": "much"}'])
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.json").write_text(text)

    with pytest.raises(ValueError, match="augmentation"):
        read_policy(tmp_path / "policy.json")


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nowhere\.json cannot be read"):
        read_policy(Path("nowhere.json"))


def test_every_field_can_be_set_to_its_default() -> None:
    for name, value in AugmentPolicy().to_dict().items():
        numbers = value if isinstance(value, tuple) else (value,)
        text = ",".join(str(number) for number in numbers)

        assert read_policy(settings=[f"{name}={text}"]) == AugmentPolicy()
