"""The files of photographs that an import names: in an archive, or at URLs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import IO, Any, Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from commerce.images.uploads import check_image_upload
from commerce.imports.fetching import FetchError, fetch_all
from commerce.imports.tables import TableError

#: Limits of an archive. It is never unpacked to a disk.
MAX_ENTRIES = 20_000
MAX_RATIO = 200
#: Bytes of its directory, which becomes objects: 300 for each file, more than most paths need.
MAX_DIRECTORY = 300 * MAX_ENTRIES
#: Bytes of the photographs that are in memory together, and how many are loaded between two looks at
#: the size. A batch has 40 photographs, or those of one product.
MAX_LOADED = 400 * 1024 * 1024
GROUP = 12
#: The last parts of a path by which a URL finds its file.
MAX_PARTS = 6


class PictureFiles(Protocol):
    """Where photographs come from."""

    def check(self, source: str) -> str:
        """Why a source cannot be loaded, as far as is known before loading; "" if it may be."""

    def load(self, sources: Sequence[str]) -> dict[str, bytes | str]:
        """The contents by source, or the reason why there is none."""


def is_url(source: str) -> bool:
    """Whether a source is a URL of the web."""
    return source.lower().startswith(("http://", "https://"))


def _path_of(url: str) -> str:
    """The path of a URL without its query; "" if it is not one."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def checked(content: bytes, source: str) -> bytes | str:
    """The content if it is a photograph within the limits, else the reason."""
    try:
        check_image_upload(ContentFile(content, name=PurePosixPath(source).name or "photo"))
    except ValidationError as error:
        return " ".join(error.messages)
    return content


def _loaded(
    sources: Sequence[str], load: Callable[[Sequence[str]], dict[str, bytes | str]]
) -> dict[str, bytes | str]:
    """What ``load`` returns for the sources, as long as the memory suffices."""
    found: dict[str, bytes | str] = {}
    size = 0
    for start in range(0, len(sources), GROUP):
        group = sources[start : start + GROUP]
        if size > MAX_LOADED:
            text = _("The product’s other photographs have more than %(size)s together.")
            reason = text % {"size": filesizeformat(MAX_LOADED)}
            found |= dict.fromkeys(group, reason)
            continue
        contents = load(group)
        size += sum(len(one) for one in contents.values() if isinstance(one, bytes))
        found |= contents
    return found


class _Directory:
    """A file whose directory, which ``ZipFile`` reads at once and turns into objects, has a limit.

    What the archive says of the number of its entries may be wrong. Raises TableError.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.is_read = False

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY and not self.is_read:
            text = _("The archive has too many files, or paths that are too long.")
            raise TableError(text)
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _path_in_archive(source: str) -> str:
    """The path that a source names, for comparison."""
    path = source.strip()
    return (_path_of(path) if is_url(path) else path).lstrip("/").casefold()


def _ends(path: str) -> list[str]:
    """The last parts of a path, most of them first: "b/c.jpg", "c.jpg"."""
    parts = path.split("/")[-MAX_PARTS:]
    return ["/".join(parts[start:]) for start in range(len(parts))]


class Archive:
    """The photographs of a zip archive, by path or by file name, in any case.

    A URL finds the file whose path ends like its own: shops export URLs, and their photographs apart.

    Raises TableError if the archive is broken or suspicious.
    """

    def __init__(self, file: IO[bytes]) -> None:
        directory = _Directory(file)
        try:
            self._zip = zipfile.ZipFile(directory)  # type: ignore[arg-type]
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise TableError(_("The archive of photographs is not a readable zip file.")) from error
        directory.is_read = True
        entries = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(entries) > MAX_ENTRIES:
            text = _("The archive has more than %(most)d files.") % {"most": MAX_ENTRIES}
            raise TableError(text)
        #: Why an entry cannot be loaded, by its place in the archive: many products may name it.
        self._reasons: dict[int, str] = {}
        self._entries = {info.filename.casefold(): info for info in entries}
        #: The entry whose path ends so; None if there are several.
        self._by_end: dict[str, zipfile.ZipInfo | None] = {}
        for path, info in self._entries.items():
            for end in _ends(path):
                self._by_end[end] = None if end in self._by_end else info

    def _find(self, source: str) -> zipfile.ZipInfo | None:
        """The entry whose path ends most like the source; None without one, or with several."""
        path = _path_in_archive(source)
        if path in self._entries:
            return self._entries[path]
        return next((self._by_end[end] for end in _ends(path) if end in self._by_end), None)

    def check(self, source: str) -> str:
        """See ``PictureFiles``; decodes each photograph once."""
        info = self._find(source)
        if info is None or info.header_offset not in self._reasons:
            outcome = self._load(source)
            reason = outcome if isinstance(outcome, str) else ""
            if info is None:
                return reason
            self._reasons[info.header_offset] = reason
        return self._reasons[info.header_offset]

    def _read(self, source: str) -> bytes | str:
        info = self._find(source)
        if info is None:
            text = (
                _("The archive has several files “%(name)s”. Name the folder, too.")
                if PurePosixPath(_path_in_archive(source)).name in self._by_end
                else _("The archive has no file “%(name)s”.")
            )
            return text % {"name": source}
        most = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE
        if info.file_size > most or info.file_size > MAX_RATIO * max(info.compress_size, 1):
            text = _("The file “%(name)s” would unpack to %(size)s.")
            return text % {"name": source, "size": filesizeformat(info.file_size)}
        try:
            with self._zip.open(info) as file:
                content = file.read(most + 1)  # the size in the directory may be wrong
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError):
            return _("The file “%(name)s” in the archive is damaged.") % {"name": source}
        except Exception:  # noqa: BLE001  zlib, lzma and bz2 have exceptions of their own
            return _("The file “%(name)s” in the archive is damaged.") % {"name": source}
        return content if len(content) <= most else _("The photograph is too large.")

    def load(self, sources: Sequence[str]) -> dict[str, bytes | str]:
        """See ``PictureFiles``."""
        return _loaded(sources, lambda group: {source: self._load(source) for source in group})

    def _load(self, source: str) -> bytes | str:
        content = self._read(source)
        return content if isinstance(content, str) else checked(content, source)


class Web:
    """The photographs at URLs. Nothing is loaded before the import itself."""

    def check(self, source: str) -> str:
        """See ``PictureFiles``."""
        return "" if is_url(source) else _("“%(name)s” is not a URL.") % {"name": source}

    def load(self, sources: Sequence[str]) -> dict[str, bytes | str]:
        """See ``PictureFiles``."""
        return _loaded(sources, self._load)

    def _load(self, sources: Sequence[str]) -> dict[str, bytes | str]:
        found: dict[str, bytes | str] = {}
        urls = [source for source in sources if is_url(source)]
        contents = fetch_all(urls, most=settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
        for source, content in contents.items():
            is_error = isinstance(content, FetchError)
            found[source] = str(content) if is_error else checked(content, source)  # type: ignore[arg-type]
        return found | {source: self.check(source) for source in sources if source not in contents}
