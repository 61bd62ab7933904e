"""Static files with content hashes in their names, for the styles and the modules alike."""

import posixpath
import re

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: The style sheet whose imports become one file: a shopper loads it in one request.
JOINED = "css/site.css"
#: What shoppers load. The staff's screens bring hundreds of files that nobody waits for.
COMPRESSED = ("css/", "js/", "favicon")

IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>[\w-]+)\);')
URL = re.compile(r'url\("(?!data:|https?:|/|#)(?P<path>[^"]+)"\)')


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Rewrites ``import … from "./a.js"`` too, so that a module never imports a stale one.

    A reference to a missing file inside somebody else's style sheet does not stop a deployment.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False
    # Reading the staff screens' bundles for imports that are not in them takes most of the time.
    patterns = tuple(row for row in HashedFilesMixin.patterns if row[0] == "*.css")
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],
    )

    def post_process(self, paths, dry_run=False, **options):
        if JOINED in paths and not dry_run:
            paths = {**paths, JOINED: _in_memory(JOINED, join_imports(JOINED, paths))}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def compress_files(self, paths):
        return super().compress_files(path for path in paths if path.startswith(COMPRESSED))


def join_imports(name, paths):
    """The text of a style sheet with each import in its place, inside the layer it named.

    ``paths`` is what collectstatic hands on: ``{name: (storage, path)}``.
    """

    def join(found):
        imported = posixpath.join(posixpath.dirname(name), found["path"])
        text = _move_urls(_read(imported, paths), old=imported, new=name)
        return f"@layer {found['layer']} {{\n{text}}}\n"

    return IMPORT.sub(join, _read(name, paths))


def _read(name, paths):
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()


def _move_urls(text, *, old, new):
    """Relative addresses of a style sheet as they read from another folder."""

    def move(found):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(old), found["path"]))
        return f'url("{posixpath.relpath(target, posixpath.dirname(new))}")'

    return URL.sub(move, text)


def _in_memory(name, text):
    storage = InMemoryStorage()
    storage.save(name, ContentFile(text.encode()))
    return storage, name
