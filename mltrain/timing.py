"""How long a network takes for one picture on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from classifier.inference.bundle import load_bundle
from classifier.inference.engines import Engine
from classifier.inference.errors import ModelUnavailable
from mltrain.bundles import engines_of, open_detector


def time_engines(
    folders: Sequence[Path], engines: Sequence[str], rounds: int = 30
) -> list[dict[str, float]]:
    """Milliseconds per picture of each bundle, by engine: its quickest round.

    ONNX Runtime has one thread, as in the site; Keras has as many as TensorFlow takes,
    which is every core, so the two engines' times don't compare.

    A network cannot be quicker than it is, only be disturbed: of rounds in turn the
    quickest says most of it and least of what else the machine does. An engine that a
    bundle has no file for, or that is not installed, is left out.
    """
    loaded: list[tuple[int, str, Engine, NDArray[np.float32]]] = []
    for index, folder in enumerate(folders):
        bundle = load_bundle(folder)
        size = bundle.card.preprocessing.size
        picture = np.random.default_rng(0).random((1, size, size, 3), dtype=np.float32)
        for name in engines:
            if name not in engines_of(bundle):
                continue
            try:
                engine = open_detector(folder, name).engine
            except ModelUnavailable:
                continue
            engine.run(picture)
            loaded.append((index, name, engine, picture))
    times: list[dict[str, list[float]]] = [{} for _ in folders]
    for _ in range(rounds):
        for index, name, engine, picture in loaded:
            started = perf_counter()
            engine.run(picture)
            elapsed = (perf_counter() - started) * 1000
            times[index].setdefault(name, []).append(elapsed)
    return [
        {name: min(values) for name, values in of_bundle.items()} for of_bundle in times
    ]
