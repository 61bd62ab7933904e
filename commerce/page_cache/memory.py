"""What a process remembers, as much as fits: pages, parts of pages, sets and words."""

import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from commerce.page_cache.changes import Remembered, Unreachable, holding, state_of_request


class BoundedMemory:
    """Things with a ``size``, by their names; at most ``limit`` bytes of them. What was asked for
    longest ago is forgotten first."""

    def __init__(self, limit):
        self.limit = limit
        self.bytes = 0
        self._things = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name):
        """The thing of that name, or None."""
        with self._lock:
            if name in self._things:
                self._things.move_to_end(name)
            return self._things.get(name)

    def put(self, name, thing):
        """Remember a thing in the place of an older one; one that is too large is not."""
        with self._lock:
            self._drop(name)
            if thing.size > self.limit:
                return
            self._things[name] = thing
            self.bytes += thing.size
            while self.bytes > self.limit:
                self._drop(next(iter(self._things)))

    def clear(self):
        """Begin as a new process does."""
        with self._lock:
            self._things.clear()
            self.bytes = 0

    def _drop(self, name):
        old = self._things.pop(name, None)
        if old is not None:
            self.bytes -= old.size


@dataclass
class _Value(Remembered):
    """A value with what it was made from, and the bytes that it takes."""

    value: Any
    size: int
    tags: frozenset
    until: float
    epoch: str
    number: int
    seen: int = -1


class Memory:
    """Values of this process that hold until one of their tags changes, at most ``limit`` bytes.

    As with ``kept`` nothing is remembered or taken from memory inside a transaction: it sees what it
    wrote itself, and nobody else does. Nothing holds for longer than ``PAGE_CACHE_SECONDS``, should a
    process be killed between a commit and its number. Values are shared by all requests: nobody may
    change one. A page that shows them says itself what it depends on.
    """

    def __init__(self, limit):
        self._values = BoundedMemory(limit)

    @property
    def size(self):
        """Bytes of what is remembered."""
        return self._values.bytes

    @property
    def limit(self):
        """Bytes that it remembers at the most."""
        return self._values.limit

    @limit.setter
    def limit(self, count):
        self._values.limit = count

    def is_used(self):
        """Whether anything is remembered here: not inside a transaction."""
        return not transaction.get_connection().in_atomic_block

    def one(self, name, make, *, tags):
        """The value of a name; ``make()`` where it is not remembered."""
        return self.many([name], lambda _names: {name: make()}, tags=tags)[name]

    def many(self, names, make, *, tags):
        """``{name: value}`` of the names; ``make(names)`` is asked once for what is not remembered.

        ``tags`` are those of all of them, or a function that gives those of a name.
        """
        if not self.is_used():
            return make(names)
        try:
            # Before the reading: a change that comes meanwhile has a higher number.
            state = state_of_request()
            found = self._holding(names, state)
        except Unreachable:
            return make(names)
        if missing := [name for name in names if name not in found]:
            made = make(missing)
            until = time.time() + settings.PAGE_CACHE_SECONDS
            for name, value in made.items():
                size = size_of(name) + size_of(value)
                own = frozenset(tags(name) if callable(tags) else tags)
                self._values.put(name, _Value(value, size, own, until, *state))
            found |= made
        return found

    def clear(self):
        """Begin as a new process does."""
        self._values.clear()

    def _holding(self, names, state):
        known = {name: self._values.get(name) for name in names}
        alive = set(map(id, holding(filter(None, known.values()), state)))
        return {name: of.value for name, of in known.items() if id(of) in alive}


def size_of(value):
    """Bytes that a value takes, with what it holds; what it holds twice counts twice."""
    parts = ()
    if isinstance(value, dict):
        parts = (*value.keys(), *value.values())
    elif isinstance(value, (tuple, list)):
        parts = value
    elif hasattr(value, "__dict__"):
        parts = vars(value).values()
    return sys.getsizeof(value) + sum(map(size_of, parts))
