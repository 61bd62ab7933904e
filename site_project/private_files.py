"""Storage on disk of files that are sold."""

from typing import Any, NoReturn

from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    """Files on disk that no URL leads to, and that only the site's user can read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)

    def url(self, name: str | None) -> NoReturn:
        """Raises ValueError: views send these files."""
        raise ValueError("This file is not accessible via a URL.")
