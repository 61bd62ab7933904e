"""Storage of cached pages: in the process, and in a store shared by all processes.

If the shared store cannot be read or written, pages are rendered and the log says so.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import redis
from cachetools import LRUCache
from django.conf import settings

from commerce.page_cache.cached_response import CachedResponse, packed, unpacked
from commerce.page_cache.versions import REDIS_TIMEOUTS, Snapshot, Unreachable

log = logging.getLogger(__name__)
_lock = threading.Lock()

#: Size of the copy in each process.
MEMORY_BYTES = 32 * 1024 * 1024
#: How long a request waits for another one that renders the same page, and how often it checks.
WAIT_SECONDS, CHECK_SECONDS = 5.0, 0.01


def hashed_key(key: str) -> str:
    """Hash of a key, for names of files and Redis keys."""
    return hashlib.blake2b(key.encode(), digest_size=20).hexdigest()


class FilePages:
    """Pages in a limited number of files. A page atomically replaces the previous one in its slot."""

    #: Number of files for pages and of lock files.
    SLOTS, LOCKS = 1 << 14, 1 << 10

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder or settings.PAGE_CACHE_FOLDER)

    def get(self, key: str) -> CachedResponse | None:
        """The stored page of a key, fresh or not; None if there is none."""
        with contextlib.suppress(OSError):
            name, _newline, data = self._path(key).read_bytes().partition(b"\n")
            return unpacked(data) if name == hashed_key(key).encode() else None
        return None

    def put(self, key: str, cached: CachedResponse) -> None:
        """Store a page for all processes."""
        path = self._path(key)
        draft = path.with_name(f".{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(hashed_key(key).encode() + b"\n" + packed(cached))
            draft.replace(path)
        except OSError as error:
            log.warning("A page could not be cached: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)

    @contextlib.contextmanager
    def render_lock(self, key: str) -> Iterator[bool]:
        """Lock a key across processes. Yields whether the caller had to wait for another one."""
        path = self.folder / "locks" / str(int(hashed_key(key)[:8], 16) % self.LOCKS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield False
            return
        try:
            yield _wait_while(lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB))
        finally:
            os.close(fd)  # releases the lock

    def _path(self, key):
        slot = int(hashed_key(key)[:8], 16) % self.SLOTS
        return self.folder / "pages" / f"{slot % 64:02}" / str(slot)


class RedisPages:
    """Pages in Redis, until a minute after they expire: ``render_lock`` needs them. Shared by machines."""

    PREFIX = "vitrine:page:"

    def __init__(self, url: str = "") -> None:
        self.client = redis.Redis.from_url(url or settings.REDIS_URL, **REDIS_TIMEOUTS)

    def get(self, key: str) -> CachedResponse | None:
        with contextlib.suppress(redis.RedisError):
            data = cast("bytes | None", self.client.get(self.PREFIX + hashed_key(key)))
            return unpacked(data) if data else None
        return None

    def put(self, key: str, cached: CachedResponse) -> None:
        seconds = max(0, int(cached.until - time.time())) + 60
        try:
            self.client.set(self.PREFIX + hashed_key(key), packed(cached), ex=seconds)
        except redis.RedisError as error:
            log.warning("A page could not be cached: %s", error)

    @contextlib.contextmanager
    def render_lock(self, key: str) -> Iterator[bool]:
        name, milliseconds = f"{self.PREFIX}lock:{hashed_key(key)}", int(WAIT_SECONDS * 2000)
        try:
            yield _wait_while(lambda: not self.client.set(name, 1, nx=True, px=milliseconds))
        finally:
            with contextlib.suppress(redis.RedisError):
                self.client.delete(name)  # A request that waited too long renders as well.


def _wait_while(is_taken):
    """Wait up to ``WAIT_SECONDS`` while a lock ``is_taken``; whether it had to wait. Does not wait without Redis."""
    end, waited = time.monotonic() + WAIT_SECONDS, False
    with contextlib.suppress(redis.RedisError):
        while time.monotonic() < end:
            with contextlib.suppress(BlockingIOError):
                if not is_taken():
                    break
            waited = True
            time.sleep(CHECK_SECONDS)
    return waited


STORES: dict[str, type[FilePages] | type[RedisPages]] = {"file": FilePages, "redis": RedisPages}


@cache
def memory() -> LRUCache[str, CachedResponse]:
    """The copy of this process. The least recently used page is evicted first."""
    return LRUCache(MEMORY_BYTES, getsizeof=lambda cached: len(cached.body) + 1024)


@cache
def store() -> FilePages | RedisPages:
    """The store that ``settings.PAGE_STORE`` names."""
    return STORES[settings.PAGE_STORE]()


def find_cached(key: str, snapshot: Snapshot) -> tuple[CachedResponse | None, bool]:
    """(the fresh page of a key or None, whether there is only an expired one)."""
    with _lock:
        own = memory().get(key)
    with contextlib.suppress(Unreachable):
        if own is not None and own.is_fresh(snapshot):
            return own, False
        shared = store().get(key)
        if shared is not None and shared.is_fresh(snapshot):
            _remember(key, shared)
            return shared, False
        return None, bool(own or shared)
    return None, False


def put(key: str, cached: CachedResponse) -> None:
    """Store a page in this process and in the shared store."""
    store().put(key, cached)
    _remember(key, cached)


def _remember(key, cached):
    with _lock, contextlib.suppress(ValueError):  # It is larger than the whole memory.
        memory()[key] = cached
