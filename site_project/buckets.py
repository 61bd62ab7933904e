"""Storage of uploads in two buckets: a public one for photographs, a private one for the rest."""

from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage
from storages.backends.s3 import S3Storage

from site_project.media import FOLDERS


class TwoBuckets(Storage):
    """Stores files below ``FOLDERS`` in the public bucket and all others in the private one.

    ``public`` and ``private`` are options of ``S3Storage``. URLs of private files are signed and
    expire after an hour.
    """

    def __init__(self, *, public: dict[str, Any], private: dict[str, Any]) -> None:
        self.public, self.private = S3Storage(**public), S3Storage(**private)

    def bucket_of(self, name: str | None) -> S3Storage:
        """The bucket of a file."""
        folder = str(name).replace("\\", "/").partition("/")[0]
        return self.public if folder in FOLDERS else self.private

    def _open(self, name: str, mode: str = "rb") -> File:
        return self.bucket_of(name)._open(name, mode)

    def _save(self, name: str, content: File) -> str:
        return self.bucket_of(name)._save(name, content)

    def delete(self, name: str) -> None:
        self.bucket_of(name).delete(name)

    def exists(self, name: str) -> bool:
        return self.bucket_of(name).exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self.bucket_of(path).listdir(path)

    def size(self, name: str) -> int:
        return self.bucket_of(name).size(name)

    def url(self, name: str | None) -> str:
        return self.bucket_of(name).url(name)

    def get_modified_time(self, name: str) -> datetime:
        return self.bucket_of(name).get_modified_time(name)
