"""A zip file that is sent while it is made; never whole in memory or on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator

from django.utils import timezone

Entry = tuple[str, Iterable[bytes]]

# What is compressed already gains nothing from being compressed again.
_COMPRESSED = (".webp", ".jpg", ".png")


class _Outbox:
    """A file that only ever grows, and is emptied by whoever sends it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered elsewhere."""

    def drain(self) -> bytes:
        sent = b"".join(self._parts)
        self._parts.clear()
        return sent


def zip_stream(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The bytes of an archive of (name, chunks), a chunk at a time."""
    outbox = _Outbox()
    now = timezone.now().timetuple()[:6]
    with zipfile.ZipFile(outbox, "w") as archive:
        for name, chunks in entries:
            info = zipfile.ZipInfo(name, date_time=now)
            info.external_attr = 0o600 << 16
            if not name.endswith(_COMPRESSED):
                info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as entry:
                for chunk in chunks:
                    entry.write(chunk)
                    yield outbox.drain()
    yield outbox.drain()
