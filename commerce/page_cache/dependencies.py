"""Dependencies of a page: the tags of the rows that it shows, and the time at which it expires.

Functions that read rows declare them while a page is rendered. A changed row invalidates its tags
(``versions.invalidate``), and with them every page and memoised value that depends on one.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Dependencies:
    """Tags read so far, and the time from which the page is outdated (None: never).

    ``parameters`` are the query parameters of an opened page, or None if the page is not opened.
    ``product_id`` is set for the page of a product.
    """

    tags: set[str] = field(default_factory=set)
    until: datetime | None = None
    parameters: frozenset[str] | None = None
    product_id: int | None = None


_current: ContextVar[Dependencies | None] = ContextVar("page_dependencies", default=None)


class collected:
    """Collects the ``Dependencies`` of the block. Nested blocks collect separately."""

    def __enter__(self) -> Dependencies:
        found = Dependencies()
        self._token = _current.set(found)
        return found

    def __exit__(self, *_error: object) -> None:
        _current.reset(self._token)


def depends_on(*tags: str) -> None:
    """Invalidate the page when one of these tags changes."""
    found = _current.get()
    if found is not None:
        found.tags.update(tags)


def expires_by(moment: datetime | None) -> None:
    """Let the page expire at this time, unless it expires earlier. None changes nothing."""
    found = _current.get()
    if found is not None and moment is not None:
        found.until = min(filter(None, (found.until, moment)))


def depends_on_all(other: Dependencies) -> None:
    """Add the dependencies of a nested block."""
    depends_on(*other.tags)
    expires_by(other.until)


def open_page(*, parameters: Iterable[str] = (), product_id: int | None = None) -> None:
    """Declare the page the same for everybody without a session, so that it may be cached.

    ``parameters`` are the query parameters that the page reads. With any other parameter the page is
    rendered but not cached, so that nobody can fill the cache with copies. Each time the page is
    served, a view of ``product_id`` is counted.
    """
    found = _current.get()
    if found is not None:
        found.parameters, found.product_id = frozenset(parameters), product_id
