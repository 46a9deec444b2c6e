"""Metadata that no picture needs, taken out before a decoder trips over it."""

from __future__ import annotations

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Texts and colour profiles: not used for the pixels, and refused by Pillow as a whole
# file where they are malformed or inflate too far.
_UNUSED = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"caBX")
_MAX_CHUNKS = 100_000


def without_ancillary(data: bytes) -> bytes:
    """The bytes of a PNG without texts, profile and credentials; others as they are.

    What is no sound sequence of chunks is left alone for the decoder to judge.
    """
    if not data.startswith(_PNG_SIGNATURE):
        return data
    kept, position, start = [], len(_PNG_SIGNATURE), 0
    for _ in range(_MAX_CHUNKS):
        kind = data[position + 4 : position + 8]
        if len(kind) < 4 or kind == b"IEND":
            break
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if kind in _UNUSED:
            kept.append(data[start:position])
            start = end
        position = end
    return b"".join([*kept, data[start:]]) if kept else data
