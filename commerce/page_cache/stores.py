"""Where kept pages lie: in the process, and in a store that the processes share."""

import contextlib
import fcntl
import hashlib
import logging
import os
import time
import uuid
from functools import cache
from pathlib import Path

import redis
from django.conf import settings

from commerce.page_cache.answers import packed, unpacked
from commerce.page_cache.memory import BoundedMemory

log = logging.getLogger(__name__)

#: Bytes that one process keeps in memory.
MEMORY_BYTES = 32 * 1024 * 1024
#: Seconds for which a request waits for another one that renders the same page; then it renders too.
WAIT_SECONDS = 5.0
#: Seconds between two looks whether the other one is ready.
STEP_SECONDS = 0.01


def name_of(key):
    """A key as a file's name or a Redis key."""
    return hashlib.blake2b(key.encode(), digest_size=20).hexdigest()


class FileStore:
    """Pages as files in 256 folders, each of which holds a bounded number of them.

    A file is replaced as a whole, so that a reader sees the old one or the new one.
    """

    #: Pages in one folder, and one write in so many looks for those that are too many or too old.
    PER_FOLDER, SWEEP_EVERY = 64, 16
    #: Files whose locks requests for the same page wait at; two pages may share one.
    LOCKS = 1024

    def __init__(self, folder=None):
        self.folder = Path(folder or settings.PAGE_CACHE_FOLDER)
        self._writes = 0

    def _path(self, key):
        name = name_of(key)
        return self.folder / "kept" / name[:2] / name[2:]

    def get(self, key):
        try:
            return unpacked(self._path(key).read_bytes())
        except OSError:
            return None

    def put(self, key, answer):
        path = self._path(key)
        draft = path.with_name(f".{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(packed(answer))
            draft.replace(path)
        except OSError as error:  # A full disk costs speed, never an answer.
            log.warning("A page could not be kept: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        self._writes += 1
        if self._writes % self.SWEEP_EVERY == 0:
            self._sweep(path.parent)

    def _sweep(self, folder):
        """Remove what is too old, then the oldest of what is too many."""
        rows = []
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):
                rows.append((entry.stat().st_mtime, entry.path))
        oldest = time.time() - settings.PAGE_CACHE_SECONDS
        rows.sort(reverse=True)
        for place, (written, path) in enumerate(rows):
            if written < oldest or place >= self.PER_FOLDER:
                with contextlib.suppress(OSError):
                    os.unlink(path)

    @contextlib.contextmanager
    def turn(self, key):
        """One request at a time for a key, over all processes; gives whether it had to wait."""
        folder = self.folder / "turns"
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder / str(int(name_of(key)[:8], 16) % self.LOCKS), os.O_RDWR | os.O_CREAT)
        try:
            yield self._take(fd)
        finally:
            os.close(fd)  # which gives the lock back

    @staticmethod
    def _take(fd):
        end = time.monotonic() + WAIT_SECONDS
        waited = False
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = True
                if time.monotonic() > end:
                    return True
                time.sleep(STEP_SECONDS)
            else:
                return waited


class RedisStore:
    """Pages in Redis, each for as long as it may hold."""

    PREFIX = "vitrine:page:"
    _RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

    def __init__(self, url=None):
        self.client = redis.Redis.from_url(
            url or settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
        )

    def get(self, key):
        try:
            data = self.client.get(self.PREFIX + name_of(key))
        except redis.RedisError:
            return None
        return unpacked(data) if data else None

    def put(self, key, answer):
        seconds = max(1, int(answer.until - time.time()))
        try:
            self.client.set(self.PREFIX + name_of(key), packed(answer), ex=seconds)
        except redis.RedisError as error:
            log.warning("A page could not be kept: %s", error)

    @contextlib.contextmanager
    def turn(self, key):
        """One request at a time for a key, over all machines; gives whether it had to wait."""
        name, mark = f"{self.PREFIX}turn:{name_of(key)}", uuid.uuid4().hex
        has_turn, waited = self._take(name, mark)
        try:
            yield waited
        finally:
            if has_turn:
                with contextlib.suppress(redis.RedisError):
                    self.client.eval(self._RELEASE, 1, name, mark)

    def _take(self, name, mark):
        end = time.monotonic() + WAIT_SECONDS
        waited = False
        while time.monotonic() < end:
            try:
                if self.client.set(name, mark, nx=True, px=int(WAIT_SECONDS * 2000)):
                    return True, waited
            except redis.RedisError:
                return False, waited
            waited = True
            time.sleep(STEP_SECONDS)
        return False, True


STORES = {"file": FileStore, "redis": RedisStore}


@cache
def memory():
    """This process's first level."""
    return BoundedMemory(MEMORY_BYTES)


@cache
def store():
    """The store that the settings name."""
    return STORES[settings.PAGE_STORE]()


def find(key, state):
    """The kept page of a key that still holds, from the process or from the store; None without."""
    for level in (memory(), store()):
        answer = level.get(key)
        if answer is not None and answer.holds(state):
            if level is not memory():
                memory().put(key, answer)
            return answer
    return None
