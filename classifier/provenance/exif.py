"""EXIF: what the camera, or whoever wrote its fields, says."""

from __future__ import annotations

from PIL import ExifTags, Image
from PIL.ExifTags import Base

from classifier.provenance import generation
from classifier.provenance.signals import Signal, clean, finding
from classifier.provenance.software import from_program_name

MAX_FIELD = 128 * 1024
_PREFIX = b"Exif\0\0"


def read_exif(block: bytes) -> list[Signal]:
    """Signals of an EXIF block, with or without its `Exif` prefix.

    May raise on malformed values.
    """
    tiff = block.removeprefix(_PREFIX)
    if not tiff:
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
