"""Static files with content hashes in their names, style sheets and JavaScript modules included."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: The style sheet whose imports are inlined, so that browsers load one file.
JOINED = "css/site.css"
#: Files of shop pages. Compressing the hundreds of files of staff pages would take too long.
COMPRESSED = ("css/", "js/", "favicon")

Paths: TypeAlias = dict[str, tuple[Storage, str]]

IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>[\w-]+)\);')
URL = re.compile(r'url\("(?!data:|https?:|/|#)(?P<path>[^"]+)"\)')


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites ``import … from "./a.js"``, so that a module never imports a stale one.

    A reference to a missing file in a third-party style sheet does not fail the deployment.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False
    # Searching the bundles of staff pages for imports would take most of the time.
    patterns = tuple(row for row in HashedFilesMixin.patterns if row[0] == "*.css")
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )

    def post_process(
        self, paths: Paths, dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str, bool | Exception | None]]:
        """Inline the imports of the shop's style sheet, then hash and compress."""
        if JOINED in paths and not dry_run:
            paths = {**paths, JOINED: _in_memory(JOINED, join_imports(JOINED, paths))}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress the files of shop pages only."""
        return super().compress_files(path for path in paths if path.startswith(COMPRESSED))


def join_imports(name: str, paths: Paths) -> str:
    """The text of a style sheet with its imports inlined, each in its layer.

    ``paths`` is ``{name: (storage, path)}``, as collectstatic passes it.
    """

    def join(match: re.Match[str]) -> str:
        imported = posixpath.join(posixpath.dirname(name), match["path"])
        text = _move_urls(_read(imported, paths), old=imported, new=name)
        return f"@layer {match['layer']} {{\n{text}}}\n"

    return IMPORT.sub(join, _read(name, paths))


def _read(name: str, paths: Paths) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()


def _move_urls(text: str, *, old: str, new: str) -> str:
    """Rewrite the relative URLs of a style sheet for another folder."""

    def move(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(old), match["path"]))
        return f'url("{posixpath.relpath(target, posixpath.dirname(new))}")'

    return URL.sub(move, text)


def _in_memory(name: str, text: str) -> tuple[Storage, str]:
    storage = InMemoryStorage()
    storage.save(name, ContentFile(text.encode()))
    return storage, name
