"""Uploads in two buckets: photographs, which everybody may read, and all else, which only the site reads."""

from datetime import datetime

from django.core.files.base import File
from django.core.files.storage import Storage
from storages.backends.s3 import S3Storage

from site_project.media import FOLDERS


class TwoBuckets(Storage):
    """Files below ``FOLDERS`` lie in the public bucket, all others in the private one.

    ``public`` and ``private`` are the options of an ``S3Storage``. An address of a private file is
    signed and ends after an hour.
    """

    def __init__(self, *, public: dict, private: dict):
        self.public, self.private = S3Storage(**public), S3Storage(**private)

    def bucket_of(self, name: str) -> Storage:
        """The storage that holds a file."""
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

    def url(self, name: str) -> str:
        return self.bucket_of(name).url(name)

    def get_modified_time(self, name: str) -> datetime:
        return self.bucket_of(name).get_modified_time(name)
