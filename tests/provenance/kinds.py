"""One file of every kind that docs/provenance.md lists, and how it is judged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from PIL.ExifTags import Base

from classifier.provenance.signals import Claim, Source, Strength
from tests.images import encode, jpeg
from tests.provenance.files import (
    AIGC_LABEL,
    WEBUI_PARAMETERS,
    aigc_json,
    camera_exif,
    comfy_json,
    comment_exif,
    png_with,
    small,
    source_type_packet,
    unicode_comment,
    with_exif,
    with_iptc,
    with_xmp,
    xmp_packet,
)
from tests.provenance.samples import (
    EASY_DIFFUSION,
    FOOOCUS,
    INVOKE,
    INVOKE_OLD,
    MIDJOURNEY,
    NOVELAI,
    SWARM,
)
from tests.provenance.signing import Authority, created, make_authority, opened, sign

Maker = Callable[[Authority], bytes]


@dataclass(frozen=True)
class Kind:
    """How to make a file, and the first signal that it must give."""

    make: Maker
    writer: str
    source: Source
    claim: Claim
    strength: Strength = "unsigned"


def exiftool(data: bytes, suffix: str, *tags: str) -> bytes:
    """`data` with `tags` written by exiftool. Raises when it cannot."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{suffix}"
        path.write_bytes(data)
        command = ["exiftool", "-q", "-overwrite_original", *tags, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path.read_bytes()


def _signed(term: str, file_format: str, media_type: str) -> Maker:
    return lambda authority: sign(
        encode(small(), file_format),
        authority,
        media_type=media_type,
        actions=[created(term)],
    )


def _changed(authority: Authority) -> bytes:
    data = bytearray(sign(jpeg(), authority))
    data[-400] ^= 1
    return bytes(data)


def _damaged(authority: Authority) -> bytes:
    data = sign(jpeg(), authority)
    return data.replace(b"c2pa.claim", b"\0" * 10, 1)


def _edited(authority: Authority) -> bytes:
    edits = [opened(), {"action": "c2pa.cropped"}]
    return sign(jpeg(seed=1), authority, actions=edits, parent=sign(jpeg(), authority))


def _remote(_: Authority) -> bytes:
    space = 'xmlns:dcterms="http://purl.org/dc/terms/"'
    return with_xmp(xmp_packet(f'{space} dcterms:provenance="http://127.0.0.1:9/m"'))


def _software(name: str) -> bytes:
    exif = Image.Exif()
    exif[Base.Software] = name
    return with_exif(exif)


def _comfy_webp() -> bytes:
    exif = Image.Exif()
    exif[Base.Make] = 'workflow:{"nodes": []}'
    exif[Base.Model] = f"prompt:{comfy_json()}"
    return with_exif(exif, "WEBP")


def _draw_things() -> bytes:
    settings = json.dumps({"c": "a fjord", "model": "sd_v1.5.ckpt", "seed": 4})
    packet = xmp_packet(
        'xmp:CreatorTool="Draw Things"',
        f"<exif:UserComment><rdf:Alt><rdf:li>{settings}</rdf:li></rdf:Alt>"
        "</exif:UserComment>",
    )
    return with_xmp(packet, "PNG")


def _ai_system() -> bytes:
    return with_xmp(
        xmp_packet(
            'Iptc4xmpExt:AISystemUsed="Example Diffusion"',
            "<Iptc4xmpExt:AIPromptInformation>a red fox"
            "</Iptc4xmpExt:AIPromptInformation>",
        )
    )


def _described(text: str) -> bytes:
    return with_xmp(
        xmp_packet(
            elements=f"<dc:description><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt>"
            "</dc:description>"
        )
    )


def _unsigned(data: Callable[[], bytes]) -> Maker:
    return lambda _: data()


def _by_exiftool(file_format: str, suffix: str, *tags: str) -> Maker:
    return lambda _: exiftool(encode(small(), file_format), suffix, *tags)


_AI, _PART = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
_TERM = "-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/"

# A table, one line for each kind.
# ruff: noqa: E501
# fmt: off
KINDS: dict[str, Kind] = {
    "JPEG, Content Credentials, generated": Kind(_signed(_AI, "JPEG", "image/jpeg"), "c2pa", "c2pa", "ai", "trusted"),
    "JPEG, Content Credentials, captured": Kind(_signed("digitalCapture", "JPEG", "image/jpeg"), "c2pa", "c2pa", "camera", "trusted"),
    "PNG, Content Credentials, partly AI": Kind(_signed(_PART, "PNG", "image/png"), "c2pa", "c2pa", "edited", "trusted"),
    "WebP, Content Credentials": Kind(_signed(_AI, "WEBP", "image/webp"), "c2pa", "c2pa", "ai", "trusted"),
    "AVIF, Content Credentials": Kind(_signed(_AI, "AVIF", "image/avif"), "c2pa", "c2pa", "ai", "trusted"),
    "HEIC, Content Credentials": Kind(_signed(_AI, "HEIF", "image/heic"), "c2pa", "c2pa", "ai", "trusted"),
    "TIFF, Content Credentials": Kind(_signed(_AI, "TIFF", "image/tiff"), "c2pa", "c2pa", "ai", "trusted"),
    "GIF, Content Credentials": Kind(_signed(_AI, "GIF", "image/gif"), "c2pa", "c2pa", "ai", "trusted"),
    "JPEG, Content Credentials of a stranger": Kind(lambda _: sign(jpeg(), make_authority("Stranger")), "c2pa", "c2pa", "ai", "signed"),
    "JPEG, Content Credentials with a parent": Kind(_edited, "c2pa", "c2pa", "ai", "trusted"),
    "JPEG, Content Credentials, pixels changed": Kind(_changed, "c2pa", "c2pa", "ai", "broken"),
    "JPEG, Content Credentials, manifest damaged": Kind(_damaged, "c2pa", "c2pa", "unknown", "broken"),
    "JPEG, Content Credentials elsewhere": Kind(_remote, "Pillow", "c2pa", "unknown"),
    "JPEG, XMP source type": Kind(_unsigned(lambda: with_xmp(source_type_packet(_AI))), "Pillow", "xmp", "ai"),
    "JPEG, XMP source type by exiftool": Kind(_by_exiftool("JPEG", "jpg", f"{_TERM}{_AI}"), "exiftool", "xmp", "ai"),
    "PNG, XMP source type by exiftool": Kind(_by_exiftool("PNG", "png", f"{_TERM}{_PART}"), "exiftool", "xmp", "edited"),
    "WebP, XMP source type by exiftool": Kind(_by_exiftool("WEBP", "webp", f"{_TERM}digitalCapture"), "exiftool", "xmp", "camera"),
    "TIFF, XMP source type by exiftool": Kind(_by_exiftool("TIFF", "tif", f"{_TERM}{_AI}"), "exiftool", "xmp", "ai"),
    "GIF, XMP source type by exiftool": Kind(_by_exiftool("GIF", "gif", f"{_TERM}{_AI}"), "exiftool", "xmp", "ai"),
    "JPEG, XMP fields for AI": Kind(_unsigned(_ai_system), "Pillow", "xmp", "ai"),
    "JPEG, XMP creator tool": Kind(_by_exiftool("JPEG", "jpg", "-XMP:CreatorTool=Adobe Firefly"), "exiftool", "xmp", "ai"),
    "JPEG, XMP editor": Kind(_by_exiftool("JPEG", "jpg", "-XMP:CreatorTool=Adobe Photoshop 26.1"), "exiftool", "xmp", "edited"),
    "JPEG, XMP description of Midjourney": Kind(_unsigned(lambda: _described(MIDJOURNEY)), "Pillow", "xmp", "ai"),
    "PNG, XMP settings of Draw Things": Kind(_unsigned(_draw_things), "Pillow", "xmp", "ai"),
    "JPEG, IPTC credit": Kind(_unsigned(lambda: with_iptc(110, "Made with Google AI")), "own code", "iptc", "ai"),
    "JPEG, IPTC program by exiftool": Kind(_by_exiftool("JPEG", "jpg", "-IPTC:OriginatingProgram=Midjourney"), "exiftool", "iptc", "ai"),
    "JPEG, EXIF of a camera": Kind(_unsigned(lambda: with_exif(camera_exif())), "Pillow", "exif", "camera"),
    "HEIC, EXIF of a camera": Kind(_unsigned(lambda: with_exif(camera_exif(), "HEIF")), "Pillow", "exif", "camera"),
    "JPEG, EXIF of a camera by exiftool": Kind(_by_exiftool("JPEG", "jpg", "-Make=FUJIFILM", "-EXIF:Model=X-T5", "-ISO=400"), "exiftool", "exif", "camera"),
    "JPEG, EXIF generator": Kind(_unsigned(lambda: _software("NovelAI")), "Pillow", "exif", "ai"),
    "JPEG, EXIF editor": Kind(_unsigned(lambda: _software("GIMP 2.10")), "Pillow", "exif", "edited"),
    "JPEG, EXIF comment of a web UI": Kind(_unsigned(lambda: with_exif(comment_exif(unicode_comment(WEBUI_PARAMETERS)))), "Pillow", "exif", "ai"),
    "WebP, EXIF of ComfyUI": Kind(_unsigned(_comfy_webp), "Pillow", "exif", "ai"),
    "JPEG, comment of a web UI": Kind(_unsigned(lambda: encode(small(), "JPEG", comment=WEBUI_PARAMETERS.encode())), "Pillow", "comment", "ai"),
    "GIF, comment of a web UI": Kind(_unsigned(lambda: encode(small(), "GIF", comment=WEBUI_PARAMETERS.encode())), "Pillow", "comment", "ai"),
    "PNG, Stable Diffusion web UI": Kind(_unsigned(lambda: png_with(parameters=WEBUI_PARAMETERS)), "Pillow", "png", "ai"),
    "PNG, ComfyUI": Kind(_unsigned(lambda: png_with(prompt=comfy_json())), "Pillow", "png", "ai"),
    "PNG, ComfyUI, workflow alone": Kind(_unsigned(lambda: png_with(workflow='{"nodes": [], "links": []}')), "Pillow", "png", "ai"),
    "PNG, Fooocus": Kind(_unsigned(lambda: png_with(parameters=json.dumps(FOOOCUS))), "Pillow", "png", "ai"),
    "PNG, SwarmUI": Kind(_unsigned(lambda: png_with(parameters=json.dumps(SWARM))), "Pillow", "png", "ai"),
    "PNG, InvokeAI": Kind(_unsigned(lambda: png_with(invokeai_metadata=json.dumps(INVOKE))), "Pillow", "png", "ai"),
    "PNG, InvokeAI 2": Kind(_unsigned(lambda: png_with(sd__metadata=json.dumps(INVOKE_OLD))), "Pillow", "png", "ai"),
    "PNG, InvokeAI 1": Kind(_unsigned(lambda: png_with(Dream='"a cat" -s 50 -S 1')), "Pillow", "png", "ai"),
    "PNG, NovelAI": Kind(_unsigned(lambda: png_with(**NOVELAI)), "Pillow", "png", "ai"),
    "PNG, Midjourney": Kind(_unsigned(lambda: png_with(Description=MIDJOURNEY)), "Pillow", "png", "ai"),
    "PNG, Easy Diffusion": Kind(_unsigned(lambda: png_with(**EASY_DIFFUSION)), "Pillow", "png", "ai"),
    "PNG, AIGC label": Kind(_unsigned(lambda: png_with(AIGC=aigc_json())), "Pillow", "png", "ai"),
    "PNG, AIGC label of suspicion": Kind(_unsigned(lambda: png_with(AIGC=json.dumps(AIGC_LABEL | {"Label": "3"}))), "Pillow", "png", "unknown"),
    "JPEG, AIGC label in EXIF": Kind(_unsigned(lambda: with_exif(comment_exif(json.dumps({"AIGC": AIGC_LABEL}).encode()))), "Pillow", "exif", "ai"),
    "JPEG, AIGC label in XMP": Kind(_unsigned(lambda: with_xmp(xmp_packet(elements=f"<TC260:AIGC>{aigc_json()}</TC260:AIGC>"))), "Pillow", "xmp", "ai"),
}
# fmt: on
