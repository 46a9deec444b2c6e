"""An augmentation policy from a JSON file and `key=value` settings, errors by name."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mltrain.augment import AugmentPolicy

_NAMES = [field.name for field in dataclasses.fields(AugmentPolicy)]
# Each chance is one of the steps; the rest says how strong a step is.
_CHANCES = {
    "flip", "crop", "rotation", "colour", "greyscale", "rescale", "blur", "noise",
    "compress", "compress_twice", "webp_share", "screenshot",
}  # fmt: skip
# What a value may be; a factor of 0 would leave no picture, and so on.
_BOUNDS: dict[str, tuple[float, float]] = {
    "crop_area": (0.01, 1),
    "crop_aspect": (1, 4),
    "rotation_degrees": (0, 45),
    "brightness": (0, 1),
    "contrast": (0, 1),
    "saturation": (0, 1),
    "rescale_factor": (0.05, 4),
    "blur_sigma": (0, 20),
    "noise_levels": (0, 128),
    "quality": (1, 100),
    "screenshot_factor": (0.05, 4),
    "screenshot_margin": (0, 0.4),
}


def read_policy(
    file: Path | None = None, settings: Sequence[str] = ()
) -> AugmentPolicy:
    """The default policy, changed by a JSON object, then by `key=value` settings.

    A range is a list of two in JSON and `low,high` in a setting. A run's `config.json`
    is understood too: its `augmentation` is taken.

    Raises `ValueError` for an unreadable file and, by its name, for an unknown value
    or one out of bounds.
    """
    values = _from_file(file) if file else {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ValueError(
                f"--augment takes key=value, such as blur=0.3, not {setting!r}."
            )
        values[name.strip()] = _parse(name.strip(), text)
    checked = {name: _checked(name, value) for name, value in values.items()}
    return dataclasses.replace(AugmentPolicy(), **checked)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"--augmentation {file} cannot be read ({error}).") from error
    if isinstance(values, dict):
        values = values.get("augmentation", values)
    if not isinstance(values, dict):
        raise ValueError(
            f'--augmentation {file} holds no JSON object such as {{"blur": 0.3}}.'
        )
    return values


def _parse(name: str, text: str) -> float | list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(
            f"The augmentation {name} is {text!r}; give a number, or low,high."
        ) from error
    return numbers if len(numbers) > 1 else numbers[0]


def _checked(name: str, value: Any) -> float | tuple[float, ...]:  # noqa: ANN401 - JSON
    """The value in the type of the policy's field; `ValueError` by its name."""
    if name not in _NAMES:
        close = difflib.get_close_matches(name, _NAMES, 3)
        known = f"Did you mean {' or '.join(close)}?" if close else ""
        known = known or f"There are {', '.join(_NAMES)}."
        raise ValueError(f"There is no augmentation {name!r}. {known}")
    default = getattr(AugmentPolicy(), name)
    is_range = isinstance(default, tuple)
    numbers = value if isinstance(value, (list, tuple)) else [value]
    if len(numbers) != (2 if is_range else 1):
        wanted = "a range of two numbers" if is_range else "one number"
        raise ValueError(f"The augmentation {name} is {value!r}; give {wanted}.")
    low, high = (0, 1) if name in _CHANCES else _BOUNDS[name]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError(f"The augmentation {name} is {value!r}; give numbers.")
        if not low <= number <= high:
            raise ValueError(
                f"The augmentation {name} is {number:g}; give {low:g} to {high:g}."
            )
    if list(numbers) != sorted(numbers):
        raise ValueError(f"The augmentation {name} is {value!r}; give the lower first.")
    if not is_range:
        return float(numbers[0])
    return tuple(type(default[0])(number) for number in numbers)
