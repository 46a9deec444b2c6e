"""A model bundle: a folder with `card.json` and the files that the card vouches for.

Format history: 1 - first.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from classifier.inference.errors import (
    ModelCorrupt,
    ModelIncompatible,
    ModelUnavailable,
)
from classifier.inference.preprocessing import INTERPOLATIONS, PreprocessSpec
from classifier.inference.types import EncoderRef, OperatingPoint

FORMAT_VERSION = 1
CARD_NAME = "card.json"
KERAS_NAME = "model.keras"
ONNX_NAME = "model.onnx"
HEAD_NAME = "head.npz"
CLASS_ORDER = ("human", "ai")
MAX_SIZE = 2048


@dataclass(frozen=True)
class ModelCard:
    """What a bundle is and how far it can be trusted; stored as `card.json`.

    `class_order` names the sides of the logit: negative, then positive.
    `temperature` divides the logit before the sigmoid. `files` maps a file name to
    the sha256 of its content. `metrics`, `dataset` and `training` are for readers.
    `encoder` is set where the bundle is the head of an encoder kept elsewhere.
    """

    name: str
    version: str
    backbone: str
    preprocessing: PreprocessSpec
    temperature: float
    operating_point: OperatingPoint
    files: dict[str, str]
    class_order: tuple[str, str] = CLASS_ORDER
    metrics: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    encoder: EncoderRef | None = None

    def to_json(self) -> str:
        """The card as readable JSON; without an encoder as older versions read it."""
        values = asdict(self)
        if self.encoder is None:
            del values["encoder"]
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Bundle:
    """A folder and the card read from it."""

    folder: Path
    card: ModelCard

    def has(self, name: str) -> bool:
        """Whether the card lists the file."""
        return name in self.card.files

    def verified(self, name: str) -> Path:
        """The path of a file after its sha256 was checked.

        Raises `ModelUnavailable` when the file is missing and `ModelCorrupt` when its
        content is not what the card says.
        """
        if not self.has(name):
            raise ModelUnavailable(f"The bundle {self.folder} has no {name}.")
        path = self.folder / name
        if not path.is_file():
            raise ModelUnavailable(f"{path} is missing. Copy the whole bundle again.")
        try:
            digest = sha256_of(path)
        except OSError as error:
            raise ModelUnavailable(f"{path} cannot be read: {error}") from error
        if digest != self.card.files[name]:
            raise ModelCorrupt(
                f"{path} does not match the sha256 in its card. "
                "Copy the bundle again, or export the model again."
            )
        return path


def load_bundle(folder: Path) -> Bundle:
    """Read the card of a bundle; its files are verified when they are used.

    Raises `ModelUnavailable`, `ModelCorrupt` or `ModelIncompatible`.
    """
    path = folder / CARD_NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelUnavailable(
            f"There is no model in {folder}: {CARD_NAME} is missing. "
            "Set DETECTOR_BUNDLE to the folder of a bundle."
        ) from error
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ModelCorrupt(f"{path} cannot be read as JSON: {error}") from error
    return Bundle(folder=folder, card=_parse_card(path, values))


def _parse_card(path: Path, values: Any) -> ModelCard:  # noqa: ANN401 - any JSON
    if not isinstance(values, dict):
        raise ModelCorrupt(f"{path} is not a JSON object.")
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelIncompatible(
            f"{path} has bundle format {version!r}; this version reads "
            f"{FORMAT_VERSION}. Export the model again with this version."
        )
    try:
        card = ModelCard(
            **{
                **values,
                "preprocessing": PreprocessSpec(**values["preprocessing"]),
                "operating_point": OperatingPoint(**values["operating_point"]),
                "class_order": tuple(values["class_order"]),
                "encoder": _parse_encoder(values.get("encoder")),
            }
        )
        wrong = [field for field, right in _checks(card).items() if not right]
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelCorrupt(f"{path} lacks or misnames a field: {error}") from error
    if wrong:
        raise ModelCorrupt(
            f"{path} has a value out of range in: {', '.join(wrong)}. "
            "Copy the bundle again, or export the model again."
        )
    return card


def _parse_encoder(values: dict[str, str] | None) -> EncoderRef | None:
    return None if values is None else EncoderRef(**values)


def _checks(card: ModelCard) -> dict[str, bool]:
    """Field → whether its value can be used; a wrong type may raise `TypeError`."""
    spec, point = card.preprocessing, card.operating_point
    return {
        "name": isinstance(card.name, str) and bool(card.name.strip()),
        "version": isinstance(card.version, str) and bool(card.version.strip()),
        "preprocessing.size": type(spec.size) is int and 1 <= spec.size <= MAX_SIZE,
        "preprocessing.interpolation": spec.interpolation in INTERPOLATIONS,
        "temperature": math.isfinite(card.temperature) and card.temperature > 0,
        "operating_point": 0 <= point.human_threshold <= point.ai_threshold <= 1,
        "class_order": card.class_order == CLASS_ORDER,
        "files": all(map(_is_file_entry, card.files.keys(), card.files.values())),
        "encoder": card.encoder is None or _is_encoder(card.encoder),
    }


def _is_file_entry(name: str, digest: str) -> bool:
    """A name inside the folder, never a path out of it, with a sha256 in hex."""
    plain = re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name)
    return plain is not None and re.fullmatch(r"[0-9a-f]{64}", digest) is not None


def _is_encoder(encoder: EncoderRef) -> bool:
    package = re.fullmatch(r"[A-Za-z0-9_]*", encoder.package)
    return package is not None and _is_file_entry(encoder.file, encoder.sha256)


def write_card(folder: Path, card: ModelCard) -> None:
    """Write `card.json` whole or not at all."""
    part = folder / f"{CARD_NAME}.part"
    part.write_text(card.to_json(), encoding="utf-8")
    part.replace(folder / CARD_NAME)


def sha256_of(path: Path) -> str:
    """The hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
