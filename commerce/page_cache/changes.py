"""Numbers of changes: one sequence for all processes, and for each tag the number of its last change.

``touch`` is called in the transaction of a change and counts when it is committed. Two stores: a file
that the processes of one machine map into memory, and Redis for several machines.
"""

import fcntl
import logging
import mmap
import os
import struct
import threading
import time
import uuid
import zlib
from contextvars import ContextVar
from functools import cache
from itertools import count
from pathlib import Path

import redis
from django.conf import settings
from django.db import transaction

from commerce.page_cache import purging

log = logging.getLogger(__name__)

#: Tags share so many places. Two that meet in one cost a render too many, never an old page.
PLACES = 1 << 16
_NUMBER = struct.Struct("<Q")
_EPOCH_BYTES = 16
_HEADER = _EPOCH_BYTES + _NUMBER.size
_SIZE = _HEADER + PLACES * _NUMBER.size


def touch(*tags):
    """Say that what these tags stand for changed; it counts from the commit of this transaction."""
    connection = transaction.get_connection()
    if connection.in_atomic_block:
        _touch_at_commit(connection, set(tags))
    else:
        publish(tags)


def _touch_at_commit(connection, tags):
    """One call after the commit says it for many rows that are written one after the other."""
    last = connection.run_on_commit[-1] if connection.run_on_commit else None
    if last and isinstance(last[1], _Publication) and last[0] == set(connection.savepoint_ids):
        last[1].tags |= tags
    else:
        transaction.on_commit(_Publication(tags), robust=True)


class _Publication:
    """Publishes tags that may become more before the commit."""

    def __init__(self, tags):
        self.tags = tags

    def __call__(self):
        publish(self.tags)


def publish(tags):
    """Give the tags the next number, and tell what stands in front of the site."""
    sequence().advance(tags)
    purging.purge_soon(tags)


@cache
def sequence():
    """The sequence that the settings name."""
    return SEQUENCES[settings.PAGE_CHANGES]()


_state: ContextVar[list | None] = ContextVar("state_of_request", default=None)


class one_state:
    """Read the state once for the whole block: what a request that only reads may rely on."""

    __slots__ = ("_token",)

    def __enter__(self):
        self._token = _state.set([])

    def __exit__(self, *_error):
        _state.reset(self._token)


def state_of_request():
    """(epoch, number) of the sequence, as it was when this request first asked.

    Raises Unreachable where it did not answer then, even if it does by now: what was loaded meanwhile
    may be older than a number that is read now.
    """
    read = _state.get()
    if read is None:
        return sequence().state()
    if not read:
        try:
            read.append(sequence().state())
        except Unreachable as error:
            read.append(error)
    if isinstance(read[0], Unreachable):
        raise read[0]
    return read[0]


def state_anew():
    """The state of now, for the rest of the request as well: it waited, and has loaded nothing yet.

    With the older one a part that changed meanwhile would count as new, and the page that shows it
    would be kept under the newer number.
    """
    state, read = sequence().state(), _state.get()
    if read is not None:
        read[:] = [state]
    return state


class Remembered:
    """What holds until one of its ``tags`` changes. ``epoch`` and ``number`` were read before it was
    made, ``until`` is in seconds since 1970 (None: no end). ``seen`` is the number up to which the
    tags are known not to have changed."""

    def holds(self, state):
        """Whether nothing it shows changed since, by the state of the sequence that was just read."""
        (epoch, number), until = state, self.until
        if epoch == self.epoch and number in (self.seen, self.number):
            # Nothing at all changed since: by far the most looks.
            return until is None or time.time() < until
        return bool(holding([self], state))


def holding(things, state):
    """Those of some ``Remembered`` that hold; of all of them the sequence is asked once at most."""
    (epoch, number), now = state, time.time()
    things = [
        one for one in things if one.epoch == epoch and (one.until is None or now < one.until)
    ]
    doubtful = [one for one in things if number not in (one.seen, one.number)]
    if not doubtful:
        return things
    numbers = sequence().numbers_of(frozenset().union(*(one.tags for one in doubtful)))
    changed = set()
    for one in doubtful:
        if max((numbers[tag] for tag in one.tags), default=0) > one.number:
            changed.add(id(one))
        else:
            one.seen = number
    return [one for one in things if id(one) not in changed]


class NoSequence:
    """Remembers nothing, so that nothing that was kept ever holds: for tests and shells."""

    def __init__(self):
        self._numbers = count()

    def state(self):
        return "", next(self._numbers)

    def numbers_of(self, tags):
        return dict.fromkeys(tags, next(self._numbers))

    def advance(self, tags):
        pass

    def renew(self):
        pass


def _place_of(tag):
    return zlib.crc32(tag.encode()) % PLACES


class FileSequence:
    """Numbers in a file of half a megabyte that every process maps: reading one takes no system call.

    Writers lock the file. The number of a tag is written before the sequence's own, so that who sees
    the sequence standing still sees no page older than a change whose request was answered.
    """

    #: Seconds after which a process looks whether its file is still the one that others open.
    LOOK_AGAIN = 1.0

    def __init__(self, path=None):
        self.path = Path(path or settings.PAGE_CACHE_FOLDER / "changes")
        self._lock = threading.Lock()
        self._open()

    def _open(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_size != _SIZE:
                os.ftruncate(fd, 0)
                os.ftruncate(fd, _SIZE)
                os.pwrite(fd, uuid.uuid4().bytes, 0)
            self._inode = os.fstat(fd).st_ino
            self._map = mmap.mmap(fd, _SIZE, prot=mmap.PROT_READ)
            self._epoch = self._map[:_EPOCH_BYTES].hex()
        finally:
            # The map keeps a copy of the descriptor, and with it a lock that was not given back.
            fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)
        self._looked = time.monotonic()

    def _current_map(self):
        """The map, of the file that bears the name now: somebody may have cleared the folder."""
        if time.monotonic() - self._looked > self.LOOK_AGAIN:
            with self._lock:
                try:
                    is_same = self.path.stat().st_ino == self._inode
                except FileNotFoundError:
                    is_same = False
                if is_same:
                    self._looked = time.monotonic()
                else:
                    self._open()
        return self._map

    def state(self):
        """(epoch, number): pages of another epoch are worth nothing."""
        numbers = self._current_map()
        return self._epoch, _NUMBER.unpack_from(numbers, _EPOCH_BYTES)[0]

    def numbers_of(self, tags):
        """``{tag: number of its latest change}``, 0 where it never changed."""
        numbers = self._current_map()
        return {
            tag: _NUMBER.unpack_from(numbers, _HEADER + _place_of(tag) * _NUMBER.size)[0]
            for tag in tags
        }

    def renew(self):
        """Begin again: nothing that was kept holds any more."""
        self.path.unlink(missing_ok=True)
        with self._lock:
            self._open()

    def advance(self, tags):
        """Give the tags the next number. Visible to every process when it returns."""
        self._current_map()
        fd = os.open(self.path, os.O_RDWR)
        try:
            # A lock of its own for each opening: threads wait for each other as processes do.
            fcntl.flock(fd, fcntl.LOCK_EX)
            number = _NUMBER.unpack(os.pread(fd, _NUMBER.size, _EPOCH_BYTES))[0] + 1
            for tag in tags:
                os.pwrite(fd, _NUMBER.pack(number), _HEADER + _place_of(tag) * 8)
            os.pwrite(fd, _NUMBER.pack(number), _EPOCH_BYTES)
        finally:
            os.close(fd)


class Unreachable(Exception):
    """The store of the numbers does not answer: nothing that was kept can be shown to hold."""


class RedisSequence:
    """The same numbers in Redis, in one hash. Without it no page is given out from a cache.

    A change that could not be told is told as soon as Redis answers again, before anything is read.
    """

    #: Seconds for which a Redis that did not answer is not asked again.
    PAUSE = 2.0
    KEY = "vitrine:pages:changes"
    _ADVANCE = """
        local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
        for _, place in ipairs(ARGV) do redis.call('HSET', KEYS[1], place, number) end
        return number
    """

    def __init__(self, url=None):
        self.client = redis.Redis.from_url(
            url or settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
        )
        self._untold = set()
        self._lock = threading.Lock()
        self._asleep_until = 0.0

    def state(self):
        epoch, number = self._ask(lambda: self.client.hmget(self.KEY, "epoch", "number"))
        if epoch is None:
            self._ask(lambda: self.client.hsetnx(self.KEY, "epoch", uuid.uuid4().hex))
            return self.state()
        return epoch.decode(), int(number or 0)

    def numbers_of(self, tags):
        places = {tag: str(_place_of(tag)) for tag in tags}
        if not places:
            return {}
        found = self._ask(lambda: self.client.hmget(self.KEY, list(places.values())))
        return {tag: int(number or 0) for tag, number in zip(places, found, strict=True)}

    def advance(self, tags):
        with self._lock:
            self._untold |= set(tags)
        try:
            self._ask(lambda: None)
        except Unreachable as error:
            log.warning("The page cache could not be told of a change yet: %s", error)

    def renew(self):
        """Begin again: nothing that was kept holds any more."""
        self._ask(lambda: self.client.delete(self.KEY))

    def _ask(self, question):
        """The answer to a question, asked after everything untold was told."""
        if time.monotonic() < self._asleep_until:
            raise Unreachable("Redis did not answer a moment ago")
        try:
            self._tell()
            return question()
        except redis.RedisError as error:
            self._asleep_until = time.monotonic() + self.PAUSE
            raise Unreachable(str(error)) from error

    def _tell(self):
        with self._lock:
            telling, self._untold = self._untold, set()
        if not telling:
            return
        try:
            self.client.eval(self._ADVANCE, 1, self.KEY, *(str(_place_of(tag)) for tag in telling))
        except redis.RedisError:
            with self._lock:
                self._untold |= telling
            raise


SEQUENCES = {
    "none": NoSequence,
    "file": FileSequence,
    "redis": RedisSequence,
}
