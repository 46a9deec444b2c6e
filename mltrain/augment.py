"""The augmentation policy: what happens to a picture on its way to the network.

Both classes go through the same distribution, so that no alteration can stand for a
label. A picture's changes depend on nothing but the random generator it is given.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

_KERNELS = (
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
    Image.Resampling.BOX,
)


@dataclass(frozen=True)
class AugmentPolicy:
    """Probabilities (0-1) and ranges of each alteration; saved with the run.

    Rotation is in degrees either way, colour changes are relative (0.2 is ±20 %),
    qualities are those of the codec, blur is the Gaussian's sigma in pixels and noise
    its standard deviation in levels of 255. A screenshot shows the picture at a factor
    on a page and is cut out with an error of up to `screenshot_margin` of each side.
    """

    flip: float = 0.5
    crop: float = 0.8
    crop_area: tuple[float, float] = (0.5, 1.0)
    crop_aspect: float = 4 / 3
    rotation: float = 0.2
    rotation_degrees: float = 12.0
    colour: float = 0.5
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    greyscale: float = 0.03
    rescale: float = 0.3
    rescale_factor: tuple[float, float] = (0.4, 1.3)
    blur: float = 0.15
    blur_sigma: tuple[float, float] = (0.2, 1.2)
    noise: float = 0.15
    noise_levels: tuple[float, float] = (1.0, 8.0)
    compress: float = 0.6
    compress_twice: float = 0.2
    webp_share: float = 0.25
    quality: tuple[int, int] = (30, 95)
    screenshot: float = 0.0
    screenshot_factor: tuple[float, float] = (0.5, 1.5)
    screenshot_margin: float = 0.06

    def to_dict(self) -> dict[str, Any]:
        """The policy as plain JSON values."""
        return asdict(self)


NO_AUGMENTATION = AugmentPolicy(
    flip=0, crop=0, rotation=0, colour=0, greyscale=0, rescale=0, blur=0, noise=0,
    compress=0, compress_twice=0,
)  # fmt: skip


def augment(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    """An altered copy of an RGB picture; its size may change."""
    steps: tuple[tuple[float, Callable[..., Image.Image]], ...] = (
        (policy.flip, _flip),
        (policy.crop, _crop),
        (policy.rotation, _rotate),
        (policy.colour, _recolour),
        (policy.greyscale, _greyscale),
        (policy.rescale, _rescale),
        (policy.blur, _blur),
        (policy.noise, _add_noise),
        (policy.compress, _compress),
        # Between the two: somebody shows a stored picture and sends the screenshot on.
        *(((policy.screenshot, _screenshot),) if policy.screenshot else ()),
        (policy.compress_twice, _compress),
    )
    for probability, step in steps:
        if rng.random() < probability:
            image = step(image, policy, rng)
    return image


def _flip(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _crop(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    """A random part: area and aspect ratio drawn as for Inception (arXiv 1409.4842)."""
    area = image.width * image.height * rng.uniform(*policy.crop_area)
    limit = math.log(policy.crop_aspect)
    stretch = math.exp(rng.uniform(-limit, limit)) * image.width / image.height
    width = min(image.width, max(1, round(math.sqrt(area * stretch))))
    height = min(image.height, max(1, round(math.sqrt(area / stretch))))
    left = int(rng.integers(0, image.width - width + 1))
    top = int(rng.integers(0, image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def _rotate(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    """Turn by an angle, then keep the largest centred part without empty corners."""
    degrees = rng.uniform(-policy.rotation_degrees, policy.rotation_degrees)
    turned = image.rotate(degrees, resample=Image.Resampling.BICUBIC)
    sine, cosine = abs(math.sin(math.radians(degrees))), math.cos(math.radians(degrees))
    longer = max(image.width, image.height) / min(image.width, image.height)
    scale = 1 / (cosine + sine * longer)
    width = max(1, math.floor(image.width * scale))
    height = max(1, math.floor(image.height * scale))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return turned.crop((left, top, left + width, top + height))


def _recolour(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    for enhancer, strength in (
        (ImageEnhance.Brightness, policy.brightness),
        (ImageEnhance.Contrast, policy.contrast),
        (ImageEnhance.Color, policy.saturation),
    ):
        image = enhancer(image).enhance(rng.uniform(1 - strength, 1 + strength))
    return image


def _greyscale(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    return image.convert("L").convert("RGB")


def _rescale(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    factor = rng.uniform(*policy.rescale_factor)
    size = (
        max(1, round(image.width * factor)),
        max(1, round(image.height * factor)),
    )
    return image.resize(size, _KERNELS[int(rng.integers(len(_KERNELS)))])


def _blur(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(*policy.blur_sigma)))


def _add_noise(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float32)
    deviation = np.float32(rng.uniform(*policy.noise_levels))
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * deviation
    return Image.fromarray(np.clip((pixels + noise).round(), 0, 255).astype(np.uint8))


def _compress(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    codec = "WEBP" if rng.random() < policy.webp_share else "JPEG"
    low, high = policy.quality
    buffer = io.BytesIO()
    options = {"method": 0} if codec == "WEBP" else {}
    image.save(buffer, codec, quality=int(rng.integers(low, high + 1)), **options)
    return Image.open(buffer).convert("RGB")


def _screenshot(
    image: Image.Image, policy: AugmentPolicy, rng: np.random.Generator
) -> Image.Image:
    """As a program draws it on a page, at any size and place, then cut out by hand.

    Programs scale by nearest neighbours, with or without averaging first, and put the
    picture between two pixels where the zoom is uneven; a screenshot is lossless. The
    cut leaves a strip of the page or takes one of the picture, on each side its own.
    """
    factor = rng.uniform(*policy.screenshot_factor)
    width = max(1, round(image.width * factor))
    height = max(1, round(image.height * factor))
    shown = _drawn_at(image, (width, height), rng)
    left, top, right, bottom = (
        round(length * rng.uniform(-policy.screenshot_margin, policy.screenshot_margin))
        for length in (width, height, width, height)
    )
    size = (max(1, width + left + right), max(1, height + top + bottom))
    page = Image.new("RGB", size, _page_colour(rng))
    page.paste(shown, (left, top))
    return page


def _drawn_at(
    image: Image.Image, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    way = rng.integers(3)
    if way == 0:
        return image.resize(size, Image.Resampling.NEAREST)
    if way == 1:
        return image.resize(size, Image.Resampling.BILINEAR)
    across, down = image.width / size[0], image.height / size[1]
    # Bilinear without averaging, half a pixel off; a transform is black outside the
    # picture, so its edge is repeated.
    padded = image.resize((image.width + 2, image.height + 2), Image.Resampling.NEAREST)
    padded.paste(image, (1, 1))
    right, lower = rng.uniform(0.5, 1.5, 2)
    matrix = (across, 0, float(right), 0, down, float(lower))
    return padded.transform(
        size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )


def _page_colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """White, a dark theme's grey, or any grey."""
    level = int(rng.choice([255, int(rng.integers(16, 40)), int(rng.integers(256))]))
    return (level, level, level)
