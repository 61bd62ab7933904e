"""Parts of pages that a process need not render each time, for those whose pages nobody keeps.

Who is signed in gets pages of their own, and one change makes many pages anew. What is alike on all of
them (the photographs of a product, its story, an editor's block) is remembered here as markup, under
the numbers of the page cache and for as long as a kept page would hold, prices included.
"""

import sys
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from commerce.page_cache.changes import Remembered, Unreachable, state_of_request
from commerce.page_cache.dependencies import SITE, collected, collecting, depends_on, expires_by
from commerce.page_cache.memory import BoundedMemory
from commerce.page_cache.memory import size_of as bytes_of
from commerce.page_cache.prices import end_of
from commerce.requests import moment_of

#: Bytes that one process remembers.
PARTS_BYTES = 32 * 1024 * 1024
#: Bytes that a part takes beside its value: its name and its tags.
OVERHEAD = 2048


@dataclass
class Part(Remembered):
    """A value with what it shows, and the bytes that it takes. ``expires`` is ``until`` as a datetime."""

    value: Any
    size: int
    tags: frozenset[str]
    expires: datetime
    until: float
    epoch: str
    number: int
    seen: int = -1


@cache
def parts():
    """This process's parts."""
    return BoundedMemory(PARTS_BYTES)


def is_for_everybody(request):
    """Whether a request shows the shop as it is: no draft in an editor's preview, no other moment."""
    if request is None or moment_of(request) is not None:
        return False
    return not getattr(request, "is_preview", False)


def name_for(request, *words):
    """The name of a part: what it is, what it reads, and what every part may read of a request (the
    site's host, the language)."""
    return (*words, request.scheme, request.get_host(), get_language())


def kept_part(name, make, *, size_of=sys.getsizeof):
    """``make()``, which is the same for everybody, remembered by this process while it holds.

    ``name`` has everything that ``make`` reads of the request and of its arguments. What was loaded
    before counts as shown by it: it ends with every such tag, and no later than the page would.
    Nothing is remembered in development, inside a transaction, or where no GET is being answered: then
    nobody knows since when its values are known. ``size_of`` says how many bytes a value takes;
    requests share it, so nobody may change one.
    """
    return _kept(name, make, size_of, depends_on)


def kept_markup(name, make):
    """The same for markup that leaves nothing behind but itself, so that no later part ends with it.

    What is looked up meanwhile and used again on the page must be a ``dependencies.looked_up``, which
    tells every part that uses it.
    """
    return _kept(name, make, sys.getsizeof, _shows)


def _shows(*tags):
    collecting().tags.update(tags)


def _kept(name, make, size_of, tell):
    page = collecting()
    if page is None or settings.DEBUG or transaction.get_connection().in_atomic_block:
        return make()
    try:
        state = state_of_request()
        part = parts().get(name)
        if part is None or not part.holds(state):
            part = _made(make, page, state, lambda value: size_of(value) + bytes_of(name))
            parts().put(name, part)
    except Unreachable:
        return make()
    tell(*part.tags)
    expires_by(part.expires)
    return part.value


def _made(make, page, state, size_of):
    with collected() as found:
        # It begins with what was loaded so far: a part inside this one needs it too.
        depends_on(SITE, *page.loaded)
        found.has_prices, found.until = page.has_prices, page.until
        value = make()
    expires = end_of(found)
    size = size_of(value) + OVERHEAD
    return Part(value, size, frozenset(found.tags), expires, expires.timestamp(), *state)
