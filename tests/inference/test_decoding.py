"""Bytes of an upload become an upright RGB picture, or are refused with a reason."""

from __future__ import annotations

import hashlib
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from classifier.inference.errors import ImageRejected
from classifier.inference.images import ImageLimits, decode_image
from tests.images import (
    corners,
    encode,
    exif_with_orientation,
    huge_png_header,
    jpeg,
    picture,
    plain,
    rgb16_png,
    stored_turned,
    with_png_chunk,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

READ_FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"]
TURNED_FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"]
RED = (255, 0, 0)
LOSSY = 12


def middle(data: bytes) -> tuple[int, ...]:
    """The colour in the middle of the decoded picture."""
    pixels = decode_image(data).pixels
    height, width, _ = pixels.shape
    return tuple(int(value) for value in pixels[height // 2, width // 2])


def corner_colours(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    return pixels[[8, 8, -8, -8], [8, -8, 8, -8]].astype(np.int64)


def rejection(data: bytes, limits: ImageLimits = ImageLimits()) -> ImageRejected:  # noqa: B008
    with pytest.raises(ImageRejected) as caught:
        decode_image(data, limits)
    return caught.value


@pytest.mark.parametrize("file_format", READ_FORMATS)
def test_every_format_of_the_list_is_read(file_format: str) -> None:
    data = encode(picture(90, 60), file_format)

    image = decode_image(data)

    assert image.pixels.shape == (60, 90, 3)
    assert image.pixels.dtype == np.uint8
    assert image.facts.format == file_format
    assert (image.facts.width, image.facts.height) == (90, 60)
    assert image.facts.byte_size == len(data)
    assert image.facts.sha256 == hashlib.sha256(data).hexdigest()
    difference = np.abs(image.pixels.astype(int) - np.asarray(picture(90, 60)))
    assert difference.mean() < LOSSY


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", TURNED_FORMATS)
def test_a_turned_picture_is_set_upright_exactly_once(
    file_format: str, orientation: int
) -> None:
    stored = stored_turned(corners(), orientation)
    data = encode(stored, file_format, exif=exif_with_orientation(orientation))

    image = decode_image(data)

    assert (image.facts.width, image.facts.height) == (96, 64)
    assert image.pixels.shape == (64, 96, 3)
    expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    np.testing.assert_allclose(corner_colours(image.pixels), expected, atol=16)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_a_large_picture_is_read_smaller_but_described_in_full(
    file_format: str,
) -> None:
    stored = stored_turned(corners(4000, 3000), 6)
    data = encode(stored, file_format, exif=exif_with_orientation(6))

    image = decode_image(data)

    assert (image.facts.width, image.facts.height) == (4000, 3000)
    assert image.pixels.shape == (750, 1000, 3)
    expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    np.testing.assert_allclose(corner_colours(image.pixels), expected, atol=4)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "F"])
def test_reading_smaller_averages_the_pixels_of_every_mode(mode: str) -> None:
    ramp = np.add.outer(np.arange(1345), np.arange(1400)) % 256
    grey = Image.fromarray(ramp.astype(np.uint8))
    if mode == "I;16":
        image = Image.fromarray((ramp * 257).astype(np.uint16))
    elif mode == "F":
        image = Image.fromarray(ramp.astype(np.float32))
    else:
        image = grey.convert("RGBA" if mode == "RGBA" else mode)

    pixels = decode_image(encode(image, "TIFF")).pixels

    expected = np.asarray(grey.convert("RGB").reduce(2))
    assert pixels.shape == expected.shape == (673, 700, 3)
    np.testing.assert_allclose(pixels.astype(int), expected, atol=1)


def test_a_heic_thumbnail_never_stands_in_for_the_picture() -> None:
    data = encode(picture(1300, 1200), "HEIF", thumbnails=[800])

    assert decode_image(data).pixels.shape == (1200, 1300, 3)


@pytest.mark.parametrize(
    "file_format", ["GIF", "WEBP", "PNG", "TIFF", "MPO", "AVIF", "HEIF"]
)
def test_of_several_frames_the_first_is_judged(file_format: str) -> None:
    frames = [plain("blue"), plain("lime")]
    data = encode(plain("red"), file_format, save_all=True, append_images=frames)

    assert middle(data) == pytest.approx(RED, abs=4)


def test_a_jpeg_of_several_pictures_is_called_a_jpeg() -> None:
    data = encode(plain("red"), "MPO", save_all=True, append_images=[plain("blue")])

    assert decode_image(data).facts.format == "JPEG"


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_printing_inks_become_screen_colours(file_format: str) -> None:
    data = encode(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), file_format)

    assert middle(data) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_greys_keep_their_brightness(file_format: str) -> None:
    grey = Image.fromarray(np.full((8, 8), 40_000, np.uint16))

    assert middle(encode(grey, file_format)) == (156, 156, 156)


def test_16_bit_colours_keep_their_brightness() -> None:
    assert middle(rgb16_png((40_000, 768, 65_535))) == (156, 3, 255)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, 128), (127.5, 128), (32_767.5, 128), (np.nan, 0)]
)
def test_floating_point_greys_are_scaled_by_their_likely_white(
    value: float, shown: int
) -> None:
    data = encode(Image.fromarray(np.full((8, 8), value, np.float32)), "TIFF")

    assert middle(data) == (shown, shown, shown)


@pytest.mark.parametrize("value", [np.inf, -np.inf, -5.0])
def test_floating_point_greys_out_of_any_range_are_black(value: float) -> None:
    data = encode(Image.fromarray(np.full((8, 8), value, np.float32)), "TIFF")

    assert middle(data) == (0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_the_modes_of_a_png_are_read(mode: str) -> None:
    data = encode(plain("white").convert("RGBA").convert(mode))

    assert middle(data) == (255, 255, 255)


def test_what_is_transparent_lies_on_white() -> None:
    assert middle(encode(Image.new("RGBA", (8, 8), (255, 0, 0, 0)))) == (255,) * 3
    assert middle(encode(Image.new("RGBA", (8, 8), (255, 0, 0, 128)))) == (
        255,
        127,
        127,
    )
    assert middle(encode(Image.new("LA", (8, 8), (0, 0)))) == (255,) * 3


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_transparent_palette_entry_lies_on_white(file_format: str) -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])

    assert middle(encode(image, file_format)) == RED
    assert middle(encode(image, file_format, transparency=1)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_the_thinnest_pictures_are_read(size: tuple[int, int]) -> None:
    image = decode_image(encode(plain("red", *size), "JPEG"))

    assert (image.facts.width, image.facts.height) == size


def test_a_colour_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    assert middle(encode(plain("red"), icc_profile=profile)) == RED


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 40, b"Exif\0\0garbage", b"Exif\0\0"],
)
def test_malformed_exif_does_not_break_the_picture(exif: bytes) -> None:
    assert middle(encode(plain("red"), "JPEG", exif=exif)) == pytest.approx(RED, abs=4)
    assert middle(with_png_chunk(encode(plain("red")), b"eXIf", exif[6:])) == RED


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_none(orientation: int) -> None:
    data = encode(plain("red", 9, 5), exif=exif_with_orientation(orientation))

    assert decode_image(data).pixels.shape == (5, 9, 3)


def test_a_generators_long_compressed_text_does_not_break_the_picture() -> None:
    text = b"workflow\0\0" + zlib.compress(b'{"node": 1}' * 300_000)

    assert middle(with_png_chunk(encode(plain("red")), b"zTXt", text)) == RED


@pytest.mark.parametrize(
    ("kind", "start"),
    [(b"iCCP", b"x\0\0"), (b"zTXt", b"x\0\0"), (b"iTXt", b"x\0\1\0\0\0")],
)
def test_metadata_that_inflates_without_end_costs_no_picture(
    kind: bytes, start: bytes
) -> None:
    bomb = start + zlib.compress(bytes(64 * 1024 * 1024))

    assert middle(with_png_chunk(encode(plain("red")), kind, bomb)) == RED


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"iCCP"])
@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\xff" * 50, b"a\0\x07x"])
def test_malformed_metadata_costs_no_picture(kind: bytes, content: bytes) -> None:
    assert middle(with_png_chunk(encode(plain("red")), kind, content)) == RED


def test_an_empty_file_is_refused() -> None:
    assert rejection(b"").code == "empty_file"


@pytest.mark.parametrize(
    "data",
    [b"just a text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"\0"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert rejection(data).code == "unsupported_format"


@pytest.mark.parametrize("file_format", ["PPM", "ICO", "EPS", "PCX", "JPEG2000"])
def test_formats_beyond_the_list_are_refused(file_format: str) -> None:
    data = encode(plain("red"), file_format)

    assert rejection(data).code == "unsupported_format"


@pytest.mark.parametrize("file_format", READ_FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_picture_cut_short_is_refused(file_format: str, share: float) -> None:
    data = encode(picture(200, 150), file_format)

    cut = data[: max(16, int(len(data) * share))]

    assert rejection(cut).code == "broken_image"


def test_a_file_over_the_limit_is_refused_before_it_is_read() -> None:
    error = rejection(b"x" * 2000, ImageLimits(max_bytes=1999))

    assert error.code == "file_too_large"
    assert "MB" in error.detail


def test_pixels_over_the_limit_are_refused_by_the_header_alone() -> None:
    error = rejection(huge_png_header(20_000, 20_000))

    assert error.code == "too_many_pixels"
    assert "20000 × 20000" in error.detail


def test_exactly_as_many_pixels_as_the_limit_are_read() -> None:
    data = encode(plain("red", 30, 20))

    assert decode_image(data, ImageLimits(max_pixels=600)).pixels.shape == (20, 30, 3)
    assert rejection(data, ImageLimits(max_pixels=599)).code == "too_many_pixels"


def test_a_gif_whose_frame_outgrows_its_header_is_refused() -> None:
    data = bytearray(encode(plain("red"), "GIF"))
    frame = data.index(b"\x2c", 13)
    data[frame + 5 : frame + 9] = struct.pack("<HH", 65_535, 65_535)

    assert rejection(bytes(data)).code == "too_many_pixels"


def test_a_webp_that_claims_a_huge_canvas_is_refused() -> None:
    data = bytearray(encode(plain("red"), "WEBP", exif=exif_with_orientation(1)))
    canvas = data.index(b"VP8X") + 12
    data[canvas : canvas + 6] = (16_382).to_bytes(3, "little") * 2

    assert rejection(bytes(data)).code in {"too_many_pixels", "broken_image"}


def test_a_tiff_that_claims_a_huge_size_is_refused() -> None:
    data = bytearray(encode(plain("red", 20, 10), "TIFF"))
    directory = struct.unpack("<I", data[4:8])[0]
    for entry in range(struct.unpack("<H", data[directory : directory + 2])[0]):
        at = directory + 2 + 12 * entry
        if struct.unpack("<H", data[at : at + 2])[0] in (256, 257):
            data[at + 2 : at + 12] = struct.pack("<HII", 4, 1, 60_000)

    assert rejection(bytes(data)).code == "too_many_pixels"


@pytest.mark.parametrize("file_format", READ_FORMATS)
def test_overwritten_bytes_never_escape_as_another_error(file_format: str) -> None:
    random = np.random.default_rng(3)
    original = encode(picture(48, 32), file_format)
    outcomes = set()
    for _ in range(60):
        data = bytearray(original)
        for at in random.integers(0, min(len(data), 600), 3):
            data[at] = random.integers(0, 256)
        try:
            outcomes.add(decode_image(bytes(data)).pixels.ndim)
        except ImageRejected as rejected:
            outcomes.add(rejected.code)

    assert outcomes <= {
        3,
        "broken_image",
        "unsupported_format",
        "too_many_pixels",
    }
    assert len(outcomes) > 1


def test_ordinary_uploads_are_read() -> None:
    assert decode_image(jpeg()).facts.format == "JPEG"
