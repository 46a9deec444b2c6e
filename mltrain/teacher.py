"""A teacher to distil from: embeddings of a large frozen image encoder.

Pretraining decides more than anything else on small data, and the large encoders have
the best of it. Their embeddings are computed once, from unaltered pictures; the student
learns to reproduce them from altered ones beside learning the labels (feature
distillation as in FitNets, arXiv 1412.6550, with a cosine loss).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classifier.inference.bundle import sha256_of
from classifier.inference.encoder import ImageEncoder
from classifier.inference.errors import ImageRejected, ModelError
from classifier.inference.images import decode_image
from classifier.inference.preprocessing import PreprocessSpec, to_model_input
from mltrain.manifest import Sample
from mltrain.scores import DATASET_LIMITS

WHOLE = "whole picture"
# Embedding takes hours; so many pictures are lost at most when it is interrupted.
SAVE_EVERY = 100

# An RGB picture and its name → the altered picture.
Alteration = Callable[[Image.Image, str], Image.Image]


class TeacherError(Exception):
    """The teacher cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class TeacherEmbeddings:
    """Vectors (n, d) float32 by sample name, and the encoder they came from.

    `view` says how the pictures were altered before.
    """

    names: tuple[str, ...]
    vectors: NDArray[np.float32]
    encoder_sha256: str
    view: str = WHOLE

    def of(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        """(n, d) in the order of `samples`, as the encoder gave them.

        Raises `TeacherError` when a sample is not in the file.
        """
        rows = {name: row for row, name in enumerate(self.names)}
        missing = [sample.name for sample in samples if sample.name not in rows]
        if missing:
            raise TeacherError(
                f"The file of embeddings lacks {len(missing)} of the pictures, such as "
                f"{missing[0]}. Run embed_dataset on this dataset again."
            )
        return self.vectors[[rows[sample.name] for sample in samples]]

    def for_samples(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        """(n, d) in the order of `samples`, standardised over them.

        Raw embeddings share most of their direction; without its mean and with every
        dimension at unit variance, what tells pictures apart is what is learnt.
        Raises `TeacherError` when a sample is not in the file.
        """
        vectors = self.of(samples)
        deviation = vectors.std(axis=0)
        return (vectors - vectors.mean(axis=0)) / np.where(deviation > 0, deviation, 1)

    def save(self, path: Path) -> None:
        """Write one `.npz`, whole or not at all."""
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez(
                file,
                names=np.array(self.names),
                vectors=self.vectors,
                encoder_sha256=np.array(self.encoder_sha256),
                view=np.array(self.view),
            )
        part.replace(path)


def load_embeddings(path: Path) -> TeacherEmbeddings:
    """Read a file written by `embed_dataset`. Raises `TeacherError`."""
    try:
        with np.load(path) as file:
            return TeacherEmbeddings(
                names=tuple(file["names"].tolist()),
                vectors=file["vectors"],
                encoder_sha256=str(file["encoder_sha256"]),
                view=str(file["view"]) if "view" in file else WHOLE,
            )
    except (OSError, KeyError, ValueError) as error:
        raise TeacherError(
            f"{path} is not a file of teacher embeddings ({error}). "
            "Write it with manage.py embed_dataset."
        ) from error


def embed_samples(
    samples: Sequence[Sample],
    encoder: Path,
    *,
    size: int = 224,
    threads: int = 2,
    view: str = WHOLE,
    alter: Alteration | None = None,
    keep: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[TeacherEmbeddings, list[str]]:
    """Embed pictures with an ONNX image encoder, see `ImageEncoder`.

    `alter` changes the upright RGB picture first, and `view` is its name. With `keep`
    the embeddings are saved there on the way, and those that are there already are
    not made again. Returns the embeddings and a sentence for each picture that could
    not be read. Raises `TeacherError` when the encoder cannot be loaded, or when the
    kept file is another encoder's or another view's.
    """
    try:
        network = ImageEncoder(encoder, threads)
    except ModelError as error:
        raise TeacherError(str(error)) from error
    digest = sha256_of(encoder)
    known = _kept(keep, digest, view)
    names = list(known.names) if known else []
    vectors = list(known.vectors) if known else []
    missing = [sample for sample in samples if sample.name not in set(names)]
    problems: list[str] = []
    spec = PreprocessSpec(size=size)

    def made() -> TeacherEmbeddings:
        return TeacherEmbeddings(tuple(names), np.stack(vectors), digest, view)

    for done, sample in enumerate(missing, 1):
        try:
            pixels = _pixels(sample, alter)
        except (ImageRejected, OSError) as error:
            problems.append(f"{sample.name}: {error}")
        else:
            vectors.append(network.encode(to_model_input(pixels, spec)).vector())
            names.append(sample.name)
        if keep and vectors and (done % SAVE_EVERY == 0 or done == len(missing)):
            made().save(keep)
        if progress:
            progress(len(samples) - len(missing) + done, len(samples))
    if not vectors:
        raise TeacherError("None of the pictures could be read; there is no embedding.")
    return made(), problems


def _kept(path: Path | None, digest: str, view: str) -> TeacherEmbeddings | None:
    if path is None or not path.exists():
        return None
    known = load_embeddings(path)
    if (known.encoder_sha256, known.view) != (digest, view):
        raise TeacherError(
            f"{path} holds embeddings of another encoder or of other views. Delete it, "
            "or choose another file."
        )
    return known


def _pixels(sample: Sample, alter: Alteration | None) -> NDArray[np.uint8]:
    pixels = decode_image(sample.path.read_bytes(), DATASET_LIMITS).pixels
    if alter is None:
        return pixels
    return np.asarray(alter(Image.fromarray(pixels), sample.name))
