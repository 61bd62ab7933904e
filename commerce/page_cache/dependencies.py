"""What the page being rendered shows, written down by the functions that read it."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

#: What every page of the shop shows: its navigation, its footer, whatever has no tag of its own.
SITE = "site"
#: All lists of products; a list of one category depends on ``list_tag`` alone.
LISTS = "lists"
#: Offers as they are written, with what they have been used for.
OFFERS = "offers"
#: What a process remembers of the read model: the sets of lists and filters, those of words, what costs
#: how much, which prices turn by themselves, and the orders of lists. No page depends on these: it names
#: the lists and cards that it shows.
SETS, WORDS, WINDOWS, TURNS, RANKS = "sets", "words", "windows", "turns", "ranks"


@dataclass
class Dependencies:
    """Tags of what a page shows, and until when it can hold at the longest (None: no such moment).

    ``loaded`` are the tags of what was looked up so far for whatever may come next: all of them but
    those of parts whose markup was put in (``parts.kept_markup``).
    """

    tags: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    until: datetime | None = None
    has_prices: bool = False


_current: ContextVar[Dependencies | None] = ContextVar("page_dependencies", default=None)


class collected:
    """``Dependencies`` that fill up while the block runs.

    A class, as ``changes.one_state``: every request and every part of a page enters one, and a
    generator's costs three times as much.
    """

    __slots__ = ("_token",)

    def __enter__(self):
        found = Dependencies()
        self._token = _current.set(found)
        return found

    def __exit__(self, *_error):
        _current.reset(self._token)


def collecting():
    """The ``Dependencies`` of what is being rendered, as far as it got; None where nobody asks."""
    return _current.get()


def depends_on(*tags):
    """What is being rendered must be rendered anew when one of these changes."""
    found = _current.get()
    if found is not None:
        found.tags.update(tags)
        found.loaded.update(tags)


def shows_prices():
    """What is being rendered must be rendered anew when a sale begins or ends anywhere."""
    found = _current.get()
    if found is not None:
        found.has_prices = True


def expires_by(moment):
    """What is being rendered is wrong from this moment on; None is no moment."""
    found = _current.get()
    if found is not None and moment is not None:
        found.until = min(filter(None, (found.until, moment)))


class Lookup:
    """A value that is looked up once, by whichever part of a page calls for it first.

    Whoever calls depends on what it was made from, whether it was made for them or for a part that came
    before: a lazy object or a cached property would tell the first of them alone. Templates call it by
    its name.
    """

    def __init__(self, make):
        self._make, self._found, self._value = make, None, None

    def __call__(self):
        if self._found is None:
            with collected() as found:
                self._value = self._make()
            self._found = found
        depends_on(*self._found.tags)
        expires_by(self._found.until)
        if self._found.has_prices:
            shows_prices()
        return self._value


class looked_up:
    """A property that is a ``Lookup``, for what several parts of a page ask of one object."""

    def __init__(self, make):
        self.make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner, name):
        self.name = f"_lookup_of_{name}"

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        lookups = vars(instance)
        if self.name not in lookups:
            lookups[self.name] = Lookup(partial(self.make, instance))
        return lookups[self.name]()


def card_tag(product_id):
    """A product as lists and rows of cards show it."""
    return f"card-{product_id}"


def piece_tag(product_id):
    """A product as its own page shows it, with its variants, but for what ``sale_tag`` stands for."""
    return f"piece-{product_id}"


def sale_tag(product_id):
    """What a product and its variants cost, and how many there are: what orders change every minute."""
    return f"sale-{product_id}"


def list_tag(category_id):
    """Which products stand in a category, and how their cards look."""
    return f"list-{category_id}"


def order_tag(category_id):
    """Which products stand in a category, and in which order they are recommended."""
    return f"order-{category_id}"
