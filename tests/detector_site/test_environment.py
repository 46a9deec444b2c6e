"""The typed readers of environment variables."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from detector_site.env import Environment


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("ON", True), (" 1 ", True), ("false", False), ("No", False)],
)
def test_a_boolean_is_read_in_any_case(value: str, expected: bool) -> None:
    assert Environment({"DEBUG": value}).boolean("DEBUG", not expected) is expected


@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_blank_value_counts_as_unset(value: str | None) -> None:
    env = Environment({"X": value})

    assert env.boolean("X", default=True) is True
    assert env.integer("X", default=7) == 7
    assert env.items("X", default=["a"]) == ["a"]
    assert env.path("X", default=Path("/srv")) == Path("/srv")


def test_a_list_is_separated_by_commas() -> None:
    env = Environment({"ALLOWED_HOSTS": " a.example.org, b.example.org ,"})

    assert env.items("ALLOWED_HOSTS", []) == ["a.example.org", "b.example.org"]


def test_a_bad_boolean_is_refused_with_a_sentence() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        Environment({"DEBUG": "x"}).boolean("DEBUG", default=False)

    assert str(refusal.value) == "DEBUG must be true or false, not 'x'."


@pytest.mark.parametrize("value", ["20MB", "1.5", "-1", "0"])
def test_a_number_that_is_too_small_or_none_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="whole number of at least 1"):
        Environment({"N": value}).integer("N", default=5, minimum=1)


@pytest.mark.parametrize("value", ["30/min", "5/s", "1000/day"])
def test_a_rate_is_a_number_per_period(value: str) -> None:
    assert Environment({"R": value}).rate("R", default="1/s") == value


@pytest.mark.parametrize("value", ["30", "0/min", "many/min", "30/fortnight", "30/"])
def test_a_bad_rate_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="R must be a number per"):
        Environment({"R": value}).rate("R", default="1/s")


def test_an_unknown_choice_is_refused_and_the_choices_are_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="one of auto, onnx, keras"):
        Environment({"E": "torch"}).choice("E", "auto", ("auto", "onnx", "keras"))


def test_keys_are_32_bytes_in_base64url() -> None:
    one, other = "A" * 43, "_-" * 21 + "8="
    env = Environment({"KEY": one, "KEYS": f"{one}, {other}", "NONE": ""})

    assert env.key("KEY") == bytes(32)
    assert [len(key) for key in env.keys("KEYS")] == [32, 32]
    assert env.key("NONE") is None
    assert env.keys("NONE") == []


@pytest.mark.parametrize("value", ["secret", "A" * 42, "A" * 44, "#" * 43])
def test_a_bad_key_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="KEY must hold keys") as refusal:
        Environment({"KEY": value}).key("KEY")

    assert value not in str(refusal.value)


def test_the_environment_wins_over_the_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("FROM_FILE=file\nFROM_BOTH=file\n")
    monkeypatch.setenv("FROM_BOTH", "environment")

    env = Environment.load(dotenv)

    assert env.text("FROM_FILE") == "file"
    assert env.text("FROM_BOTH") == "environment"
