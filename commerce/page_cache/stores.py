"""Stores of cached pages: the process's memory, and a store that the processes share.

If a store cannot be read or written, it is off: pages are rendered, and the failure is logged.
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
from functools import cache, partial
from pathlib import Path
from typing import cast

import redis
from cachetools import LRUCache
from django.conf import settings

from commerce.page_cache.cached_response import CachedResponse, packed, unpacked
from commerce.page_cache.versions import REDIS_TIMEOUTS, Snapshot, Unreachable

log = logging.getLogger(__name__)
_lock = threading.Lock()

#: Bytes of cached pages in the memory of one process.
MEMORY_BYTES = 32 * 1024 * 1024
#: Seconds to wait for another request that renders the same page, and between two checks.
WAIT_SECONDS, STEP_SECONDS = 5.0, 0.01


def hashed_key(key: str) -> str:
    """A key as a file name or Redis key."""
    return hashlib.blake2b(key.encode(), digest_size=20).hexdigest()


class FileStore:
    """Pages in a fixed number of files (slots). A page replaces another one in its slot.

    Files are replaced atomically, so that a reader sees the old one or the new one.
    """

    #: Number of page files, and of lock files for requests that wait for the same page.
    SLOTS, LOCKS = 1 << 14, 1 << 10

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder or settings.PAGE_CACHE_FOLDER)

    def get(self, key: str) -> CachedResponse | None:
        """The page of a key, fresh or stale."""
        try:
            name, _newline, data = self._path(key).read_bytes().partition(b"\n")
        except OSError:
            return None
        return unpacked(data) if name == hashed_key(key).encode() else None

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
    def turn(self, key: str) -> Iterator[bool]:
        """Admit one request at a time for a key, over all processes. Yields whether it had to wait."""
        path = self.folder / "turns" / str(int(hashed_key(key)[:8], 16) % self.LOCKS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield False
            return
        try:
            yield _wait_for(partial(_lock_file, fd))
        finally:
            os.close(fd)  # closing the file releases the lock

    def _path(self, key):
        slot = int(hashed_key(key)[:8], 16) % self.SLOTS
        return self.folder / "pages" / f"{slot % 64:02}" / str(slot)


class RedisStore:
    """The same in Redis: a page is stored until it expires, and locks apply to all machines."""

    PREFIX = "vitrine:page:"

    def __init__(self, url: str = "") -> None:
        self.client = redis.Redis.from_url(url or settings.REDIS_URL, **REDIS_TIMEOUTS)

    def get(self, key: str) -> CachedResponse | None:
        try:
            data = cast("bytes | None", self.client.get(self.PREFIX + hashed_key(key)))
        except redis.RedisError:
            return None
        return unpacked(data) if data else None

    def put(self, key: str, cached: CachedResponse) -> None:
        seconds = max(1, int(cached.until - time.time()))
        try:
            self.client.set(self.PREFIX + hashed_key(key), packed(cached), ex=seconds)
        except redis.RedisError as error:
            log.warning("A page could not be cached: %s", error)

    @contextlib.contextmanager
    def turn(self, key: str) -> Iterator[bool]:
        name, milliseconds = f"{self.PREFIX}turn:{hashed_key(key)}", int(WAIT_SECONDS * 2000)
        try:
            yield _wait_for(lambda: self.client.set(name, 1, nx=True, px=milliseconds))
        finally:
            with contextlib.suppress(redis.RedisError):
                self.client.delete(name)  # A request that waited too long renders, too.


def _lock_file(fd: int) -> bool:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


def _wait_for(take):
    """Wait for a lock, ``WAIT_SECONDS`` at most. Returns whether it had to wait; False without Redis."""
    end, waited = time.monotonic() + WAIT_SECONDS, False
    with contextlib.suppress(redis.RedisError):
        while time.monotonic() < end:
            with contextlib.suppress(BlockingIOError):
                if take():
                    break
            waited = True
            time.sleep(STEP_SECONDS)
    return waited


STORES: dict[str, type[FileStore] | type[RedisStore]] = {"file": FileStore, "redis": RedisStore}


@cache
def memory() -> LRUCache[str, CachedResponse]:
    """The pages in this process's memory. The least recently used goes first."""
    return LRUCache(MEMORY_BYTES, getsizeof=lambda cached: len(cached.body) + 1024)


@cache
def store() -> FileStore | RedisStore:
    """The store of ``settings.PAGE_STORE``."""
    return STORES[settings.PAGE_STORE]()


def find_cached(key: str, snapshot: Snapshot) -> tuple[CachedResponse | None, bool]:
    """``(fresh page of a key or None, whether there is a stale one)``."""
    with _lock:
        own = memory().get(key)
    with contextlib.suppress(Unreachable):
        if own is not None and own.is_fresh(snapshot):
            return own, False
        shared = store().get(key)
        if shared is not None and shared.is_fresh(snapshot):
            _hold(key, shared)
            return shared, False
        return None, bool(own or shared)
    return None, False


def put(key: str, cached: CachedResponse) -> None:
    """Cache a page in this process and in the shared store."""
    store().put(key, cached)
    _hold(key, cached)


def _hold(key, cached):
    with _lock, contextlib.suppress(ValueError):  # The page is larger than the whole cache.
        memory()[key] = cached
