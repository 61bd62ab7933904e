"""``make snapshot``: migrate an empty SQLite database and save it as site_project/snapshot.sqlite3.gz."""

import gzip
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from site_project.snapshot import SNAPSHOT

ROOT = Path(__file__).resolve().parent.parent


def migrated(folder: Path) -> Path:
    """Create a fully migrated database in a folder, without free pages."""
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "site_project.settings", "DATABASE_URL": "", "REDIS_URL": "", "VAR_DIR": str(folder),
        "SECRET_KEY": "x" * 50, "SITE_URL": "http://127.0.0.1:8000", "DEMO_GATEWAY": "on",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "migrate", "--noinput", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    whole = folder / "whole.sqlite3"
    with sqlite3.connect(folder / "db.sqlite3") as connection:
        connection.execute("VACUUM INTO ?", [str(whole)])
    return whole


def main() -> None:
    """Write the snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        data = migrated(Path(folder)).read_bytes()
    SNAPSHOT.write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"    {SNAPSHOT.relative_to(ROOT)}: {SNAPSHOT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
