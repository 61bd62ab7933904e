"""Change sequence shared by all processes: one version per tag, in a file or in Redis.

``invalidate`` is called in the transaction of a change and takes effect at its commit. A cached page
or value stores the version that was read before it was made. It is fresh while none of its tags has a
higher one. A store that does not respond turns the cache off and never fails a request.
"""

import fcntl
import logging
import os
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import redis
from django.conf import settings
from django.db import transaction

from commerce.models.cache_tags import SITE

log = logging.getLogger(__name__)

#: Each request reads Redis, so a slow one must not hold it up.
REDIS_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
#: Number of slots that all tags share.
SLOTS = 1 << 16
#: File layout: epoch, number of the last change, then the version of each slot.
NUMBER, EPOCH_BYTES = struct.Struct("<Q"), 16
HEADER = EPOCH_BYTES + NUMBER.size
FILE_BYTES = HEADER + SLOTS * NUMBER.size

#: Called with the changed tags after each commit, for example to purge a CDN.
listeners: list[Callable[[set[str]], None]] = []


class Unreachable(Exception):
    """The store of the versions does not respond, so nothing cached is known to be fresh."""


def invalidate(*tags: str) -> None:
    """Invalidate everything that depends on these tags when this transaction commits."""
    connection = transaction.get_connection()
    hooks, open_blocks = connection.run_on_commit, set(connection.savepoint_ids)
    if hooks and isinstance(hooks[-1][1], _Publication) and hooks[-1][0] == open_blocks:
        hooks[-1][1].tags.update(tags)  # One call for many rows that are written in a row.
    else:
        transaction.on_commit(_Publication(set(tags)), robust=True)


class _Publication:
    def __init__(self, tags: set[str]) -> None:
        self.tags, self.__qualname__ = tags, "publish"  # Django logs a failed hook by this name.

    def __call__(self) -> None:
        publish(self.tags)


def publish(tags: Iterable[str]) -> None:
    """Give the tags the next version now, and tell ``listeners``."""
    tags = set(tags)
    versions().advance(tags)
    for listener in listeners:
        listener(tags)


@dataclass
class Snapshot:
    """The sequence as one request sees it. ``known`` contains the versions read so far."""

    epoch: str
    version: int
    known: dict[str, int] = field(default_factory=dict)

    def newest(self, tags: Collection[str]) -> int:
        """The highest version of some tags. Reads the store at most once."""
        if missing := [tag for tag in tags if tag not in self.known]:
            self.known |= versions().versions_of(missing)
        return max((self.known[tag] for tag in tags), default=0)


@dataclass(kw_only=True)
class Versioned:
    """A cached object that is fresh until one of its ``tags`` changes, at most until ``until``.

    ``epoch`` and ``version`` come from the snapshot that was read before it was made. ``until`` is
    in seconds since 1970. Its tags are known to be unchanged up to the number ``seen``.
    """

    tags: Collection[str]
    epoch: str
    version: int
    until: float
    seen: int = -1

    def is_fresh(self, snapshot: Snapshot) -> bool:
        """Whether none of its tags has changed. Raises Unreachable."""
        if self.epoch != snapshot.epoch or time.time() >= self.until:
            return False
        if snapshot.version in (self.seen, self.version):
            return True  # No tag at all has changed: the most common case.
        if snapshot.newest(self.tags) > self.version:
            return False
        self.seen = snapshot.version
        return True


_snapshot: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def reading(snapshot: Snapshot) -> Iterator[None]:
    """Use one snapshot for the whole block, for requests that only read."""
    token = _snapshot.set(snapshot)
    try:
        yield
    finally:
        _snapshot.reset(token)


def current_snapshot() -> Snapshot:
    """The snapshot of this request, otherwise a new one. Raises Unreachable."""
    return _snapshot.get() or versions().snapshot()


class Versions:
    """The sequence in a store. A change that could not be written is written before the next read."""

    #: Seconds for which a store that did not respond is skipped.
    PAUSE = 2.0

    def __init__(self, store: Any) -> None:
        self.store = store
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self.is_off = False

    def snapshot(self) -> Snapshot:
        """Read the sequence. Raises Unreachable, always after ``turn_off``."""
        if self.is_off:
            raise Unreachable("the page cache is off")
        return self._ask(self.store.read)

    def epoch(self) -> str:
        """The store that this process shares, also after ``turn_off``. Raises Unreachable."""
        return self._ask(self.store.read).epoch

    def turn_off(self) -> None:
        """Use nothing cached from now on, and let the others start anew. Changes are still written."""
        self.is_off = True
        self.store.clear()

    def versions_of(self, tags: Collection[str]) -> dict[str, int]:
        """``{tag: version of its latest change}``, 0 if it never changed. Raises Unreachable."""
        numbers = self._ask(self.store.read_slots, [slot_of(tag) for tag in tags])
        return dict(zip(tags, numbers, strict=True))

    def advance(self, tags: Iterable[str]) -> None:
        """Give the tags the next version. If the store does not respond, log a warning and retry later."""
        with self._lock:
            self._pending |= set(tags)
        try:
            self._ask(lambda: None)
        except Unreachable as error:
            log.warning("A change has not reached the page cache yet: %s", error)

    def _ask(self, question, *arguments):
        if time.monotonic() < self._paused_until:
            raise Unreachable("the store did not respond a moment ago")
        with self._lock:
            writing, self._pending = self._pending, set()
        try:
            if writing:
                self.store.write({slot_of(tag) for tag in writing})
                writing = set()
            found = question(*arguments)
        except (OSError, struct.error, redis.RedisError) as error:
            with self._lock:
                self._pending |= writing
            if not self._paused_until:
                log.warning("The page cache cannot be reached, pages are rendered: %s", error)
            self._paused_until = time.monotonic() + self.PAUSE
            raise Unreachable(str(error)) from error
        self._paused_until = 0.0
        return found


def slot_of(tag: str) -> int:
    """The slot of a tag. Two tags in one slot cause extra renders, never an old page."""
    return zlib.crc32(tag.encode()) % SLOTS


class NoVersions:
    """No cache: for tests and shells."""

    def __getattr__(self, name: str) -> Any:
        raise Unreachable("the page cache is off")


class FileVersions:
    """Versions in a file of half a megabyte that every process of the machine opens.

    Writers lock the file. They write the tags' versions before the sequence's own number: a reader
    that sees the old number reads before the change is complete.
    """

    #: Seconds between checks that the path still leads to the open file.
    CHECK_SECONDS = 1.0

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path or settings.PAGE_CACHE_FOLDER / "versions")
        self._fd, self._checked = -1, 0.0
        self._opening = threading.Lock()

    def read(self) -> Snapshot:
        head = os.pread(self._descriptor(), HEADER, 0)
        return Snapshot(head[:EPOCH_BYTES].hex(), NUMBER.unpack_from(head, EPOCH_BYTES)[0])

    def read_slots(self, slots: Sequence[int]) -> list[int]:
        fd = self._descriptor()
        found = (os.pread(fd, NUMBER.size, HEADER + slot * NUMBER.size) for slot in slots)
        return [NUMBER.unpack(number)[0] for number in found]

    def write(self, slots: Iterable[int]) -> None:
        self._descriptor()
        with self.path.open("r+b", buffering=0) as file:
            fd = file.fileno()
            # The lock belongs to this descriptor, so threads wait for each other as well.
            fcntl.flock(fd, fcntl.LOCK_EX)
            number = NUMBER.unpack(os.pread(fd, NUMBER.size, EPOCH_BYTES))[0] + 1
            for offset in (*(HEADER + slot * NUMBER.size for slot in slots), EPOCH_BYTES):
                os.pwrite(fd, NUMBER.pack(number), offset)

    def clear(self) -> None:
        """Start again with a new epoch, so that every cached page is outdated."""
        with suppress(OSError):
            self.path.unlink()
        self._checked = 0.0

    def _descriptor(self):
        """The open file, opened again if the folder was cleared or the file was cut off."""
        if time.monotonic() - self._checked > self.CHECK_SECONDS:
            with self._opening:
                if not self._is_open():
                    self._open()
                self._checked = time.monotonic()
        return self._fd

    def _is_open(self):
        with suppress(OSError):
            file, own = self.path.stat(), os.fstat(self._fd)
            return file.st_size == FILE_BYTES and os.path.samestat(file, own)
        return False

    def _open(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_size != FILE_BYTES:
                os.ftruncate(fd, 0)
                os.pwrite(fd, uuid.uuid4().bytes, 0)
                # Allocate all of it now, so that a full disk cannot fail a later write.
                os.posix_fallocate(fd, 0, FILE_BYTES)
            fcntl.flock(fd, fcntl.LOCK_UN)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd  # Do not close the old one: another thread may be reading it.


class RedisVersions:
    """Versions in one Redis hash. Reading the sequence also reads the version of ``SITE``."""

    KEY = "vitrine:pages:versions"
    _WRITE = """
        local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
        for _, slot in ipairs(ARGV) do redis.call('HSET', KEYS[1], slot, number) end
    """

    def __init__(self, url: str = "") -> None:
        self.client = redis.Redis.from_url(url or settings.REDIS_URL, **REDIS_TIMEOUTS)

    def read(self) -> Snapshot:
        epoch, number, site = self.client.hmget(self.KEY, "epoch", "number", str(slot_of(SITE)))
        if epoch is None:
            self.client.hsetnx(self.KEY, "epoch", uuid.uuid4().hex)
            return self.read()
        return Snapshot(cast("bytes", epoch).decode(), int(number or 0), {SITE: int(site or 0)})

    def read_slots(self, slots: Sequence[int]) -> list[int]:
        return [int(number or 0) for number in self.client.hmget(self.KEY, list(map(str, slots)))]

    def write(self, slots: Iterable[int]) -> None:
        self.client.eval(self._WRITE, 1, self.KEY, *map(str, slots))


STORES = {"none": NoVersions, "file": FileVersions, "redis": RedisVersions}


@cache
def versions() -> Versions:
    """The sequence in the store that ``settings.PAGE_VERSIONS`` names."""
    return Versions(STORES[settings.PAGE_VERSIONS]())
