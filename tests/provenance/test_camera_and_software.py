"""EXIF, XMP and IPTC: cameras, source types and names of programs."""

from __future__ import annotations

import pytest
from PIL import Image
from PIL.ExifTags import Base

from classifier.provenance import read
from classifier.provenance.source_types import SOURCE_TYPES
from tests.images import encode, jpeg
from tests.provenance.files import (
    camera_exif,
    comfy_json,
    small,
    source_type_packet,
    with_exif,
    with_iptc,
    with_xmp,
    xmp_packet,
)

EXIF_FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_file_without_metadata_says_nothing(file_format: str) -> None:
    assert read(encode(small(), file_format)) == []


@pytest.mark.parametrize("file_format", EXIF_FORMATS)
def test_camera_fields_are_an_unsigned_claim(file_format: str) -> None:
    (signal,) = read(with_exif(camera_exif(), file_format))
    assert (signal.source, signal.claim) == ("exif", "camera")
    assert signal.strength == "unsigned"
    assert signal.data["camera"] == "Canon EOS R5"
    assert signal.data["lens"] == "RF50mm F1.2 L USM"
    assert (signal.data["exposure"], signal.data["iso"]) == ("1/250 s", "400")


def test_exif_that_only_turns_the_picture_says_nothing() -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    assert read(with_exif(exif)) == []


def test_comfyui_in_the_camera_fields_is_no_camera() -> None:
    exif = Image.Exif()
    exif[Base.Make] = 'workflow:{"nodes": []}'
    exif[Base.Model] = f"prompt:{comfy_json()}"
    (signal,) = read(with_exif(exif, "WEBP"))
    assert (signal.claim, signal.data["prompt"]) == ("ai", "a red fox")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_the_xmp_source_type_is_read_in_every_format(file_format: str) -> None:
    data = with_xmp(source_type_packet("trainedAlgorithmicMedia"), file_format)
    (signal,) = read(data)
    assert (signal.source, signal.claim) == ("xmp", "ai")
    assert signal.strength == "unsigned"


@pytest.mark.parametrize("term", SOURCE_TYPES)
def test_every_source_type_has_its_claim(term: str) -> None:
    (signal,) = read(with_xmp(source_type_packet(term)))
    assert signal.claim == SOURCE_TYPES[term].claim
    assert signal.data["digital_source_type"] == term


def test_an_unknown_source_type_says_nothing() -> None:
    assert read(with_xmp(source_type_packet("somethingNew"))) == []


def test_a_source_type_may_be_an_element_too() -> None:
    element = (
        "<Iptc4xmpExt:DigitalSourceType>digitalCapture/</Iptc4xmpExt:DigitalSourceType>"
    )
    (signal,) = read(with_xmp(xmp_packet(elements=element)))
    assert signal.claim == "camera"


@pytest.mark.parametrize(
    ("program", "claim"),
    [
        ("Adobe Firefly", "ai"),
        ("Midjourney", "ai"),
        ("Stable Diffusion XL", "ai"),
        ("OpenAI DALL·E 3", "ai"),
        ("Made with Google AI", "ai"),
        ("即梦AI", "ai"),
        ("Edited with Google AI", "edited"),
        ("Adobe Photoshop 26.1 (Macintosh)", "edited"),
        ("GIMP 2.10", "edited"),
    ],
)
def test_known_programs_are_recognised_in_xmp(program: str, claim: str) -> None:
    packet = xmp_packet(elements=f"<photoshop:Credit>{program}</photoshop:Credit>")
    (signal,) = read(with_xmp(packet))
    assert signal.claim == claim
    assert signal.data["software"] == program


def test_programs_are_recognised_in_exif_and_iptc() -> None:
    exif = Image.Exif()
    exif[Base.Software] = "NovelAI"
    assert read(with_exif(exif))[0].claim == "ai"
    (signal,) = read(with_iptc(110, "Made with Google AI"))
    assert (signal.source, signal.claim) == ("iptc", "ai")


@pytest.mark.parametrize(
    "credit", ["Gemini Photos", "Firefly Studio", "Imagen Press", "Flux News", "17.4.1"]
)
def test_everyday_names_are_no_generators(credit: str) -> None:
    packet = xmp_packet(elements=f"<photoshop:Credit>{credit}</photoshop:Credit>")
    assert read(with_xmp(packet)) == []


def test_one_statement_in_two_places_is_reported_once() -> None:
    exif = Image.Exif()
    exif[Base.Software] = "Adobe Photoshop 26.1"
    packet = xmp_packet('xmp:CreatorTool="Adobe Photoshop 26.1"')
    data = encode(small(), "JPEG", exif=exif.tobytes(), xmp=packet)
    assert len(read(data)) == 1


def test_a_name_cannot_rearrange_the_sentence_about_it() -> None:
    exif = camera_exif()
    exif[Base.Model] = "Canon \x1b[31m\u202e EOS\n\n" + "R" * 5000
    (signal,) = read(with_exif(exif))
    assert signal.detail.isprintable()
    assert len(signal.detail) <= 300
    assert all(len(value) <= 200 for value in signal.data.values())


def test_a_plain_upload_is_untouched() -> None:
    assert read(jpeg()) == []
