"""Change sequence shared by all processes: one version per tag.

``invalidate`` is called in the transaction of a change and takes effect at its commit. A cached page
or value stores the version that was read before it was created, and is fresh while none of its tags
has a higher one. Versions are in a file for the processes of one machine, or in Redis for several
machines. If the store does not respond, the cache is off; requests never fail.
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
from contextlib import contextmanager
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

#: Every request reads Redis, so a slow Redis is treated as unreachable.
REDIS_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
#: Number of slots, which tags share.
SLOTS = 1 << 16
#: Layout of the file: its epoch, the number of the last change, then the version of each slot.
NUMBER, EPOCH_BYTES = struct.Struct("<Q"), 16
HEADER = EPOCH_BYTES + NUMBER.size

#: Functions called with all changed tags after the commit, such as to purge a CDN.
listeners: list[Callable[[set[str]], None]] = []


class Unreachable(Exception):
    """The version store does not respond, so no cached copy can be proven fresh."""


def invalidate(*tags: str) -> None:
    """Invalidate everything that depends on these tags when the transaction commits."""
    connection = transaction.get_connection()
    hooks, open_blocks = connection.run_on_commit, set(connection.savepoint_ids)
    if hooks and isinstance(hooks[-1][1], _Publication) and hooks[-1][0] == open_blocks:
        hooks[-1][1].tags.update(tags)  # One call for many rows that are written in a row.
    else:
        transaction.on_commit(_Publication(set(tags)), robust=True)


@dataclass
class _Publication:
    tags: set[str]

    def __call__(self) -> None:
        publish(self.tags)


def publish(tags: Iterable[str]) -> None:
    """Give the tags the next version now, and call ``listeners``."""
    tags = set(tags)
    versions().advance(tags)
    for listener in listeners:
        listener(tags)


@dataclass
class Snapshot:
    """The versions as one request sees them. ``known`` caches those already read."""

    epoch: str
    number: int
    known: dict[str, int] = field(default_factory=dict)

    def newest(self, tags: Collection[str]) -> int:
        """The highest version of some tags. Queries the store once for those not known yet."""
        if missing := [tag for tag in tags if tag not in self.known]:
            self.known |= versions().versions_of(missing)
        return max((self.known[tag] for tag in tags), default=0)


@dataclass(kw_only=True)
class Versioned:
    """A value that is fresh until one of its ``tags`` changes, and no longer than ``until``.

    ``epoch`` and ``version`` are those of the snapshot read before it was created; ``until`` is in
    seconds since 1970. ``seen`` is the change number up to which its tags are known to be unchanged.
    """

    tags: Collection[str]
    epoch: str
    version: int
    until: float
    seen: int = -1

    def is_fresh(self, snapshot: Snapshot) -> bool:
        """Whether nothing that it depends on has changed. Raises Unreachable."""
        if self.epoch != snapshot.epoch or time.time() >= self.until:
            return False
        if snapshot.number in (self.seen, self.version):
            return True  # No change at all since then: by far the most common case.
        if snapshot.newest(self.tags) > self.version:
            return False
        self.seen = snapshot.number
        return True


_snapshot: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def reading(snapshot: Snapshot) -> Iterator[None]:
    """Use one snapshot in the whole block, for a read-only request."""
    token = _snapshot.set(snapshot)
    try:
        yield
    finally:
        _snapshot.reset(token)


def current_snapshot() -> Snapshot:
    """The snapshot of this request, or a new one. Raises Unreachable."""
    return _snapshot.get() or versions().snapshot()


class Versions:
    """The versions in a store. A change that could not be written is written before the next read.

    A store that did not respond is not queried again for ``PAUSE`` seconds.
    """

    PAUSE = 2.0

    def __init__(self, store: Any) -> None:
        self.store = store
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._asleep_until = 0.0

    def snapshot(self) -> Snapshot:
        """A snapshot of the current versions. Raises Unreachable."""
        return self._ask(self.store.read)

    def versions_of(self, tags: Collection[str]) -> dict[str, int]:
        """``{tag: version of its latest change}``, 0 if it never changed. Raises Unreachable."""
        numbers = self._ask(self.store.read_slots, [slot_of(tag) for tag in tags])
        return dict(zip(tags, numbers, strict=True))

    def advance(self, tags: Iterable[str]) -> None:
        """Give the tags the next version. Visible to every process, unless a warning is logged."""
        with self._lock:
            self._pending |= set(tags)
        try:
            self._ask(lambda: None)
        except Unreachable as error:
            log.warning("The page cache could not be invalidated yet: %s", error)

    def _ask(self, question, *arguments):
        if time.monotonic() < self._asleep_until:
            raise Unreachable("the store did not respond a moment ago")
        with self._lock:
            writing, self._pending = self._pending, set()
        try:
            if writing:
                self.store.write({slot_of(tag) for tag in writing})
                writing = set()
            return question(*arguments)
        except (OSError, redis.RedisError) as error:
            with self._lock:
                self._pending |= writing
            self._asleep_until = time.monotonic() + self.PAUSE
            raise Unreachable(str(error)) from error


def slot_of(tag: str) -> int:
    """The slot of a tag. Tags that share a slot may cause needless rendering, never a stale page."""
    return zlib.crc32(tag.encode()) % SLOTS


def _number_at(fd, place):
    return NUMBER.unpack(os.pread(fd, NUMBER.size, place))[0]


class NoStore:
    """No cache, for tests and shells."""

    def __getattr__(self, name: str) -> Any:
        raise Unreachable("the page cache is off")


class FileStore:
    """Versions in a file of half a megabyte that every process of the machine opens.

    Writers lock the file. The version of a tag is written before the change number, so a process that
    still reads the old number serves no page older than a change whose request has ended.
    """

    #: Seconds after which a process checks whether its file is still the current one.
    LOOK_AGAIN = 1.0

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path or settings.PAGE_CACHE_FOLDER / "versions")
        self._fd, self._looked = -1, 0.0
        self._opening = threading.Lock()

    def read(self) -> Snapshot:
        head = os.pread(self._descriptor(), HEADER, 0)
        return Snapshot(head[:EPOCH_BYTES].hex(), NUMBER.unpack_from(head, EPOCH_BYTES)[0])

    def read_slots(self, slots: Sequence[int]) -> list[int]:
        fd = self._descriptor()
        return [_number_at(fd, HEADER + slot * NUMBER.size) for slot in slots]

    def write(self, slots: Iterable[int]) -> None:
        self._descriptor()
        fd = os.open(self.path, os.O_RDWR)
        try:
            # One lock per opened file, so that threads wait for each other like processes.
            fcntl.flock(fd, fcntl.LOCK_EX)
            number = _number_at(fd, EPOCH_BYTES) + 1
            for place in (*(HEADER + slot * NUMBER.size for slot in slots), EPOCH_BYTES):
                os.pwrite(fd, NUMBER.pack(number), place)
        finally:
            os.close(fd)

    def _descriptor(self):
        """The open file. Opens a new one if the folder was cleared meanwhile."""
        if time.monotonic() - self._looked > self.LOOK_AGAIN:
            with self._opening:
                if not self._is_open():
                    self._open()
                self._looked = time.monotonic()
        return self._fd

    def _is_open(self):
        try:
            return self._fd >= 0 and self.path.stat().st_ino == os.fstat(self._fd).st_ino
        except FileNotFoundError:
            return False

    def _open(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_size != HEADER + SLOTS * NUMBER.size:
                os.ftruncate(fd, 0)
                # Allocate the whole file now, so that a later write cannot fail on a full disk.
                os.posix_fallocate(fd, 0, HEADER + SLOTS * NUMBER.size)
                os.pwrite(fd, uuid.uuid4().bytes, 0)
            fcntl.flock(fd, fcntl.LOCK_UN)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd  # Keep the old one open: another thread may be reading it.


class RedisStore:
    """The same in one Redis hash. Reading the change number also reads the version of ``SITE``."""

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


STORES = {"none": NoStore, "file": FileStore, "redis": RedisStore}


@cache
def versions() -> Versions:
    """The versions in the store of ``settings.PAGE_VERSIONS``."""
    return Versions(STORES[settings.PAGE_VERSIONS]())
