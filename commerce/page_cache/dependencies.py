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

    ``parameters`` are the (name, value) pairs of the query that the page shows.
    """

    tags: set[str] = field(default_factory=set)
    until: datetime | None = None
    is_allowed: bool = False
    parameters: set[tuple[str, str]] = field(default_factory=set)
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
    if dependencies := _current.get():
        dependencies.tags.update(tags)


def expires_by(moment: datetime | None) -> None:
    """Expire the page at this time at the latest; None has no effect."""
    if (dependencies := _current.get()) and moment is not None:
        dependencies.until = min(filter(None, (dependencies.until, moment)))


def depends_on_all(other: Dependencies) -> None:
    """Add the dependencies of a nested block."""
    depends_on(*other.tags)
    expires_by(other.until)


def understand(parameters: Iterable[tuple[str, object]]) -> None:
    """Declare query parameters, with values, that the page shows. Empty values are ignored.

    A request with any other is not cached; otherwise anybody could fill the cache with copies.
    """
    if dependencies := _current.get():
        dependencies.parameters.update((name, str(value)) for name, value in parameters if value)


def allow_caching(*, product_id: int | None = None) -> None:
    """Declare that the page is the same for everybody without a session, so it may be cached.

    Every response, cached or not, counts as a view of ``product_id``.
    """
    if dependencies := _current.get():
        dependencies.is_allowed, dependencies.product_id = True, product_id
