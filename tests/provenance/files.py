"""Image files with metadata as generators, cameras and editors write it."""

from __future__ import annotations

import io
import json
import struct
import zlib

from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.PngImagePlugin import PngInfo

from tests.images import encode, picture, png_chunk

WEBUI_PARAMETERS = (
    "a lighthouse at dusk, oil painting\n"
    "Negative prompt: blurry, text\n"
    "Steps: 25, Sampler: Euler a, CFG scale: 7, Seed: 1234, Size: 512x512, "
    "Model hash: 6ce0161689, Model: dreamshaper_8"
)
COMFY_PROMPT = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 7,
            "steps": 20,
            "cfg": 8,
            "sampler_name": "euler",
            "model": ["4", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
        },
    },
    "4": {
        "class_type": "CheckpointLoaderSimple",
        "inputs": {"ckpt_name": "flux1-dev.safetensors"},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "low quality"}},
}
AIGC_LABEL = {
    "Label": "1",
    "ContentProducer": "001191110108MA01KP2T5U00000",
    "ProduceID": "a1b2c3",
    "ReservedCode1": "",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}


def small() -> Image.Image:
    """The picture that carries the metadata."""
    return picture(64, 48)


def png_with(**texts: str) -> bytes:
    """A PNG with one tEXt chunk (iTXt beyond Latin-1) for each text."""
    info = PngInfo()
    for name, text in texts.items():
        info.add_text(name.replace("__", "-"), text)
    return encode(small(), "PNG", pnginfo=info)


def png_with_late_text(name: str, text: str) -> bytes:
    """A PNG whose text stands behind the pixels, where the header ends long before."""
    png = encode(small(), "PNG")
    chunk = png_chunk(b"tEXt", f"{name}\0{text}".encode("latin-1"))
    return png[:-12] + chunk + png[-12:]


def png_with_bomb(size: int) -> bytes:
    """A PNG whose compressed text inflates to `size` bytes."""
    png = encode(small(), "PNG")
    body = b"parameters\0\0" + zlib.compress(b"A" * size, 9)
    return png[:33] + png_chunk(b"zTXt", body) + png[33:]


def camera_exif() -> Image.Exif:
    """What a camera writes."""
    exif = Image.Exif()
    exif[Base.Make] = "Canon"
    exif[Base.Model] = "Canon EOS R5"
    exif.get_ifd(IFD.Exif).update(
        {
            Base.ExposureTime: 1 / 250,
            Base.FNumber: 2.8,
            Base.ISOSpeedRatings: 400,
            Base.LensModel: "RF50mm F1.2 L USM",
        }
    )
    return exif


def comment_exif(comment: bytes, software: str | None = None) -> Image.Exif:
    """EXIF that holds a UserComment."""
    exif = Image.Exif()
    if software:
        exif[Base.Software] = software
    exif.get_ifd(IFD.Exif)[Base.UserComment] = comment
    return exif


def unicode_comment(text: str, order: str = "utf-16-be") -> bytes:
    """A UserComment as the Stable Diffusion web UIs code it."""
    return b"UNICODE\0" + text.encode(order)


def xmp_packet(attributes: str = "", elements: str = "") -> bytes:
    """An XMP packet with the usual namespaces."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:exif="http://ns.adobe.com/exif/1.0/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
        f" {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


def source_type_packet(term: str) -> bytes:
    """XMP that states a digital source type."""
    address = f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"
    return xmp_packet(f'Iptc4xmpExt:DigitalSourceType="{address}"')


def with_xmp(packet: bytes, file_format: str = "JPEG") -> bytes:
    """A file of any format that Pillow writes XMP into."""
    if file_format == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return encode(small(), "PNG", pnginfo=info)
    return encode(small(), file_format, xmp=packet)


def with_exif(exif: Image.Exif, file_format: str = "JPEG") -> bytes:
    """A file of any format that Pillow writes EXIF into."""
    return encode(small(), file_format, exif=exif.tobytes())


def with_iptc(record: int, text: str) -> bytes:
    """A JPEG with one IPTC field in its Photoshop segment."""
    value = text.encode()
    iptc = struct.pack(">BBBH", 0x1C, 2, record, len(value)) + value
    block = b"8BIM\x04\x04\0\0" + struct.pack(">L", len(iptc)) + iptc
    segment = b"Photoshop 3.0\0" + block + b"\0" * (len(iptc) % 2)
    jpeg = encode(small(), "JPEG")
    marker = b"\xff\xed" + struct.pack(">H", len(segment) + 2)
    return jpeg[:2] + marker + segment + jpeg[2:]


def overlapping_exif(entries: int, shared: int) -> bytes:
    """An EXIF block whose fields all claim the same `shared` bytes."""
    head = b"II*\0" + struct.pack("<LH", 8, entries)
    offset = len(head) + 12 * entries + 4
    fields = b"".join(
        struct.pack("<HHLL", 1000 + index, 7, shared, offset)
        for index in range(entries)
    )
    return head + fields + b"\0" * (4 + shared)


def comfy_json() -> str:
    """The `prompt` text of ComfyUI."""
    return json.dumps(COMFY_PROMPT)


def aigc_json() -> str:
    """China's label, alone."""
    return json.dumps(AIGC_LABEL)


def truncated(data: bytes, share: float) -> bytes:
    """The first part of a file."""
    return io.BytesIO(data).read(int(len(data) * share))
