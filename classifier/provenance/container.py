"""Raw metadata blocks of an image file, each bounded, none of them interpreted."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image, IptcImagePlugin

from classifier.inference.images import READABLE_FORMATS

MAX_BLOCK = 1024 * 1024
MAX_TEXTS = 64
MAX_CHUNKS = 100_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_XMP = "XML:com.adobe.xmp"

IptcRecords = dict[tuple[int, int], bytes | list[bytes]]


@dataclass(frozen=True)
class Metadata:
    """The blocks found; what is missing, malformed or too large is empty."""

    exif: bytes = b""
    xmp: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)
    iptc: IptcRecords = field(default_factory=dict)
    comment: str = ""


def read_metadata(data: bytes) -> Metadata:
    """The metadata of `data`, from the header alone: no pixel is decoded.

    Raises whatever Pillow raises on a header that it cannot read.
    """
    if data.startswith(_PNG_SIGNATURE):
        return _read_png(data)
    image = Image.open(io.BytesIO(data), formats=READABLE_FORMATS)
    return Metadata(
        exif=_exif_block(image),
        xmp=_xmp_of_gif(data)
        if image.format == "GIF"
        else _bounded(image.info.get("xmp")),
        iptc=IptcImagePlugin.getiptcinfo(image) or {},
        comment=_decoded(_bounded(image.info.get("comment"))),
    )


def _exif_block(image: Image.Image) -> bytes:
    # A TIFF file has no EXIF block: its own directory holds the same tags.
    if image.format == "TIFF":
        return image.getexif().tobytes()
    return _bounded(image.info.get("exif"))


def _xmp_of_gif(data: bytes) -> bytes:
    """The packet of a GIF; own code, because Pillow doesn't show it.

    Source: XMP specification part 3, 1.1.2: the packet stands unblocked behind the
    name of its application extension, before a trailer that counts down from 255.
    """
    _, name, rest = data.partition(b"\x21\xff\x0bXMP DataXMP")
    packet, trailer, _ = rest[: MAX_BLOCK + 3].partition(b"\x01\xff\xfe")
    return packet if name and trailer else b""


def _bounded(block: object) -> bytes:
    if isinstance(block, str):
        block = block.encode("utf-8", "replace")
    return block if isinstance(block, bytes) and len(block) <= MAX_BLOCK else b""


def _read_png(data: bytes) -> Metadata:
    """Own code, because Pillow shows texts behind the pixels only after decoding."""
    texts: dict[str, str] = {}
    exif = b""
    for kind, body in _png_chunks(data):
        if kind == b"eXIf":
            exif = _bounded(body)
        elif kind in _TEXT_READERS and len(texts) < MAX_TEXTS:
            named = _TEXT_READERS[kind](body)
            if named is not None:
                texts.setdefault(*named)
    xmp = texts.pop(_PNG_XMP, "").encode("utf-8", "replace")
    return Metadata(exif=exif, xmp=_bounded(xmp), texts=texts)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each small chunk; stops at the end or at nonsense."""
    position = len(_PNG_SIGNATURE)
    for _ in range(MAX_CHUNKS):
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if len(kind) < 4 or kind == b"IEND":
            return
        if length <= MAX_BLOCK and kind != b"IDAT":
            yield kind, data[position + 8 : position + 8 + length]
        position += 12 + length


def _plain_text(body: bytes) -> tuple[str, str] | None:
    keyword, _, text = body.partition(b"\0")
    return _keyword(keyword), _decoded(text)


def _compressed_text(body: bytes) -> tuple[str, str] | None:
    keyword, _, rest = body.partition(b"\0")
    text = _inflated(rest[1:])
    return None if text is None else (_keyword(keyword), _decoded(text))


def _international_text(body: bytes) -> tuple[str, str] | None:
    keyword, _, rest = body.partition(b"\0")
    is_compressed, rest = rest[:1] == b"\x01", rest[2:]
    _language, _, rest = rest.partition(b"\0")
    _translated, _, text = rest.partition(b"\0")
    plain = _inflated(text) if is_compressed else text
    return None if plain is None else (_keyword(keyword), _decoded(plain))


_TEXT_READERS = {
    b"tEXt": _plain_text,
    b"zTXt": _compressed_text,
    b"iTXt": _international_text,
}


def _inflated(body: bytes) -> bytes | None:
    """The inflated text; `None` when it is broken or larger than `MAX_BLOCK`."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(body, MAX_BLOCK)
    except zlib.error:
        return None
    return None if inflater.unconsumed_tail else text


def _keyword(name: bytes) -> str:
    return name[:79].decode("latin-1")


def _decoded(text: bytes) -> str:
    # The standard says Latin-1 for two of the three kinds, but writers use UTF-8.
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
