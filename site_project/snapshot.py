"""A snapshot of an empty, migrated SQLite database, so that a first start skips four hundred migrations.

``make snapshot`` writes it. A test checks that it equals a migrated database. Newer migrations run
as usual.
"""

import fcntl
import gzip
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SNAPSHOT = Path(__file__).parent / "snapshot.sqlite3.gz"
#: SQLite's files beside a database. It would apply those of a deleted database to the new one.
SIDE_FILES = ("-wal", "-shm", "-journal")


class LockedTooLong(Exception):
    """Another process has not released a lock in time."""


def restore(path: Path) -> bool:
    """Write the snapshot to ``path``. Returns False, without writing, if a database exists there.

    Processes that start together may all call it: one of them writes, the others wait and get False.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(path.with_name(f"{path.name}.restoring")):
        if path.exists() and path.stat().st_size:
            return False
        draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        try:
            draft.write_bytes(gzip.decompress(SNAPSHOT.read_bytes()))
            for name in ("", *SIDE_FILES):  # An empty file is no database.
                path.with_name(path.name + name).unlink(missing_ok=True)
            path.hardlink_to(draft)
        except FileExistsError:  # Another program has just created it.
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True


@contextmanager
def exclusive(path: Path, *, seconds: float = 60) -> Iterator[None]:
    """Lock a file, for one process at a time. Raises LockedTooLong after ``seconds``.

    The kernel releases the lock when the process ends, however it ends. The file stays.
    """
    end = time.monotonic() + seconds
    with path.open("ab") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise LockedTooLong(f"{path} is locked by another process") from None
                time.sleep(0.05)
        yield
