"""The uploaded files of an import, in parts in the database (``ImportFilePart`` says why)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import IO

from commerce.imports.pictures import Archive, PictureFiles, Web
from commerce.models import ImportFilePart, ImportRun

Role = ImportFilePart.Role
#: Bytes of an archive that are held in memory; more go to a temporary file.
IN_MEMORY = 8 * 1024 * 1024


def store(run: ImportRun, role: str, chunks: Iterable[bytes]) -> int:
    """Store a file, part by part in transactions of their own; returns its size."""
    rest, position, size = b"", 0, 0

    def write(content: bytes) -> None:
        nonlocal position
        ImportFilePart.objects.create(run=run, role=role, position=position, content=content)
        position += 1

    for chunk in chunks:
        size += len(chunk)
        rest += chunk
        while len(rest) >= ImportFilePart.SIZE:
            write(rest[: ImportFilePart.SIZE])
            rest = rest[ImportFilePart.SIZE :]
    if rest or not position:
        write(rest)
    return size


def content_of(run: ImportRun) -> bytes:
    """The uploaded table; b"" if its time is over."""
    rows = run.parts.filter(role=Role.DATA).order_by("position")
    return b"".join(bytes(part) for part in rows.values_list("content", flat=True))


def has_files(run: ImportRun) -> bool:
    """Whether the table is still stored."""
    return run.parts.filter(role=Role.DATA).exists()


def picture_files(run: ImportRun) -> PictureFiles | None:
    """Where the run's photographs come from; None if staff leave them out.

    Raises TableError if the archive is broken.
    """
    source = run.options.get("pictures", "web")
    if source == "none":
        return None
    return Archive(_archive(run)) if source == "archive" else Web()


def _archive(run: ImportRun) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the archive owns it
    keys = run.parts.filter(role=Role.PICTURES).order_by("position")
    for key in list(keys.values_list("pk", flat=True)):
        file.write(bytes(ImportFilePart.objects.values_list("content", flat=True).get(pk=key)))
    file.seek(0)
    return file  # type: ignore[return-value]
