"""Metadata made to break, to stall or to swell: nothing raises, nothing takes long."""

from __future__ import annotations

import json
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from classifier.provenance import read
from classifier.provenance.reader import MAX_SIGNALS
from tests.images import encode, jpeg, png_chunk
from tests.provenance.files import (
    WEBUI_PARAMETERS,
    camera_exif,
    comfy_json,
    overlapping_exif,
    png_with,
    png_with_bomb,
    small,
    source_type_packet,
    truncated,
    with_exif,
    with_iptc,
    with_xmp,
    xmp_packet,
)
from tests.provenance.signing import Authority, sign
from tests.provenance.stalls import stall_is_an_error

CASES_PER_FILE = 60


def with_chunk(kind: bytes, body: bytes) -> bytes:
    png = encode(small(), "PNG")
    return png[:33] + png_chunk(kind, body) + png[33:]


def with_exif_block(block: bytes) -> bytes:
    return with_chunk(b"eXIf", block)


def deep_xml() -> bytes:
    depth = 60_000
    return xmp_packet(elements="<a>" * depth + "</a>" * depth)


def entity_bomb() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        "&l9;</x:xmpmeta>"
    ).encode()


def deep_json(name: str) -> bytes:
    return png_with(**{name: '{"a":' * 100_000 + "1" + "}" * 100_000})


def many_samplers() -> bytes:
    nodes = {
        str(n): {
            "class_type": "KSampler",
            "inputs": {"positive": [str(n + 1), 0], "steps": 1, "cfg": 1},
        }
        for n in range(9_000)
    }
    return png_with(prompt=json.dumps(nodes), workflow='{"links": []}')


HOSTILE: dict[str, Callable[[], bytes]] = {
    "zip bomb in zTXt": lambda: png_with_bomb(200 * 1024 * 1024),
    "zip bomb in iTXt": lambda: with_chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 100 * 1024**2)
    ),
    "a thousand texts": lambda: png_with(**{f"k{n}": "v" * 5000 for n in range(1000)}),
    "deep XML": lambda: with_xmp(deep_xml(), "PNG"),
    "entity expansion": lambda: with_xmp(entity_bomb(), "PNG"),
    "wide XML": lambda: with_xmp(xmp_packet(elements="<a b='c'/>" * 40_000), "PNG"),
    "deep JSON prompt": lambda: deep_json("prompt"),
    "deep JSON label": lambda: deep_json("AIGC"),
    "deep JSON InvokeAI": lambda: deep_json("invokeai_metadata"),
    "huge ComfyUI graph": many_samplers,
    "regex bait, hashes": lambda: png_with(
        parameters="Steps: 1, Sampler: x" + "Hashes:{" * 20_000
    ),
    "regex bait, spaces": lambda: png_with(
        Software="NovelAI",
        Comment='{"sampler":"x"}',
        Description="d",
        Source="a" + " " * 100_000,
    ),
    "regex bait, steps": lambda: png_with(parameters="Steps: 1" * 20_000),
    "EXIF fields that overlap": lambda: with_exif_block(overlapping_exif(5000, 50_000)),
    "EXIF directory that points to itself": lambda: with_exif_block(
        b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0"
    ),
    "EXIF without content": lambda: with_exif_block(b"Exif\0\0"),
    "PNG length beyond the end": lambda: encode(small(), "PNG")[:33] + b"\xff" * 12,
    "a million empty chunks": lambda: (
        encode(small(), "PNG")[:33] + png_chunk(b"tIME", b"") * 1_000_000
    ),
    "no image at all": lambda: b"jumb c2pa dcterms:provenance",
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_metadata_ends_and_takes_little_memory(
    make: Callable[[], bytes],
) -> None:
    data = make()
    with stall_is_an_error():
        signals = read(data)
    assert len(signals) <= MAX_SIGNALS
    tracemalloc.start()
    read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_a_bomb_beside_a_sound_text_hides_nothing() -> None:
    png = png_with(parameters=WEBUI_PARAMETERS)
    bomb = png_chunk(b"zTXt", png_with_bomb(50 * 1024 * 1024)[41:-12][:60_000])
    assert read(png[:33] + bomb + png[33:])[0].claim == "ai"


def test_broken_xmp_does_not_hide_sound_exif() -> None:
    data = encode(small(), "JPEG", exif=camera_exif().tobytes(), xmp=b"<x:xmpmeta")
    assert [signal.claim for signal in read(data)] == ["camera"]


def seeds(authority: Authority) -> list[bytes]:
    png = encode(small(), "PNG")
    return [
        png_with(parameters=WEBUI_PARAMETERS, AIGC="{}"),
        png_with(prompt=comfy_json(), workflow='{"nodes": []}'),
        with_exif(camera_exif(), "JPEG"),
        with_exif(camera_exif(), "WEBP"),
        with_exif(camera_exif(), "AVIF"),
        with_exif(camera_exif(), "TIFF"),
        with_xmp(source_type_packet("digitalCapture"), "JPEG"),
        with_xmp(source_type_packet("digitalCapture"), "PNG"),
        with_iptc(110, "Made with Google AI"),
        sign(jpeg(64, 48), authority),
        sign(png, authority, media_type="image/png"),
    ]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """The file with a few bytes changed, removed or repeated, or cut off."""
    kind = chance.choice(["flip", "flip", "flip", "delete", "repeat", "cut"])
    # Metadata stands in front, so most of the damage goes there.
    limit = len(data) if chance.random() < 0.3 else min(len(data), 1500)
    place = chance.randrange(limit)
    length = chance.randint(1, 40)
    if kind == "cut":
        return truncated(data, chance.random())
    if kind == "delete":
        return data[:place] + data[place + length :]
    if kind == "repeat":
        return data[:place] + data[place : place + length] * 2 + data[place + length :]
    changed = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        changed[chance.randrange(limit)] = chance.randrange(256)
    return bytes(changed)


def test_no_mutation_of_a_real_file_raises_or_stalls(authority: Authority) -> None:
    chance = random.Random(20261122)  # noqa: S311 - a seed for cases, not a secret
    for data in seeds(authority):
        assert read(data), "each seed must reach a reader"
        for _ in range(CASES_PER_FILE):
            mutated = mutate(data, chance)
            with stall_is_an_error():
                signals = read(mutated)
            for finding in signals:
                assert finding.detail.isprintable()
                assert len(finding.detail) <= 300
