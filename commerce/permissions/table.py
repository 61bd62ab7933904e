"""Who may open a staff page and who may send it something: one table, denied by default.

The rows stand in the modules that ``settings.STAFF_PERMISSION_TABLES`` names, by the name of the URL.
``commerce.permissions.middleware`` asks them before any view under ``/dashboard/`` or ``/admin/`` runs, so a view
that nobody mapped is refused. docs/permissions.md is the same table by role.
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
#: A permission as Django writes it, or a question about the person.
Condition = str | Callable[..., bool]


def enters_dashboard(user: User | AnonymousUser) -> bool:
    """Whether the dashboard is open to this person at all."""
    return user.is_active and user.is_staff


def enters_admin(user: User | AnonymousUser) -> bool:
    """Whether Wagtail's admin is open to this person at all."""
    return user.is_active and user.has_perm(ENTER_ADMIN)


def nobody(user: User | AnonymousUser) -> bool:
    """Nobody, superusers included: the page is not used."""
    return False


#: What each half of the staff's pages asks of everybody, by the beginning of its routes.
AREAS = {"dashboard/": enters_dashboard, "admin/": enters_admin}
STAFF_PATHS = tuple(f"/{start}" for start in AREAS)


@dataclass(frozen=True)
class Access:
    """What one staff page asks for. Each condition of a tuple must hold.

    ``view`` is asked for safe methods; for any other method both ``view`` and ``change`` hold.
    Without ``change`` nothing can be sent to the page.
    """

    view: tuple[Condition, ...] = ()
    change: tuple[Condition, ...] = (nobody,)
    #: Open to everybody, signed in or not: the ways to the one door.
    is_public: bool = False

    def allows(self, user: User | AnonymousUser, method: str) -> bool:
        """Whether this person may ask for the page with this method. The area is not asked here."""
        conditions = self.view if method in SAFE_METHODS else (*self.view, *self.change)
        return all(_holds(condition, user) for condition in conditions)


#: A page that no row names.
DENIED = Access(view=(nobody,))


def _holds(condition: Condition, user: User | AnonymousUser) -> bool:
    if callable(condition):
        return condition(user)
    return user.has_perm(condition)


def any_of(*conditions: Condition) -> Callable[..., bool]:
    """A condition that holds where one of these does."""

    def holds_any(user: User | AnonymousUser) -> bool:
        return any(_holds(condition, user) for condition in conditions)

    return holds_any


def look(*conditions: Condition) -> Access:
    """A page to be read only."""
    return Access(view=conditions)


def send(*conditions: Condition) -> Access:
    """A form, or an address that only takes one: there is no use in reading it without sending it."""
    return Access(view=conditions, change=())


def model_pages(model: str, **pages: str) -> dict[str, Access]:
    """Rows of pages about one model: ``url_name="view" | "add" | "change" | "delete"``.

    ``model`` is ``app_label.model``; underscores in the names are hyphens in the URL's.
    """
    label, _dot, name = model.partition(".")
    rows = {}
    for url_name, action in pages.items():
        reads, wanted = f"{label}.view_{name}", f"{label}.{action}_{name}"
        rows[url_name.replace("_", "-")] = look(reads) if action == "view" else send(reads, wanted)
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
    """What the table calls a page: its name, or its route where it has none."""
    return match.view_name if match.url_name else match.route


def area_of(route: str) -> Callable[..., bool] | None:
    """What the half of the staff's pages that a route belongs to asks for; None outside of both."""
    return next((asks for start, asks in AREAS.items() if route.startswith(start)), None)


def may_open(user: User | AnonymousUser, url_name: str, method: str = "GET") -> bool:
    """Whether a person may ask for the staff page of this name; what templates and menus offer by."""
    area = _areas().get(url_name)
    return bool(area and area(user)) and access_of(url_name).allows(user, method)


def is_allowed(user: User | AnonymousUser, url_name: str, route: str, method: str) -> bool:
    """Whether a person may use a page so; always outside of the staff's pages."""
    area, access = area_of(route), access_of(url_name)
    return area is None or access.is_public or (area(user) and access.allows(user, method))


def may_send(user: User | AnonymousUser, path: str, method: str) -> bool:
    """The same of an address; False where there is no page."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return is_allowed(user, name_of_match(match), match.route, method)


@cache
def _areas() -> dict[str, Callable[..., bool]]:
    """What each staff page asks for by its half of the site, by the page's name."""
    return {name: asks for route, name in staff_urls() if (asks := area_of(route))}


def staff_urls(
    resolver: URLResolver | None = None, prefix: str = "", spaces: tuple = ()
) -> Iterator[tuple[str, str]]:
    """``(route, name)`` of every staff page there is, in the order in which they are looked for."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from staff_urls(pattern, route, inner)
        elif isinstance(pattern, URLPattern) and area_of(route):
            unnamed = route.replace("^", "")  # As a match has it.
            yield route, ":".join((*spaces, pattern.name)) if pattern.name else unnamed


def menu_offers(
    user: User | AnonymousUser, url_name: str | None, url_args: Any = None, url_kwargs: Any = None
) -> bool:
    """What Oscar's menu asks of each of its entries (``OSCAR_DASHBOARD_DEFAULT_ACCESS_FUNCTION``)."""
    return url_name is None or may_open(user, url_name)
