"""What a page shows: the tags of the rows that it read, and until when it can be right.

The functions that read rows say so while a page is rendered. A changed row invalidates its tags
(``versions.invalidate``), and with them every page and every memoised value that named one.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Dependencies:
    """What was read so far: tags, the moment from which it is wrong (None: no such moment).

    ``parameters`` are those of the address that an opened page knows, None for a page that is not
    opened; ``product_id`` is the product whose page it is.
    """

    tags: set[str] = field(default_factory=set)
    until: datetime | None = None
    parameters: frozenset[str] | None = None
    product_id: int | None = None


_current: ContextVar[Dependencies | None] = ContextVar("page_dependencies", default=None)


class collected:
    """Collects the ``Dependencies`` of the block. Nested blocks collect for themselves alone."""

    def __enter__(self) -> Dependencies:
        found = Dependencies()
        self._token = _current.set(found)
        return found

    def __exit__(self, *_error: object) -> None:
        _current.reset(self._token)


def depends_on(*tags: str) -> None:
    """Render the page again when one of these tags changes."""
    found = _current.get()
    if found is not None:
        found.tags.update(tags)


def expires_by(moment: datetime | None) -> None:
    """Render the page again from this moment on; None sets no such moment."""
    found = _current.get()
    if found is not None and moment is not None:
        found.until = min(filter(None, (found.until, moment)))


def depends_on_all(other: Dependencies) -> None:
    """Add what a nested block collected."""
    depends_on(*other.tags)
    expires_by(other.until)


def open_page(*, parameters: Iterable[str] = (), product_id: int | None = None) -> None:
    """Declare the page the same for everybody without a session, so that it may be cached.

    ``parameters`` are the names in the address that the page reads. With any other name it is
    rendered but not cached, or anybody could fill the cache with copies. Each time the page is given
    out, a view of ``product_id`` is counted.
    """
    found = _current.get()
    if found is not None:
        found.parameters, found.product_id = frozenset(parameters), product_id
