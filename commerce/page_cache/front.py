"""Gives out kept pages in front of Django: no request object, no middleware, no database connection.

A page that holds is most of what a shop answers, and building Django's request and response costs more
than finding it. ``PageCacheMiddleware`` decides what may be kept and under which key, and tells here
which key a request's own words lead to; whatever is not known here goes on to Django.
"""

import threading
from collections import OrderedDict
from functools import cache

from django.conf import settings

from commerce.page_cache.address import has_private_words, words_of
from commerce.page_cache.answer_counts import KEPT, note_answer
from commerce.page_cache.answers import parts_of
from commerce.page_cache.changes import Unreachable, sequence
from commerce.page_cache.stores import find
from commerce.product_views import note_view

#: Requests whose keys are remembered.
MOST_KNOWN = 16_384
STATUS = {200: "200 OK", 304: "304 Not Modified"}


class PageCacheFront:
    """A WSGI application around the site's: answers what is kept, passes on everything else."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        answer = kept_answer(environ)
        if answer is None:
            return self.application(environ, start_response)
        note_given(answer, environ["REQUEST_METHOD"])
        status, headers, body = parts_of(answer, environ)
        start_response(STATUS[status], list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def note_given(answer, method):
    """Count a copy that is given out, and a look at the product that it shows."""
    note_answer(KEPT)
    if method == "GET" and answer.product_id:
        note_view(answer.product_id)


def kept_answer(environ):
    """The kept page that a request may have and that still holds, or None."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not settings.PAGE_CACHE:
        return None
    key = known().get(words_of(environ))
    if key is None or has_private_words(environ):
        return None
    try:
        return find(key, sequence().state())
    except Unreachable:
        return None


class Known:
    """What the words of requests led to, a page's key or an address; the ``limit`` added last."""

    def __init__(self, limit=MOST_KNOWN):
        self.limit = limit
        self._found = OrderedDict()
        self._lock = threading.Lock()

    def get(self, request_words):
        """What these words led to, or None."""
        return self._found.get(request_words)

    def __len__(self):
        return len(self._found)

    def put(self, request_words, found):
        """Remember what words lead to."""
        if self._found.get(request_words) == found:
            return
        with self._lock:
            self._found[request_words] = found
            while len(self._found) > self.limit:
                self._found.popitem(last=False)

    def drop(self, request_words):
        """Forget what words led to."""
        with self._lock:
            self._found.pop(request_words, None)


@cache
def known():
    """This process's keys."""
    return Known()
