"""EXIF: what the camera, or whoever wrote its fields, says."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import ExifTags, Image
from PIL.ExifTags import Base

from classifier.provenance import generation
from classifier.provenance.signals import Signal, clean, finding
from classifier.provenance.software import from_program_name

MAX_FIELD = 128 * 1024
# A sound block stores each of its bytes once; Pillow copies every field, so that a
# few thousand fields that all claim the same bytes would fill the memory.
MAX_OVERLAP = 2

_TYPE_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
}
_PREFIX = b"Exif\0\0"


def read_exif(block: bytes) -> list[Signal]:
    """Signals of an EXIF block, with or without its `Exif` prefix.

    A block whose fields could not all fit in it yields nothing. May raise on
    malformed values.
    """
    tiff = block.removeprefix(_PREFIX)
    if not tiff or not _is_plausible(tiff):
        return []
    exif = Image.Exif()
    exif.load(_PREFIX + tiff)
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    texts = _generator_texts(exif, shot)
    signals = generation.read_texts("exif", texts)
    signals += _from_software(exif)
    if "prompt" not in texts and "workflow" not in texts:
        signals += _from_camera(exif, shot)
    return signals


def _from_software(exif: Image.Exif) -> list[Signal]:
    named = (
        ("EXIF Software", exif.get(Base.Software)),
        ("EXIF Artist", exif.get(Base.Artist)),
        ("EXIF Make", exif.get(Base.Make)),
    )
    found = (
        from_program_name("exif", field, _text(value))
        for field, value in named
        if value
    )
    return [signal for signal in found if signal is not None]


def _from_camera(exif: Image.Exif, shot: dict[int, object]) -> list[Signal]:
    make, model = _text(exif.get(Base.Make)), _text(exif.get(Base.Model))
    camera = model if model.startswith(make) else f"{make} {model}".strip()
    exposure = _exposure(shot.get(Base.ExposureTime))
    lens = _text(shot.get(Base.LensModel))
    if not camera and not lens and not exposure:
        return []
    taker = clean(camera or lens, 100) or "a camera"
    return [
        finding(
            "exif",
            "camera",
            f"The EXIF fields say that {taker} took the picture; "
            "anybody can write these fields.",
            camera=camera,
            lens=lens,
            exposure=exposure,
            aperture=_number(shot.get(Base.FNumber), "f/{:g}"),
            iso=_text(shot.get(Base.ISOSpeedRatings)),
            focal_length=_number(shot.get(Base.FocalLength), "{:g} mm"),
            taken_at=_text(shot.get(Base.DateTimeOriginal)),
        )
    ]


def _generator_texts(exif: Image.Exif, shot: dict[int, object]) -> dict[str, str]:
    """The fields in which generators keep their parameters, by their PNG names."""
    texts = {}
    comment = decode_user_comment(shot.get(Base.UserComment))
    if comment:
        texts["parameters"] = comment
        texts["AIGC"] = comment
    description = _text(exif.get(Base.ImageDescription))
    if description:
        texts["Description"] = description
        texts.setdefault("AIGC", description)
    # ComfyUI writes `prompt:{…}` and `workflow:{…}` into Make and Model.
    for tag in (Base.Make, Base.Model, Base.ImageDescription):
        name, _, text = _text(exif.get(tag)).partition(":")
        if name.lower() in ("prompt", "workflow") and text.lstrip().startswith("{"):
            texts[name.lower()] = text
    return texts


def decode_user_comment(value: object) -> str:
    """The text of a UserComment: eight bytes that name the coding, then the text.

    Source: EXIF 2.32, 4.6.5. Writers disagree with it on byte order and often leave
    the name out.
    """
    if isinstance(value, str):
        return value[:MAX_FIELD].strip("\0 ")
    if not isinstance(value, bytes):
        return ""
    value = value[:MAX_FIELD]
    coding, text = value[:8], value[8:]
    if coding == b"UNICODE\0":
        return text.decode(_byte_order(text), "replace").strip("\0 ")
    if coding in (b"ASCII\0\0\0", b"\0" * 8):
        value = text
    return value.decode("utf-8", "replace").strip("\0 ")


def _byte_order(text: bytes) -> str:
    """The UTF-16 coding of `text`: by its mark, or by where its zero bytes stand."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    is_big_endian = text[0::2].count(0) >= text[1::2].count(0)
    return "utf-16-be" if is_big_endian else "utf-16-le"


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value[:MAX_FIELD].decode("utf-8", "replace")
    return "" if value is None else str(value)[:MAX_FIELD].strip("\0 ")


def _exposure(seconds: object) -> str:
    """`1/60 s` for the short ones, `2 s` for the long ones."""
    try:
        time = float(seconds)  # type: ignore[arg-type]
        return f"1/{1 / time:.0f} s" if 0 < time < 1 else f"{time:g} s"
    except (TypeError, ValueError, ZeroDivisionError):
        return ""


def _number(value: object, form: str) -> str:
    try:
        return form.format(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return ""


def _is_plausible(tiff: bytes) -> bool:
    """Whether the fields that Pillow will copy add up to about the block's size."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return False
    (offset,) = struct.unpack_from(f"{order}L", tiff, 4)
    total, directories = 0, [offset]
    for directory in directories:
        for tag, size, value in _entries(tiff, order, directory):
            total += size
            if total > MAX_OVERLAP * len(tiff) + 64:
                return False
            if tag == ExifTags.IFD.Exif and len(directories) == 1:
                directories.append(value)
    return True


def _entries(tiff: bytes, order: str, offset: int) -> Iterator[tuple[int, int, int]]:
    """Tag, byte size and value field of each entry of the directory at `offset`."""
    if offset + 2 > len(tiff):
        return
    (count,) = struct.unpack_from(f"{order}H", tiff, offset)
    room = (len(tiff) - offset - 2) // 12
    for index in range(min(count, room)):
        tag, kind, number, value = struct.unpack_from(
            f"{order}HHLL", tiff, offset + 2 + 12 * index
        )
        yield tag, number * _TYPE_SIZES.get(kind, 1), value
