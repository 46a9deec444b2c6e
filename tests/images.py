"""Pictures drawn in code and encoded in many formats, the same in every run."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

register_heif_opener()

ORIENTATION_TAG = 0x0112


def picture(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    """A smooth sky, some ellipses and a little noise, in RGB."""
    random = np.random.default_rng(seed)
    down, right = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [128 + 100 * np.sin(3 * down + 2 * right + random.uniform(0, 6, 1))]
    planes += [
        128 + 100 * np.cos(4 * right - down + i) for i in random.uniform(0, 6, 2)
    ]
    noisy = np.stack(planes, axis=-1) + random.normal(0, 4, (height, width, 3))
    image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        x, y = random.uniform(0, 0.8, 2) * (width, height)
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        draw.ellipse((x, y, x + width / 6, y + height / 6), fill=colour)
    return image


def plain(colour: str, width: int = 64, height: int = 48) -> Image.Image:
    """One colour; the tiny bundle calls red `ai`, blue `human`, grey `uncertain`."""
    return Image.new("RGB", (width, height), colour)


def encode(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    """The bytes of a file; `options` go to Pillow's `save`."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def jpeg(width: int = 320, height: int = 240, seed: int = 0) -> bytes:
    """A drawn picture as JPEG: the ordinary upload."""
    return encode(picture(width, height, seed), "JPEG", quality=90)


def corners(width: int = 96, height: int = 64) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    half_width, half_height = width // 2, height // 2
    draw.rectangle((0, 0, half_width - 1, half_height - 1), fill=(255, 0, 0))
    draw.rectangle((half_width, 0, width - 1, half_height - 1), fill=(0, 255, 0))
    draw.rectangle((0, half_height, half_width - 1, height - 1), fill=(0, 0, 255))
    return image


def stored_turned(image: Image.Image, orientation: int) -> Image.Image:
    """The pixels that a file with this EXIF orientation stores to show `image`."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    return image if undo is None else image.transpose(undo)


def exif_with_orientation(orientation: int) -> bytes:
    """EXIF that holds nothing else; for HEIC the encoder also writes a rotation box."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return exif.tobytes()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG with its length and checksum."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def huge_png_header(width: int = 20_000, height: int = 20_000) -> bytes:
    """A PNG that claims to be enormous and holds hardly a byte of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", zlib.compress(b"\x00" * 1000)),
            png_chunk(b"IEND", b""),
        ]
    )


def rgb16_png(colour: tuple[int, int, int], width: int = 8, height: int = 8) -> bytes:
    """A 16-bit RGB PNG of one colour, which Pillow itself cannot write."""
    row = b"\x00" + struct.pack(">3H", *colour) * width
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            png_chunk(b"IDAT", zlib.compress(row * height)),
            png_chunk(b"IEND", b""),
        ]
    )


def with_png_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """The PNG with one more chunk behind its header."""
    behind_header = 8 + 25
    return png[:behind_header] + png_chunk(kind, content) + png[behind_header:]


def framed(frame: str, centre: str, side: int = 240) -> Image.Image:
    """A square whose middle, two thirds of each side, has another colour.

    The tiny bundle calls red around blue `ai`, and its middle part `human`.
    """
    image = Image.new("RGB", (side, side), frame)
    inner = round(side * 0.66)
    start = (side - inner) // 2
    image.paste(Image.new("RGB", (inner, inner), centre), (start, start))
    return image
