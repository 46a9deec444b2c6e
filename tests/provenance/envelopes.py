"""Sound pictures around metadata of any content: the metadata alone is damaged."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.images import encode, jpeg, png_chunk
from tests.provenance.files import (
    WEBUI_PARAMETERS,
    aigc_json,
    camera_exif,
    comfy_json,
    small,
    source_type_packet,
    with_iptc,
)
from tests.provenance.signing import Authority, sign

MAX_SEGMENT = 65_533


@dataclass(frozen=True, repr=False)
class Envelope:
    """A sound payload, and what wraps any payload into a sound picture."""

    payload: bytes
    wrap: Callable[[bytes], bytes]


def envelopes(authority: Authority) -> dict[str, Envelope]:
    """Each place of a file that holds metadata, with sound metadata for it."""
    exif = camera_exif().tobytes()
    packet = source_type_packet("trainedAlgorithmicMedia")
    signed = sign(encode(small(), "PNG"), authority, media_type="image/png")
    texts = {"parameters": WEBUI_PARAMETERS, "prompt": comfy_json()}
    texts |= {"AIGC": aigc_json(), "Description": "d --v 6 Job ID: x"}
    return {
        **{
            f"PNG tEXt {name}": Envelope(f"{name}\0{text}".encode(), _png(b"tEXt"))
            for name, text in texts.items()
        },
        "PNG zTXt": Envelope(b"parameters\0\0" + _deflated(), _png(b"zTXt")),
        "PNG iTXt": Envelope(b"XML:com.adobe.xmp\0\0\0\0\0" + packet, _png(b"iTXt")),
        "PNG eXIf": Envelope(exif.removeprefix(b"Exif\0\0"), _png(b"eXIf")),
        "PNG caBX": Envelope(_png_body(signed, b"caBX"), _png(b"caBX")),
        "JPEG EXIF": Envelope(exif, _jpeg(0xE1)),
        "JPEG XMP": Envelope(b"http://ns.adobe.com/xap/1.0/\0" + packet, _jpeg(0xE1)),
        "JPEG IPTC": Envelope(_segment(with_iptc(110, "NovelAI"), 0xED), _jpeg(0xED)),
        "JPEG JUMBF": Envelope(_segment(sign(jpeg(), authority), 0xEB), _jpeg(0xEB)),
        "JPEG comment": Envelope(WEBUI_PARAMETERS.encode(), _jpeg(0xFE)),
        "WebP EXIF": Envelope(exif, _riff(b"EXIF", 0x08)),
        "WebP XMP": Envelope(packet, _riff(b"XMP ", 0x04)),
        "GIF XMP": Envelope(packet, _gif),
    }


def _deflated() -> bytes:
    import zlib

    return zlib.compress(WEBUI_PARAMETERS.encode())


def _png(kind: bytes) -> Callable[[bytes], bytes]:
    png = encode(small(), "PNG")
    return lambda body: png[:33] + png_chunk(kind, body) + png[33:]


def _png_body(png: bytes, kind: bytes) -> bytes:
    place = png.index(kind)
    length = int.from_bytes(png[place - 4 : place], "big")
    return png[place + 4 : place + 4 + length]


def _jpeg(marker: int) -> Callable[[bytes], bytes]:
    picture = encode(small(), "JPEG")

    def wrap(body: bytes) -> bytes:
        body = body[:MAX_SEGMENT]
        head = bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2)
        return picture[:2] + head + body + picture[2:]

    return wrap


def _segment(picture: bytes, marker: int) -> bytes:
    return next(body for kind, body in _segments(picture) if kind == marker)


def _segments(picture: bytes) -> Iterator[tuple[int, bytes]]:
    place = 2
    while picture[place] == 0xFF and picture[place + 1] != 0xDA:
        length = int.from_bytes(picture[place + 2 : place + 4], "big")
        yield picture[place + 1], picture[place + 4 : place + 2 + length]
        place += 2 + length


def _riff(kind: bytes, flag: int) -> Callable[[bytes], bytes]:
    """An extended WebP whose header announces the chunk."""
    picture = small()
    bitstream = encode(picture, "WEBP", lossless=True)[12:]
    size = (picture.width - 1).to_bytes(3, "little")
    size += (picture.height - 1).to_bytes(3, "little")
    header = b"VP8X" + struct.pack("<LL", 10, flag) + size

    def wrap(body: bytes) -> bytes:
        padded = body + b"\0" * (len(body) % 2)
        chunk = kind + struct.pack("<L", len(body)) + padded
        content = b"WEBP" + header + bitstream + chunk
        return b"RIFF" + struct.pack("<L", len(content)) + content

    return wrap


def _gif(body: bytes) -> bytes:
    """The packet in an application extension of data blocks, as a GIF demands."""
    gif = encode(small(), "GIF")
    # Zero ends the blocks of a GIF, so that it cannot stand in the packet.
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    packet = body.replace(b"\0", b" ")
    extension = b"\x21\xff\x0bXMP DataXMP" + packet + trailer
    screen = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    return gif[:screen] + extension + gif[screen:]
