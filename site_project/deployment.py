"""Default name of the running code, for deployments that do not set one."""

from hashlib import blake2b
from pathlib import Path

FOLDERS = ("site_project", "home", "commerce", "checkout_app", "templates", "static")
SUFFIXES = {".py", ".html", ".css", ".js", ".toml"}


def code_digest(base: Path) -> str:
    """Digest of the names, sizes and modification times of the project's sources."""
    digest = blake2b(digest_size=8)
    for folder in FOLDERS:
        for path in sorted((base / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                facts = path.stat()
                digest.update(f"{path}{facts.st_size}{facts.st_mtime_ns}".encode())
    return digest.hexdigest()
