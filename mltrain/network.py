"""The networks: a registry of backbones and one head; the Keras side of training.

The head is a 1x1 convolution whose mean over the cells is the logit. That equals
global average pooling followed by a dense layer, and makes the class-activation map
(Zhou et al., arXiv 1512.04150) an exact decomposition that costs no second pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras

from classifier.inference.bundle import KERAS_NAME, load_bundle
from classifier.inference.errors import ModelError
from mltrain.surgery import cut_at, layer_index, with_noise_branch, with_stem_stride_1
from mltrain.weights import take_weights

LOGIT = "logit"
ACTIVATION_MAP = "activation_map"
EMBEDDING = "embedding"
BACKBONE = "backbone"


@dataclass(frozen=True)
class BackboneSpec:
    """How to build a backbone and what it expects of pixels in 0-1.

    `rescale` maps a (n, h, w, 3) tensor in 0-1 to the backbone's own input range.
    """

    build: Callable[..., keras.Model]
    rescale: Callable[[keras.KerasTensor], keras.KerasTensor]


def _rescaling(scale: float, **options: float | list[float]) -> keras.layers.Layer:
    """In float32 whatever the backbone calculates in."""
    return keras.layers.Rescaling(scale, name="scale", dtype="float32", **options)


def _to_symmetric(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """0-1 → -1-1."""
    return _rescaling(2.0, offset=-1.0)(pixels)


def _to_bytes(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """0-1 → 0-255; EfficientNet normalises inside."""
    return _rescaling(255.0)(pixels)


def _to_caffe(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """0-1 RGB → 0-255 BGR minus ImageNet's means."""
    swapped = keras.ops.flip(pixels, axis=-1)
    means = [-103.939, -116.779, -123.68]
    return _rescaling(255.0, offset=means)(swapped)


BACKBONES: dict[str, BackboneSpec] = {
    "mobilenetv2": BackboneSpec(keras.applications.MobileNetV2, _to_symmetric),
    "efficientnetb0": BackboneSpec(keras.applications.EfficientNetB0, _to_bytes),
    "resnet50": BackboneSpec(keras.applications.ResNet50, _to_caffe),
}


def build_network(
    backbone: str,
    *,
    size: int = 224,
    dropout: float = 0.3,
    weights: str = "none",
    stem_stride: int = 2,
    cut: str | None = None,
    high_pass: bool = False,
    precision: str = "float32",
) -> keras.Model:
    """The network: (n, size, size, 3) float32 in 0-1 → logit (n, 1), map (n, h, w).

    `weights` is `imagenet` (Keras downloads them), `none`, or the path of a
    `.weights.h5` of the whole backbone without its top, or of a bundle's folder. The
    backbone runs in inference mode: its batch norm keeps the pretrained statistics,
    which small batches of a small data set would only blur. With `stem_stride=1` its
    first convolution keeps every position; `cut` names the layer whose output is taken
    for its last; `high_pass` sets a branch beside it that sees the picture's noise
    residual. `precision` is `float32`
    or `mixed_float16`; weights, head and outputs are float32 in both.

    Raises `ValueError` for a file that does not fit or an unknown layer, and `OSError`
    for a missing file.
    """
    spec = BACKBONES[backbone]
    image = keras.Input((size, size, 3), name="image")
    with _calculating_in(precision):
        body = spec.build(
            include_top=False,
            weights="imagenet" if weights == "imagenet" else None,
            input_shape=(size, size, 3),
            name=BACKBONE,
        )
        if weights not in ("imagenet", "none"):
            load_backbone_weights(body, Path(weights))
        if stem_stride == 1:
            body = with_stem_stride_1(body)
        if cut:
            body = cut_at(body, cut)
        features = body(spec.rescale(image), training=False)
        if high_pass:
            features = with_noise_branch(image, features)
        dropped = keras.layers.SpatialDropout2D(dropout, name="dropout")(features)
    cells = keras.layers.Conv2D(1, 1, name="head", dtype="float32")(dropped)
    activation_map = keras.layers.Reshape(
        cells.shape[1:3], name=ACTIVATION_MAP, dtype="float32"
    )(cells)
    logit = keras.layers.GlobalAveragePooling2D(name=LOGIT, dtype="float32")(cells)
    return keras.Model(
        image, {LOGIT: logit, ACTIVATION_MAP: activation_map}, name=backbone
    )


@contextmanager
def _calculating_in(precision: str) -> Iterator[None]:
    """Layers built in the block have this dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def load_backbone_weights(body: keras.Model, path: Path) -> None:
    """Fill a backbone from a file without its top, or from a bundle's own backbone."""
    if path.is_dir():
        _copy_weights(body, path)
    elif path.is_file():
        body.load_weights(path)
    else:
        raise FileNotFoundError(
            f"There are no weights at {path}. Give --weights imagenet, none, the path "
            "of a .weights.h5 of the backbone without its top, or a bundle's folder."
        )


def _copy_weights(body: keras.Model, folder: Path) -> None:
    """From the backbone of a bundle, whose files are verified first."""
    try:
        path = load_bundle(folder).verified(KERAS_NAME)
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except ModelError as error:
        raise ValueError(f"--weights cannot be taken from a bundle: {error}") from error
    try:
        take_weights(body, network.get_layer(BACKBONE).get_weights())
    except ValueError as error:
        raise ValueError(
            f"The bundle {folder} has another backbone, or a part of this one. "
            "Give --weights a bundle with the same whole backbone."
        ) from error


def unfreeze_backbone(
    network: keras.Model, unfrozen: bool, first: str | None = None
) -> None:
    """Train the backbone's convolutions, those from the layer `first` on, or nothing.

    Scales and shifts of batch norm stay frozen with their statistics: the convolutions
    before them can learn the same, and on a CPU a step takes a quarter of the time.

    Raises `ValueError` for an unknown layer.
    """
    backbone = network.get_layer(BACKBONE)
    backbone.trainable = unfrozen
    start = layer_index(backbone, first, "--unfreeze-from") if first else 0
    for index, layer in enumerate(backbone.layers):
        if index < start or isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def trainable_network(network: keras.Model, embedding_size: int | None) -> keras.Model:
    """The network as it is trained: the logit, and the teacher's embedding if any.

    With `embedding_size` the pooled features are also projected to that many values,
    (n, embedding_size), which are compared with a teacher's; the projection is thrown
    away after training.
    """
    outputs = {LOGIT: network.output[LOGIT]}
    if embedding_size:
        features = network.get_layer("dropout").input
        pooled = keras.layers.GlobalAveragePooling2D(name="pooled", dtype="float32")(
            features
        )
        projection = keras.layers.Dense(embedding_size, name=EMBEDDING, dtype="float32")
        outputs[EMBEDDING] = projection(pooled)
    return keras.Model(network.input, outputs, name=f"{network.name}_training")
