"""Change sequence shared by all processes: one version per tag.

``invalidate`` is called in the transaction of a change and counts from its commit. A cached page or
value holds the version that was read before it was made, and is fresh while none of its tags has a
higher one. Versions are in a file, for the processes of one machine, or in Redis, for several; a
store that does not answer switches the cache off and never fails a request.
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

#: Redis is asked in each request: a slow one is no cache.
REDIS_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
#: Tags share so many slots.
SLOTS = 1 << 16
#: The file: its epoch, the number of the last change, then the version of each slot.
NUMBER, EPOCH_BYTES = struct.Struct("<Q"), 16
HEADER = EPOCH_BYTES + NUMBER.size

#: Told of all tags that changed, once that is committed: a cache in front of the site.
listeners: list[Callable[[set[str]], None]] = []


class Unreachable(Exception):
    """The store of the versions does not answer, so nothing cached can be shown to be fresh."""


def invalidate(*tags: str) -> None:
    """Make everything that depends on these tags old, from the commit of this transaction on."""
    connection = transaction.get_connection()
    hooks, open_blocks = connection.run_on_commit, set(connection.savepoint_ids)
    if hooks and isinstance(hooks[-1][1], _Publication) and hooks[-1][0] == open_blocks:
        hooks[-1][1].tags.update(tags)  # Many rows that are written one after the other: one call.
    else:
        transaction.on_commit(_Publication(set(tags)), robust=True)


@dataclass
class _Publication:
    tags: set[str]

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
    """The sequence as one request sees it. ``known`` has the versions that were asked for."""

    epoch: str
    number: int
    known: dict[str, int] = field(default_factory=dict)

    def newest(self, tags: Collection[str]) -> int:
        """The highest version of some tags. Asks the store once for those not known yet."""
        if missing := [tag for tag in tags if tag not in self.known]:
            self.known |= versions().versions_of(missing)
        return max((self.known[tag] for tag in tags), default=0)


@dataclass(kw_only=True)
class Versioned:
    """Something that is fresh until one of its ``tags`` changes, and no longer than ``until``.

    ``epoch`` and ``version`` are the snapshot's that was read before it was made; ``until`` is in
    seconds since 1970. ``seen`` is the number up to which its tags are known to be unchanged.
    """

    tags: Collection[str]
    epoch: str
    version: int
    until: float
    seen: int = -1

    def is_fresh(self, snapshot: Snapshot) -> bool:
        """Whether nothing that it shows has changed. Raises Unreachable."""
        if self.epoch != snapshot.epoch or time.time() >= self.until:
            return False
        if snapshot.number in (self.seen, self.version):
            return True  # Nothing at all changed since: by far the most common answer.
        if snapshot.newest(self.tags) > self.version:
            return False
        self.seen = snapshot.number
        return True


_snapshot: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def reading(snapshot: Snapshot) -> Iterator[None]:
    """Use one snapshot in the whole block: for a request that only reads."""
    token = _snapshot.set(snapshot)
    try:
        yield
    finally:
        _snapshot.reset(token)


def current_snapshot() -> Snapshot:
    """The snapshot of this request, or one of this moment. Raises Unreachable."""
    return _snapshot.get() or versions().snapshot()


class Versions:
    """The sequence in a store. A change that could not be written is written before the next read.

    A store that did not answer is not asked for ``PAUSE`` seconds.
    """

    PAUSE = 2.0

    def __init__(self, store: Any) -> None:
        self.store = store
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._asleep_until = 0.0

    def snapshot(self) -> Snapshot:
        """The sequence of now. Raises Unreachable."""
        return self._ask(self.store.read)

    def versions_of(self, tags: Collection[str]) -> dict[str, int]:
        """``{tag: version of its latest change}``, 0 where it never changed. Raises Unreachable."""
        numbers = self._ask(self.store.read_slots, [slot_of(tag) for tag in tags])
        return dict(zip(tags, numbers, strict=True))

    def advance(self, tags: Iterable[str]) -> None:
        """Give the tags the next version, visible to every process unless a warning is logged."""
        with self._lock:
            self._pending |= set(tags)
        try:
            self._ask(lambda: None)
        except Unreachable as error:
            log.warning("The page cache was not told of a change yet: %s", error)

    def _ask(self, question, *arguments):
        if time.monotonic() < self._asleep_until:
            raise Unreachable("the store did not answer a moment ago")
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
    """The slot of a tag. Two tags in one slot cost a render too many, never an old page."""
    return zlib.crc32(tag.encode()) % SLOTS


def _number_at(fd, place):
    return NUMBER.unpack(os.pread(fd, NUMBER.size, place))[0]


class NoStore:
    """No cache at all: for tests and shells."""

    def __getattr__(self, name: str) -> Any:
        raise Unreachable("the page cache is off")


class FileStore:
    """Versions in a file of half a megabyte that every process of the machine opens.

    Writers lock the file. The version of a tag is written before the sequence's own number, so that
    whoever sees the old number sees no page older than a change whose request was answered.
    """

    #: Seconds after which a process checks whether its file is still the one that others open.
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
            # A lock for each opening: threads wait for each other as processes do.
            fcntl.flock(fd, fcntl.LOCK_EX)
            number = _number_at(fd, EPOCH_BYTES) + 1
            for place in (*(HEADER + slot * NUMBER.size for slot in slots), EPOCH_BYTES):
                os.pwrite(fd, NUMBER.pack(number), place)
        finally:
            os.close(fd)

    def _descriptor(self):
        """The open file of that name. Somebody may have cleared the folder meanwhile."""
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
                # All of it now: a later write must not fail because the disk is full.
                os.posix_fallocate(fd, 0, HEADER + SLOTS * NUMBER.size)
                os.pwrite(fd, uuid.uuid4().bytes, 0)
            fcntl.flock(fd, fcntl.LOCK_UN)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd  # The old one stays open: another thread may be reading it.


class RedisStore:
    """The same in one Redis hash. A read of the sequence brings the version of ``SITE`` along."""

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
    """The sequence in the store that ``settings.PAGE_VERSIONS`` names."""
    return Versions(STORES[settings.PAGE_VERSIONS]())
