"""The golden set: pictures whose scores are known, sent through the real HTTP path.

The scores are recorded next to the model, by the engine that training used, in
`golden.json` of its bundle. A site that answers otherwise decodes, scales or computes
differently than it did when the model was measured.
"""

from __future__ import annotations

import json
import ssl
import struct
import urllib.error
import urllib.request
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.detector_provider import get_detector
from classifier.models import Submission
from operations.models import GoldenCheck

PICTURES = Path(__file__).parent / "golden"
FILE_NAME = "golden.json"
# Anonymous answers are rounded to two decimals, and decoders differ between versions.
TOLERANCE = 0.02
TIMEOUT_SECONDS = 120.0


class GoldenError(Exception):
    """The check could not be made; the message says why and what to do."""


@dataclass(frozen=True)
class Recorded:
    """The probabilities (0–1) of a model by file name."""

    model_name: str
    model_version: str
    scores: dict[str, float]


def golden_record() -> Path:
    """Judge the pictures with the settings' model and engine; write `golden.json`."""
    detector = get_detector()
    scores = {
        path.name: round(detector.detect(path.read_bytes()).ai_probability, 6)
        for path in _pictures()
    }
    card = {"name": detector.card.name, "version": detector.card.version}
    target = Path(settings.DETECTOR_BUNDLE) / FILE_NAME
    text = json.dumps({"model": card, "scores": scores}, indent=2)
    target.write_text(text + "\n", encoding="utf-8")
    return target


def golden_check(*, url: str) -> GoldenCheck:
    """Send the pictures to the site at `url`, compare, and store what was found.

    The rows that the visit leaves behind are deleted again.
    """
    try:
        recorded = _recorded()
        answers = {path.name: _ask(url, path.read_bytes()) for path in _pictures()}
    except GoldenError as error:
        return GoldenCheck.objects.create(passed=False, detail=str(error)[:500])
    ids = [answer["id"] for answer in answers.values()]
    Submission.objects.filter(pk__in=ids, owner=None).delete()
    return _compared(recorded, answers)


def _compared(recorded: Recorded, answers: dict[str, Any]) -> GoldenCheck:
    versions = {(a["model"]["name"], a["model"]["version"]) for a in answers.values()}
    if versions != {(recorded.model_name, recorded.model_version)}:
        served = " and ".join(" ".join(version) for version in sorted(versions))
        return GoldenCheck.objects.create(
            passed=False,
            detail=f"The site answers with {served}; the scores are of "
            f"{recorded.model_name} {recorded.model_version}.",
        )
    distances = {
        name: abs(answer["ai_probability"] - recorded.scores[name])
        for name, answer in answers.items()
    }
    name, worst = max(distances.items(), key=lambda item: item[1])
    passed = worst <= TOLERANCE
    return GoldenCheck.objects.create(
        model_name=recorded.model_name,
        model_version=recorded.model_version,
        pictures=len(answers),
        worst_difference=worst,
        passed=passed,
        detail="" if passed else f"{name} is {worst:.3f} away from its score.",
    )


def _pictures() -> list[Path]:
    return sorted(p for p in PICTURES.iterdir() if p.suffix in (".png", ".jpg"))


def _recorded() -> Recorded:
    path = Path(settings.DETECTOR_BUNDLE) / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        scores = {str(k): float(v) for k, v in content["scores"].items()}
        model = content["model"]
        recorded = Recorded(model["name"], model["version"], scores)
    except FileNotFoundError as error:
        raise GoldenError(
            f"There is no {path}. Record it on the machine that trained the model: "
            "manage.py check_golden --record"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GoldenError(f"{path} cannot be read: {error}") from error
    missing = {p.name for p in _pictures()} - scores.keys()
    if missing:
        raise GoldenError(f"{path} has no score of {', '.join(sorted(missing))}.")
    return recorded


def _ask(url: str, data: bytes) -> dict[str, Any]:
    """The site's answer to a picture that it has not seen in exactly these bytes."""
    boundary = uuid.uuid4().hex
    body = b"".join(_multipart(boundary, _renewed(data)))
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    address = f"{url.rstrip('/')}/predict"
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - our own URL
    context = ssl.create_default_context()
    try:
        with urllib.request.urlopen(  # noqa: S310
            request, timeout=TIMEOUT_SECONDS, context=context
        ) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise GoldenError(f"{address} answered {error.code}.") from error
    except (OSError, ValueError) as error:
        raise GoldenError(f"{address} does not answer: {error}") from error


def _multipart(boundary: str, data: bytes) -> Iterator[bytes]:
    yield f"--{boundary}\r\n".encode()
    yield b'Content-Disposition: form-data; name="file"; filename="golden"\r\n\r\n'
    yield data
    yield f"\r\n--{boundary}--\r\n".encode()


def _renewed(data: bytes) -> bytes:
    """The same picture with a random comment: a stored answer would prove nothing."""
    comment = uuid.uuid4().hex.encode()
    if data.startswith(b"\x89PNG"):
        content = b"tEXtComment\x00" + comment
        chunk = struct.pack(">I", len(content) - 4) + content
        chunk += struct.pack(">I", zlib.crc32(content))
        return data[:33] + chunk + data[33:]  # behind the header chunk
    return (
        data[:2]
        + b"\xff\xfe"
        + struct.pack(">H", len(comment) + 2)
        + comment
        + data[2:]
    )
