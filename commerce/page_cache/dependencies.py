"""Dependencies of the page being rendered: cache tags, and the time when it expires.

Functions that read rows declare the tags of these rows. A change invalidates its tags
(``versions.invalidate``), and with them every cached page and memoised value that depends on one.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Dependencies:
    """Tags, and the expiry time (None: none of its own).

    ``parameters`` are the query parameters that a cacheable page reads, None if the view did not
    allow caching. ``product_id`` is set on the page of a product.
    """

    tags: set[str] = field(default_factory=set)
    until: datetime | None = None
    parameters: frozenset[str] | None = None
    product_id: int | None = None


_current: ContextVar[Dependencies | None] = ContextVar("page_dependencies", default=None)


@contextmanager
def collect_dependencies() -> Iterator[Dependencies]:
    """Collect what the block depends on. A nested block does not add to the outer one."""
    dependencies = Dependencies()
    token = _current.set(dependencies)
    try:
        yield dependencies
    finally:
        _current.reset(token)


def depends_on(*tags: str) -> None:
    """Expire the page when one of these tags changes."""
    dependencies = _current.get()
    if dependencies is not None:
        dependencies.tags.update(tags)


def expires_by(moment: datetime | None) -> None:
    """Expire the page at this time at the latest; None has no effect."""
    dependencies = _current.get()
    if dependencies is not None and moment is not None:
        dependencies.until = min(filter(None, (dependencies.until, moment)))


def depends_on_all(other: Dependencies) -> None:
    """Add the dependencies of a nested block."""
    depends_on(*other.tags)
    expires_by(other.until)


def allow_caching(*, parameters: Iterable[str] = (), product_id: int | None = None) -> None:
    """Declare that the page is the same for everybody without a session, so it may be cached.

    ``parameters`` are the query parameters that the page reads. A request with any other parameter
    is rendered but not cached; otherwise anybody could fill the cache with copies. Every response,
    cached or not, counts as a view of ``product_id``.
    """
    dependencies = _current.get()
    if dependencies is not None:
        dependencies.parameters, dependencies.product_id = frozenset(parameters), product_id
