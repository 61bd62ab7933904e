"""An empty migrated SQLite database, so that a first start need not run four hundred migrations.

``make snapshot`` writes it. A test proves that it is what migrating makes; migrations that are newer
than it run as usual.
"""

import gzip
from pathlib import Path

SNAPSHOT = Path(__file__).parent / "snapshot.sqlite3.gz"


def restore(path: Path) -> bool:
    """Write the snapshot to ``path``; False, and nothing happens, where there is a database already."""
    if path.exists() and path.stat().st_size:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.restoring")
    draft.write_bytes(gzip.decompress(SNAPSHOT.read_bytes()))
    draft.replace(path)
    return True
