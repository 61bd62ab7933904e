"""A snapshot of an empty, migrated SQLite database, so that a first start skips four hundred migrations.

``make snapshot`` writes it. A test checks that it equals a migrated database. Newer migrations run
as usual.
"""

import gzip
from pathlib import Path

SNAPSHOT = Path(__file__).parent / "snapshot.sqlite3.gz"


def restore(path: Path) -> bool:
    """Write the snapshot to ``path``. Returns False, without writing, if a database exists there."""
    if path.exists() and path.stat().st_size:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.restoring")
    draft.write_bytes(gzip.decompress(SNAPSHOT.read_bytes()))
    draft.replace(path)
    return True
