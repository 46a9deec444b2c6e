"""The process's one detector, loaded when the first picture needs it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from classifier.cores import available_cores
from classifier.inference.bundle import ModelCard, load_bundle
from classifier.inference.detector import Detector, load_detector
from classifier.inference.errors import ModelError
from classifier.inference.images import ImageLimits

# More than two shorten a small network's answer little, and cost CPU.
MOST_THREADS = 2


@dataclass(frozen=True)
class _Source:
    """The settings a detector is loaded by; when they change it is loaded again."""

    folder: Path
    engine: str
    limits: ImageLimits
    encoder: Path | None
    threads: int


class _Provider:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[_Source, Detector] | None = None
        self._override: Detector | None = None
        self._abandoned: list[object] = []

    def get(self) -> Detector:
        current = self.current()
        if current is not None:
            return current
        with self._lock:
            current = self.current()
            if current is None:
                source = _source()
                current = load_detector(
                    source.folder,
                    source.engine,
                    source.limits,
                    encoder=source.encoder,
                    threads=source.threads,
                )
                self._loaded = (source, current)
        return current

    def current(self) -> Detector | None:
        if self._override is not None:
            return self._override
        loaded = self._loaded
        return loaded[1] if loaded is not None and loaded[0] == _source() else None

    @contextmanager
    def override(self, detector: Detector) -> Iterator[Detector]:
        before, self._override = self._override, detector
        try:
            yield detector
        finally:
            self._override = before

    def forget_after_fork(self) -> None:
        """A network's threads don't survive a fork, nor does a lock held in one.

        The network is kept, unused: taking it down would wait for those threads.
        """
        self._abandoned.append((self._loaded, self._override))
        self._lock = threading.Lock()
        self._loaded = self._override = None


_provider = _Provider()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_provider.forget_after_fork)


def get_detector() -> Detector:
    """The detector of the settings, loaded once per process whatever the threads.

    Raises a `ModelError`; the next call tries again.
    """
    return _provider.get()


def is_loaded() -> bool:
    """Whether `get_detector` would answer without loading anything."""
    return _provider.current() is not None


def describe() -> ModelCard | None:
    """The card of the model in use, without loading the network; `None` if unreadable.

    A readable card doesn't prove that the network loads: `get_detector` does.
    """
    current = _provider.current()
    if current is not None:
        return current.card
    try:
        return load_bundle(_source().folder).card
    except ModelError:
        return None


@contextmanager
def override(detector: Detector) -> Iterator[Detector]:
    """Answer with `detector` inside the block; the seam for tests."""
    with _provider.override(detector):
        yield detector


def _source() -> _Source:
    return _Source(
        folder=Path(settings.DETECTOR_BUNDLE),
        engine=settings.DETECTOR_ENGINE,
        limits=ImageLimits(
            max_bytes=settings.MAX_UPLOAD_BYTES, max_pixels=settings.MAX_IMAGE_PIXELS
        ),
        encoder=settings.DETECTOR_ENCODER,
        threads=settings.DETECTOR_THREADS or min(MOST_THREADS, available_cores()),
    )
