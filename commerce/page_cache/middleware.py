"""Gives out kept pages before anything else is asked, and closes every page that is not opted in."""

import logging
import threading
from collections import OrderedDict

from django.conf import settings
from django.core.exceptions import DisallowedHost

from commerce.page_cache.address import MAX_KEY, address_of, is_anybodys, is_public, words_of
from commerce.page_cache.answer_counts import OWN, RENDERED, note_answer
from commerce.page_cache.answers import answer_of, response_from
from commerce.page_cache.changes import Unreachable, one_state, state_anew, state_of_request
from commerce.page_cache.dependencies import SITE, collected
from commerce.page_cache.front import Known, known, note_given
from commerce.page_cache.opting_in import opted_in
from commerce.page_cache.prices import end_of
from commerce.page_cache.stores import find, memory, store
from commerce.product_views import note_view

log = logging.getLogger(__name__)

#: What a page says that nobody opted in: kept by no cache, asked for anew each time.
CLOSED = "private, no-cache"
#: What a browser may do with a page that is the same for everybody: keep it, and ask if it holds.
OPEN = "public, max-age=0, must-revalidate"
#: Addresses that are remembered as never kept, so that their requests do not wait for each other.
MOST_CLOSED = 4096


class PageCacheMiddleware:
    """Stands first. A request without a session may get a kept page; one at a time renders one."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.closed = OrderedDict()
        self.closed_addresses = Known(MOST_CLOSED)
        self.lock = threading.Lock()

    def __call__(self, request):
        if request.method not in ("GET", "HEAD"):
            return close(self.get_response(request))
        with one_state(), collected() as found:
            return self.read(request, found)

    def read(self, request, found):
        address = state = closed = None
        try:
            # Read before anything else, for whatever is remembered of this request (parts.py).
            state = state_of_request()
            # What nobody may keep is asked for again and again: its address is known then.
            closed = self.closed_addresses.get(words_of(request.META))
            if closed is not None and not is_anybodys(request):
                closed = None
            elif closed is None and settings.PAGE_CACHE and is_public(request):
                address = address_of(request)
        except (DisallowedHost, Unreachable):
            pass
        if closed is not None:
            return self.make_closed(request, closed, state, found)
        if address is None:
            return self.make_own(request)
        try:
            return self.find_or_render(request, address, state, found)
        except Unreachable:
            return close(self.get_response(request))

    def make_own(self, request):
        """A page for one visitor."""
        response = close(self.get_response(request))
        if opted_in(response) is not None:
            note_answer(OWN)
            note_look(request, response)
        return response

    def make_closed(self, request, address, state, found):
        """A page that nobody could keep when it was made last; it costs no look at what is kept."""
        response = self.get_response(request)
        if opted_in(response) is None:
            return close(response)
        self.closed_addresses.drop(address.words)
        return self.keep(request, response, address, state, found)

    def find_or_render(self, request, address, state, found):
        if address.path in self.closed or address.key in self.closed:
            # What is nobody's to keep costs no look at what is kept.
            return self.render(request, address, state, found)
        answer = find(address.key, state)
        if answer is not None:
            return give_again(answer, request, address)
        with store().turn(address.key) as has_waited:
            if has_waited:
                state = state_anew()
            # Also without a wait: another one may have come to its end between the look and the turn.
            answer = find(address.key, state)
            if answer is not None:
                return give_again(answer, request, address)
            return self.render(request, address, state, found)

    def render(self, request, address, state, found):
        request.META["QUERY_STRING"] = address.query
        return self.keep(request, self.get_response(request), address, state, found)

    def keep(self, request, response, address, state, found):
        """The answer to a request, kept where its view opted in."""
        parameters = opted_in(response)
        if parameters is None:
            self.remember_closed(address.path, address)
            return close(address.with_tracking(response))
        if response.status_code != 200 or not may_be_kept(request, response):
            return close(response)
        unknown = address.names - parameters
        if unknown:
            self.remember_closed(address.key, address)
            return close(response)
        open_to_all(response, found)
        answer = answer_of(
            response, tags={SITE, *found.tags}, state=state, until=end_of(found).timestamp()
        )
        store().put(address.key, answer)
        memory().put(address.key, answer)
        with self.lock:
            self.closed.pop(address.path, None)
        note_answer(RENDERED)
        note_look(request, response)
        return give(answer, request, address)

    def remember_closed(self, key, address):
        """Note that nobody keeps a page: anybody can ask for any number, but not for long ones."""
        if len(address.key) > MAX_KEY:
            return
        if not (address.query or address.tracking):  # Those seldom come a second time.
            self.closed_addresses.put(address.words, address)
        with self.lock:
            self.closed[key] = True
            if len(self.closed) > MOST_CLOSED:
                self.closed.popitem(last=False)


def give_again(answer, request, address):
    """A copy that was found."""
    note_given(answer, request.method)
    return give(answer, request, address)


def give(answer, request, address):
    """A kept page; the next request with the same words need not come as far as here."""
    # Each click of an advertiser has an address of its own.
    if not address.tracking and len(address.key) <= MAX_KEY:
        known().put(address.words, address.key)
    return response_from(answer, request)


def may_be_kept(request, response):
    """Whether a page that opted in kept its promise to be the same for everybody."""
    reasons = [
        name
        for name, is_so in (
            ("it sets a cookie", bool(response.cookies)),
            ("it read the session", "cookie" in response.get("Vary", "").lower()),
            ("it looked into the basket", getattr(request, "_basket_cache", None) is not None),
            ("it is sent in pieces", response.streaming),
        )
        if is_so
    ]
    if reasons:
        log.warning("%s is not kept: %s", request.path, ", ".join(reasons))
    return not reasons


def open_to_all(response, found):
    """The headers for caches in front of the site."""
    shared = f", s-maxage={settings.CDN_SECONDS}" if settings.CDN_SECONDS else ""
    response["Cache-Control"] = OPEN + shared
    if settings.CDN_SECONDS:
        response["Cache-Tag"] = ",".join(sorted({SITE, *found.tags}))


def note_look(request, response):
    """Count a look at the product whose page was made."""
    if request.method == "GET" and response.status_code == 200:
        product_id = getattr(response, "shown_product", None)
        if product_id:
            note_view(product_id)


def close(response):
    """Say of a page that nobody opted in that no cache may keep it."""
    if not response.has_header("Cache-Control") or opted_in(response) is not None:
        response["Cache-Control"] = CLOSED
    return response
