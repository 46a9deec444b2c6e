"""Uploads that mean harm: valid files of every format, bent in many ways."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator

from PIL import Image

from tests.images import encode, huge_png_header, jpeg, picture, with_png_chunk

Bend = Callable[[random.Random, bytes], bytes]


def seeds() -> list[bytes]:
    """One valid file of each format, and some odd ones."""
    image = picture(96, 72)
    frames = [picture(48, 48, seed) for seed in range(3)]
    exif = Image.Exif()
    exif[0x010E] = "text " * 200
    return [
        jpeg(96, 72),
        encode(image, "JPEG", exif=exif.tobytes(), progressive=True),
        encode(image.convert("CMYK"), "JPEG"),
        encode(image, "PNG"),
        encode(image.convert("P"), "PNG"),
        encode(image, "WEBP"),
        encode(image, "WEBP", lossless=True),
        encode(image, "AVIF"),
        encode(image, "HEIF"),
        encode(image, "BMP"),
        encode(image, "TIFF", compression="tiff_lzw"),
        encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
    ]


def _truncated(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data))]


def _flipped(dice: random.Random, data: bytes) -> bytes:
    bent = bytearray(data)
    for _ in range(dice.choice((1, 4, 32))):
        bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
    return bytes(bent)


def _header_bent(dice: random.Random, data: bytes) -> bytes:
    head = bytearray(data[:64])
    head[dice.randrange(4, len(head))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(head) + data[64:]


def _huge_number(dice: random.Random, data: bytes) -> bytes:
    place = dice.randrange(max(1, min(len(data) - 4, 400)))
    number = dice.choice((0, 0xFFFFFFFF, 0x7FFFFFFF, 0x10000))
    form = dice.choice((">I", "<I"))
    return data[:place] + struct.pack(form, number) + data[place + 4 :]


def _repeated(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(len(data))
    piece = data[start : start + dice.randrange(1, 200)]
    return data[:start] + piece * dice.randrange(2, 50) + data[start:]


def _cut_out(dice: random.Random, data: bytes) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.randrange(1, 200) :]


def _trailing(dice: random.Random, data: bytes) -> bytes:
    return data + dice.randbytes(dice.randrange(1, 5000))


BENDS: tuple[Bend, ...] = (
    _truncated,
    _flipped,
    _header_bent,
    _huge_number,
    _repeated,
    _cut_out,
    _trailing,
)


def hostile_uploads(count: int, seed: int = 0) -> Iterator[bytes]:
    """`count` files, the same for the same seed; most are bent, some are made up."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    valid = seeds()
    made_up = [
        b"",
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(64),
        b"#!/bin/sh\nid\n",
        huge_png_header(),
        huge_png_header(2**31 - 1, 2**31 - 1),
        with_png_chunk(valid[3], b"zTXt", b"a\0\0" + bytes(5000)),
    ]
    for number in range(count):
        if number % 12 == 0:
            yield dice.choice(made_up) or dice.randbytes(dice.randrange(300))
        elif number % 12 == 1:
            yield _spliced(dice, valid)
        else:
            yield dice.choice(BENDS)(dice, dice.choice(valid))


def _spliced(dice: random.Random, valid: list[bytes]) -> bytes:
    """The head of one file on the body of another."""
    one, other = dice.sample(valid, 2)
    place = dice.randrange(4, 200)
    return one[:place] + other[place:]
