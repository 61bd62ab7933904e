"""The permission table: who may open and post to each staff page, denied by default.

The rows are in the modules of ``settings.STAFF_PERMISSION_TABLES``, by URL name.
``commerce.permissions.middleware`` checks them before any view under ``/dashboard/`` or
``/admin/``, so an unlisted view is refused. docs/permissions.md shows the table by role.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import (
    Resolver404,
    ResolverMatch,
    URLPattern,
    URLResolver,
    get_resolver,
    resolve,
)
from django.utils.module_loading import import_string

from commerce.models import User
from commerce.same_origin import SAFE_METHODS

ENTER_ADMIN = "wagtailadmin.access_admin"
#: A Django permission, or a predicate of the user.
Condition = str | Callable[..., bool]


def enters_dashboard(user: User | AnonymousUser) -> bool:
    """Whether this user may enter the dashboard at all."""
    return user.is_active and user.is_staff


def enters_admin(user: User | AnonymousUser) -> bool:
    """Whether this user may enter Wagtail's admin at all."""
    return user.is_active and user.has_perm(ENTER_ADMIN)


def nobody(user: User | AnonymousUser) -> bool:
    """False for everyone, superusers included: the page is not used."""
    return False


#: The condition for each area of staff pages, by the prefix of its routes.
AREAS = {"dashboard/": enters_dashboard, "admin/": enters_admin}
STAFF_PATHS = tuple(f"/{start}" for start in AREAS)


@dataclass(frozen=True)
class Access:
    """The conditions of one staff page; all of a tuple must be true.

    Safe methods need ``view``, other methods ``view`` and ``change``. Without ``change`` nothing
    can be posted to the page.
    """

    view: tuple[Condition, ...] = ()
    change: tuple[Condition, ...] = (nobody,)
    #: Open to everyone, signed in or not: the sign-in pages.
    is_public: bool = False

    def allows(self, user: User | AnonymousUser, method: str) -> bool:
        """Whether this user may request the page with this method. Doesn't check the area."""
        conditions = self.view if method in SAFE_METHODS else (*self.view, *self.change)
        return all(_holds(condition, user) for condition in conditions)


#: A page without a row.
DENIED = Access(view=(nobody,))


def _holds(condition: Condition, user: User | AnonymousUser) -> bool:
    if callable(condition):
        return condition(user)
    return user.has_perm(condition)


def any_of(*conditions: Condition) -> Callable[..., bool]:
    """A condition that is true if any of these is."""

    def holds_any(user: User | AnonymousUser) -> bool:
        return any(_holds(condition, user) for condition in conditions)

    return holds_any


def read_only(*conditions: Condition) -> Access:
    """A read-only page."""
    return Access(view=conditions)


def post_form(*conditions: Condition) -> Access:
    """A form, or a URL that only accepts posts: reading it is useless without posting."""
    return Access(view=conditions, change=())


def model_pages(model: str, **pages: str) -> dict[str, Access]:
    """Rows of pages about one model: ``url_name="view" | "add" | "change" | "delete"``.

    ``model`` is ``app_label.model``; underscores in the names become hyphens in the URL name.
    """
    label, _dot, name = model.partition(".")
    rows = {}
    for url_name, action in pages.items():
        reads, wanted = f"{label}.view_{name}", f"{label}.{action}_{name}"
        rows[url_name.replace("_", "-")] = (
            read_only(reads) if action == "view" else post_form(reads, wanted)
        )
    return rows


@cache
def permission_table() -> dict[str, Access]:
    """All rows, by the URL's name with its namespaces."""
    table: dict[str, Access] = {}
    for path in settings.STAFF_PERMISSION_TABLES:
        rows = import_string(path)
        if twice := table.keys() & rows.keys():
            raise ValueError(f"Two rows for one staff page: {', '.join(sorted(twice))}")
        table.update(rows)
    return table


def access_of(url_name: str) -> Access:
    """The row of a page; DENIED without one."""
    return permission_table().get(url_name, DENIED)


def name_of_match(match: ResolverMatch) -> str:
    """A page's key in the table: its name, or its route without one."""
    return match.view_name if match.url_name else match.route


def area_of(route: str) -> Callable[..., bool] | None:
    """The condition of the area that a route belongs to; None outside staff pages."""
    return next((asks for start, asks in AREAS.items() if route.startswith(start)), None)


def may_open(user: User | AnonymousUser, url_name: str, method: str = "GET") -> bool:
    """Whether a user may request the staff page of this name; used by templates and menus."""
    area = _areas().get(url_name)
    return bool(area and area(user)) and access_of(url_name).allows(user, method)


def is_allowed(user: User | AnonymousUser, url_name: str, route: str, method: str) -> bool:
    """Whether a user may use a page with this method; always true outside staff pages."""
    area, access = area_of(route), access_of(url_name)
    return area is None or access.is_public or (area(user) and access.allows(user, method))


def may_send(user: User | AnonymousUser, path: str, method: str) -> bool:
    """The same for a path; False if there is no page."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return is_allowed(user, name_of_match(match), match.route, method)


@cache
def _areas() -> dict[str, Callable[..., bool]]:
    """The condition of each staff page's area, by the page's name."""
    return {name: area for route, name in staff_urls() if (area := area_of(route))}


def staff_urls(
    resolver: URLResolver | None = None, prefix: str = "", namespaces: tuple = ()
) -> Iterator[tuple[str, str]]:
    """``(route, name)`` of every staff page, in the order of resolution."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from staff_urls(pattern, route, inner)
        elif isinstance(pattern, URLPattern) and area_of(route):
            unnamed = route.replace("^", "")  # As a match has it.
            yield route, ":".join((*namespaces, pattern.name)) if pattern.name else unnamed


def menu_offers(
    user: User | AnonymousUser, url_name: str | None, url_args: Any = None, url_kwargs: Any = None
) -> bool:
    """Whether Oscar's menu shows an entry (``OSCAR_DASHBOARD_DEFAULT_ACCESS_FUNCTION``)."""
    return url_name is None or may_open(user, url_name)
