"""A teacher's embeddings: made from a real ONNX encoder, kept, and matched by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from django.core.management import CommandError, call_command
from onnx import TensorProto, helper
from PIL import Image

from mltrain.manifest import Sample
from mltrain.teacher import (
    TeacherEmbeddings,
    TeacherError,
    embed_samples,
    load_embeddings,
)
from tests.bundles import tiny_encoder
from tests.images import encode, plain
from tests.mltrain.datasets import manifest_folder


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """Mean colour as an embedding (n, 3), and the pixel rows as tokens (n, 8, 24)."""
    image = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 3, 8, 8])
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["p"], ["e"], axes=[2, 3], keepdims=0),
            helper.make_node("Transpose", ["p"], ["t"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", ["t", "shape"], ["tokens"]),
        ],
        "encoder",
        [image],
        [
            helper.make_tensor_value_info("e", TensorProto.FLOAT, [None, 3]),
            helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [None, 8, 24]),
        ],
        [helper.make_tensor("shape", TensorProto.INT64, [3], [-1, 8, 24])],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    path = tmp_path / "encoder.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    made = []
    for colour in ("red", "green", "blue"):
        path = tmp_path / f"{colour}.png"
        path.write_bytes(encode(plain(colour)))
        made.append(Sample(path, path.name, "ai", "train", colour))
    return made


def test_all_outputs_of_the_encoder_are_joined(
    encoder: Path, samples: list[Sample]
) -> None:
    embeddings, problems = embed_samples(samples, encoder, size=8)
    assert problems == []
    assert embeddings.vectors.shape == (3, 3 + 3 * 24)
    np.testing.assert_allclose(
        np.linalg.norm(embeddings.vectors[:, :3], axis=1), 1, rtol=1e-5
    )


def test_embeddings_survive_the_file_and_follow_the_samples_order(
    encoder: Path, samples: list[Sample], tmp_path: Path
) -> None:
    embeddings, _ = embed_samples(samples, encoder, size=8)
    embeddings.save(tmp_path / "teacher.npz")
    loaded = load_embeddings(tmp_path / "teacher.npz")
    np.testing.assert_allclose(
        loaded.for_samples(samples[::-1]),
        embeddings.for_samples(samples)[::-1],
        rtol=1e-5,
    )


def test_vectors_are_standardised_over_the_samples(
    encoder: Path, samples: list[Sample]
) -> None:
    vectors = embed_samples(samples, encoder, size=8)[0].for_samples(samples)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-5)
    assert set(vectors.std(axis=0).round(3)) <= {0.0, 1.0}


def test_an_unreadable_picture_is_skipped_by_name(
    encoder: Path, samples: list[Sample]
) -> None:
    samples[1].path.write_bytes(b"not a picture")
    embeddings, problems = embed_samples(samples, encoder, size=8)
    assert embeddings.names == ("red.png", "blue.png")
    assert problems[0].startswith("green.png: ")


def test_a_sample_without_embedding_is_refused(samples: list[Sample]) -> None:
    embeddings = TeacherEmbeddings(("red.png",), np.ones((1, 2), np.float32), "")
    with pytest.raises(TeacherError, match=r"lacks 2 .*green\.png"):
        embeddings.for_samples(samples)


def test_a_file_that_is_no_encoder_is_refused(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = tmp_path / "no.onnx"
    path.write_bytes(b"no graph")
    with pytest.raises(TeacherError, match="cannot be loaded"):
        embed_samples(samples, path)


def test_a_file_that_holds_no_embeddings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(TeacherError, match="embed_dataset"):
        load_embeddings(path)


def test_what_was_kept_is_not_made_again(
    encoder: Path, samples: list[Sample], tmp_path: Path
) -> None:
    kept = tmp_path / "kept.npz"
    first, _ = embed_samples(samples[:2], encoder, size=8, keep=kept)
    for sample in samples[:2]:
        sample.path.unlink()

    embeddings, problems = embed_samples(samples, encoder, size=8, keep=kept)

    assert problems == []
    np.testing.assert_array_equal(embeddings.of(samples[:2]), first.of(samples[:2]))
    assert load_embeddings(kept).names == embeddings.names


def test_altered_views_differ_and_are_kept_apart(
    encoder: Path, samples: list[Sample], tmp_path: Path
) -> None:
    def swap(image: Image.Image, name: str) -> Image.Image:
        return Image.merge("RGB", image.split()[::-1])

    whole, _ = embed_samples(samples, encoder, size=8, keep=tmp_path / "kept.npz")
    swapped, _ = embed_samples(samples, encoder, size=8, view="swapped", alter=swap)

    assert not np.allclose(whole.vectors[0], swapped.vectors[0])
    with pytest.raises(TeacherError, match="of other views"):
        embed_samples(
            samples, encoder, size=8, view="swapped", keep=tmp_path / "kept.npz"
        )


def test_the_command_embeds_the_split_that_is_named(
    tmp_path: Path, encoder: Path
) -> None:
    data = manifest_folder(tmp_path / "data", {"train": 1, "validation": 2})
    arguments = ["--data", str(data), "--encoder", str(tiny_encoder(encoder, size=224))]
    output = tmp_path / "teacher.npz"

    call_command(
        "embed_dataset", *arguments, "--output", str(output), "--split", "validation"
    )

    assert len(load_embeddings(output).names) == 4
    with pytest.raises(CommandError, match="it has train, validation"):
        call_command(
            "embed_dataset", *arguments, "--output", str(output), "--split", "phone"
        )
