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

from classifier.inference.bundle import sha256_of
from classifier.inference.errors import ImageRejected
from classifier.inference.images import decode_image
from classifier.inference.preprocessing import PreprocessSpec, to_model_input
from mltrain.manifest import Sample
from mltrain.scores import DATASET_LIMITS

# CLIP's own pixel statistics (arXiv 2103.00020, openai/CLIP).
CLIP_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
CLIP_STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


class TeacherError(Exception):
    """The teacher cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class TeacherEmbeddings:
    """Vectors (n, d) float32 by sample name, and the encoder they came from."""

    names: tuple[str, ...]
    vectors: NDArray[np.float32]
    encoder_sha256: str

    def for_samples(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        """(n, d) in the order of `samples`, standardised over them.

        Raw embeddings share most of their direction; without its mean and with every
        dimension at unit variance, what tells pictures apart is what is learnt.
        Raises `TeacherError` when a sample is not in the file.
        """
        rows = {name: row for row, name in enumerate(self.names)}
        missing = [sample.name for sample in samples if sample.name not in rows]
        if missing:
            raise TeacherError(
                f"The teacher's file lacks {len(missing)} pictures of the train split, "
                f"such as {missing[0]}. Run embed_dataset on this dataset again."
            )
        vectors = self.vectors[[rows[sample.name] for sample in samples]]
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
    progress: Callable[[int, int], None] | None = None,
) -> tuple[TeacherEmbeddings, list[str]]:
    """Embed the whole pictures with an ONNX image encoder of CLIP's input format.

    The encoder takes (n, 3, size, size) float32 normalised with CLIP's statistics. Of
    its outputs an (n, d) one is taken as a unit vector, and of an (n, tokens, d) one
    the first token and the mean and deviation of the others; all are joined. Returns
    the embeddings and a sentence for each picture that could not be read. Raises
    `TeacherError` when the encoder cannot be loaded.
    """
    encode = _open_encoder(encoder, threads)
    spec = PreprocessSpec(size=size)
    names: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    problems: list[str] = []
    for done, sample in enumerate(samples, 1):
        try:
            image = decode_image(sample.path.read_bytes(), DATASET_LIMITS)
        except (ImageRejected, OSError) as error:
            problems.append(f"{sample.name}: {error}")
        else:
            vectors.append(encode(to_model_input(image.pixels, spec)))
            names.append(sample.name)
        if progress:
            progress(done, len(samples))
    if not vectors:
        raise TeacherError("None of the pictures could be read; there is no embedding.")
    embeddings = TeacherEmbeddings(tuple(names), np.stack(vectors), sha256_of(encoder))
    return embeddings, problems


def _open_encoder(
    path: Path, threads: int
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A function from a view (size, size, 3) in 0-1 to a vector.

    It takes one view at a time: encoders that quantise their activations on the fly
    scale them over the whole batch, and a picture's vector should not depend on its
    neighbours.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Without it, int8 products overflow on processors that have AVX2 but not VNNI: a
    # CLIP ViT-B/16's vectors then had a cosine of 0.5 to what they should be.
    options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise TeacherError(f"{path} cannot be loaded as ONNX: {error}") from error
    source = session.get_inputs()[0].name

    def encode(view: NDArray[np.float32]) -> NDArray[np.float32]:
        pixels = ((view - CLIP_MEAN) / CLIP_STD).transpose(2, 0, 1)[np.newaxis]
        outputs = session.run(None, {source: np.ascontiguousarray(pixels)})
        return np.concatenate([_summary(output[0]) for output in outputs])

    return encode


def _summary(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """One picture's output, (d,) or (tokens, d), as one vector."""
    if output.ndim == 1:
        return output / np.linalg.norm(output)
    patches = output[1:]
    return np.concatenate([output[0], patches.mean(axis=0), patches.std(axis=0)])
