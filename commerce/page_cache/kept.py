"""Facts of every page (navigation, footer, categories) that a process need not ask for each time."""

from django.db import transaction

from commerce.page_cache.changes import Unreachable, sequence, state_of_request
from commerce.page_cache.dependencies import depends_on

_facts = {}


def kept(name, tags, make):
    """``make()``, remembered by this process until one of the tags changes.

    What is being rendered depends on the tags too. Nothing is remembered inside a transaction: what
    it wrote may never be committed.
    """
    depends_on(*tags)
    try:
        epoch, number = state_of_request()
        fact = _facts.get(name)
        if fact is not None and _holds(fact, tags, epoch, number):
            _facts[name] = (epoch, fact[1], number, fact[3])
            return fact[3]
    except Unreachable:
        return make()
    value = make()
    if not transaction.get_connection().in_atomic_block:
        _facts[name] = (epoch, number, number, value)
    return value


def _holds(fact, tags, epoch, number):
    of_epoch, read, seen, _value = fact
    return of_epoch == epoch and (seen == number or sequence().highest(tags) <= read)
