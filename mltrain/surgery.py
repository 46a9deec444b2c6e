"""Changes to a pretrained backbone that keep its weights: stride, depth, a branch."""

from __future__ import annotations

import difflib

import keras
import numpy as np

from mltrain.weights import take_weights

# The SRM's 5x5 "square" filter: what its neighbours do not predict of a pixel
# (Fridrich and Kodovský, "Rich Models for Steganalysis of Digital Images", 2012).
_SQUARE_5X5 = (
    np.array(
        [
            [-1, 2, -2, 2, -1],
            [2, -6, 8, -6, 2],
            [-2, 8, -12, 8, -2],
            [2, -6, 8, -6, 2],
            [-1, 2, -2, 2, -1],
        ],
        np.float32,
    )
    / 12
)
# Levels of 255 beyond which a residual is an edge and no noise (Ye, Ni and Yi, 2017).
_TRUNCATION = 3.0
_BRANCH_FILTERS = (16, 32, 64, 96, 128)


def with_stem_stride_1(body: keras.Model) -> keras.Model:
    """The same weights, but the first convolution keeps every position.

    All maps after it are twice as wide and as high, and so is the last one.
    """
    config = body.get_config()
    layers = config["layers"]
    first = next(i for i, layer in enumerate(layers) if layer["class_name"] == "Conv2D")
    stem = layers[first]["config"]
    stem["strides"] = (1, 1)
    margin = [(length - 1) // 2 for length in stem["kernel_size"]]
    if layers[first - 1]["class_name"] == "ZeroPadding2D":
        # Made for stride 2, it may be uneven; maps must keep the picture's size.
        layers[first - 1]["config"]["padding"] = [(m, m) for m in margin]
    changed = type(body).from_config(config)
    take_weights(changed, body.get_weights())
    return changed


def cut_at(body: keras.Model, name: str) -> keras.Model:
    """The backbone up to the layer `name`, whose output (n, h, w, c) is its last."""
    layer = body.layers[layer_index(body, name, "--cut")]
    if len(layer.output.shape) != 4 or layer.output is body.input:
        raise ValueError(
            f"--cut {name}: this layer has no map of features; name another."
        )
    return keras.Model(body.input, layer.output, name=body.name)


def layer_index(body: keras.Model, name: str, option: str) -> int:
    """Where the layer is; `ValueError` with similar names where there is none."""
    names = [layer.name for layer in body.layers]
    if name not in names:
        close = difflib.get_close_matches(name, names, 5, cutoff=0.5) or names[-5:]
        raise ValueError(
            f"{option} {name}: the backbone has no such layer; "
            f"it has {', '.join(close)} and others."
        )
    return names.index(name)


def with_noise_branch(
    image: keras.KerasTensor, features: keras.KerasTensor
) -> keras.KerasTensor:
    """Features with those of a small branch beside them, (n, h, w, c + 128).

    The branch sees the picture, (n, size, size, 3) in 0-1, through a fixed high-pass
    filter only, truncated and scaled to ±1, as the noise stream of Zhou et al.
    (arXiv 1805.04953) does; it starts at random and is trained from the first epoch.
    """
    levels = keras.layers.Rescaling(255.0, name="levels", dtype="float32")(image)
    high_pass = keras.layers.DepthwiseConv2D(
        5,
        padding="same",
        use_bias=False,
        trainable=False,
        name="high_pass",
        dtype="float32",
    )
    residual = high_pass(levels)
    high_pass.set_weights([np.tile(_SQUARE_5X5[:, :, None, None], (1, 1, 3, 1))])
    branch = keras.ops.clip(residual / _TRUNCATION, -1.0, 1.0)
    position = 0
    while branch.shape[1] > features.shape[1]:
        filters = _BRANCH_FILTERS[min(position, len(_BRANCH_FILTERS) - 1)]
        branch = keras.layers.SeparableConv2D(
            filters,
            3,
            strides=2,
            padding="same",
            activation="relu",
            name=f"noise_{position}",
        )(branch)
        position += 1
    branch = keras.layers.Conv2D(
        _BRANCH_FILTERS[-1], 1, activation="relu", name="noise_features"
    )(branch)
    return keras.layers.Concatenate(name="features")([features, branch])
