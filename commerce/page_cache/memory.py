"""Sets and words that a process remembers between changes: as many as fit into a bounded memory."""

import sys
import threading
from collections import OrderedDict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from commerce.page_cache.changes import Unreachable, state_of_request
from commerce.page_cache.kept import Fact


class Memory:
    """Values of this process that hold until one of their tags changes, at most ``most`` bytes of them.

    What was asked for longest ago is forgotten first. As with ``kept`` nothing is remembered or taken
    from memory inside a transaction: it sees what it wrote itself, and nobody else does. Nothing holds
    for longer than ``PAGE_CACHE_SECONDS``, should a process be killed between a commit and its number.
    Values are shared by all requests: nobody may change one. A page that shows them says itself what
    it depends on.
    """

    def __init__(self, most):
        self.most = most
        self.size = 0
        self._facts = OrderedDict()
        self._lock = threading.Lock()

    def is_used(self):
        """Whether anything is remembered here: not inside a transaction."""
        return not transaction.get_connection().in_atomic_block

    def one(self, name, make, *, tags):
        """The value of a name; ``make()`` where it is not remembered."""
        return self.many([name], lambda _names: {name: make()}, tags=tags)[name]

    def many(self, names, make, *, tags):
        """``{name: value}`` of the names; ``make(names)`` is asked once for what is not remembered."""
        if not self.is_used():
            return make(names)
        try:
            # Before the reading: a change that comes meanwhile has a higher number.
            epoch, number = state_of_request()
            found = self._holding(names, epoch, number)
        except Unreachable:
            return make(names)
        if missing := [name for name in names if name not in found]:
            made = make(missing)
            until = timezone.now() + timedelta(seconds=settings.PAGE_CACHE_SECONDS)
            for name, value in made.items():
                fact = Fact(value, frozenset(tags), until, epoch, number, number)
                self._put(name, fact, size_of(name) + size_of(value))
            found |= made
        return found

    def clear(self):
        """Begin as a new process does."""
        with self._lock:
            self._facts.clear()
            self.size = 0

    def _holding(self, names, epoch, number):
        found = {}
        for name in names:
            fact, size = self._facts.get(name, (None, 0))
            if fact is not None and fact.holds(epoch, number):
                found[name] = fact.value
                self._put(name, fact.seen_at(number), size)
        return found

    def _put(self, name, fact, size):
        with self._lock:
            _old, freed = self._facts.pop(name, (None, 0))
            self.size -= freed
            if size > self.most:
                return
            self._facts[name] = fact, size
            self.size += size
            while self.size > self.most:
                _name, (_old, freed) = self._facts.popitem(last=False)
                self.size -= freed


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
