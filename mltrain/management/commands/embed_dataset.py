"""`manage.py embed_dataset`: a teacher's embeddings of a dataset."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from mltrain.manifest import DatasetError
from mltrain.teacher import TeacherError


class Command(BaseCommand):
    """Options in, one call, the outcome printed."""

    help = "Embed a split with a large image encoder, to distil from it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The dataset, the encoder and where to write."""
        add = parser.add_argument
        add("--data", required=True, type=Path, help="folder of labelled pictures")
        add("--encoder", required=True, type=Path, help="ONNX image encoder (CLIP's)")
        add("--output", required=True, type=Path, help="file to write, .npz")
        add("--split", default="train", help="the split to embed, or all")
        add("--threads", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        """Embed every picture of the split once; go on where a run was broken off."""
        from mltrain.layouts import read_dataset
        from mltrain.teacher import embed_samples

        try:
            dataset = read_dataset(options["data"])
            samples = dataset.split(options["split"])
            if not samples:
                raise DatasetError(
                    f"{options['data']} has no split {options['split']!r}; it has "
                    f"{', '.join(dataset.splits)}. Give one of them, or all."
                )
            with tqdm(desc="embedding", unit="img", disable=None) as bar:

                def note(done: int, total: int) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                embeddings, problems = embed_samples(
                    samples,
                    options["encoder"],
                    threads=options["threads"],
                    keep=options["output"],
                    progress=note,
                )
            embeddings.save(options["output"])
        except (DatasetError, TeacherError, OSError) as error:
            raise CommandError(str(error)) from error
        for problem in problems:
            self.stderr.write(f"Skipped {problem}")
        count, size = embeddings.vectors.shape
        self.stdout.write(
            self.style.SUCCESS(
                f"Wrote {count} embeddings of {size} values to {options['output']}"
            )
        )
