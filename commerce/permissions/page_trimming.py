"""Removes links and forms from a staff page that the permission table refuses to its reader.

Oscar's dashboard templates show every button to everybody. Instead of overriding each with
conditions, the finished page is searched: cheap if everything on it is allowed, parsed otherwise.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from commerce.models import User
from commerce.permissions.table import area_of, is_allowed, name_of_match

LINK = re.compile(r'<a\b[^>]*\bhref="([^"#][^"]*)"')
FORM = re.compile(r"<form\b[^>]*>", re.IGNORECASE)
#: Links with these classes are removed; others are replaced by their text.
BUTTON_CLASSES = {"btn", "dropdown-item", "nav-link"}
CONTROLS = ["button", "input", "label", "select", "textarea"]


class _AsWritten(HTMLFormatter):
    """Keeps attributes in the order of the template."""

    def attributes(self, tag: Tag) -> Any:
        return tag.attrs.items()


AS_WRITTEN = _AsWritten(
    entity_substitution=EntitySubstitution.substitute_xml,
    void_element_close_prefix="",
    empty_attributes_are_booleans=True,
)


@lru_cache(maxsize=2048)
def staff_page_of(path: str) -> tuple[str, str] | None:
    """``(name, route)`` of the staff page at a path; None if there is none."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return (name_of_match(match), match.route) if area_of(match.route) else None


def is_refused(user: User | AnonymousUser, address: str, method: str, here: str) -> bool:
    """Whether a URL on the page ``here`` leads to a staff page that this user may not use that way."""
    try:
        parts = urlsplit(address)
    except ValueError:  # malformed, such as "http://[x"
        return False
    if parts.scheme or parts.netloc:
        return False
    page = staff_page_of(here if parts.path in ("", ".", "./") else parts.path)
    return page is not None and not is_allowed(user, *page, method)


def trim_refused(request: HttpRequest, response: HttpResponse) -> None:
    """Remove from a dashboard page the links and forms its reader may not use."""
    html = response.content.decode(response.charset)
    if any(_refusals(request.user, html, request.path)):
        response.content = _trimmed(request.user, html, request.path).encode(response.charset)


def _refusals(user: User | AnonymousUser, html: str, here: str) -> Iterator[bool]:
    for address in set(LINK.findall(html)):
        yield is_refused(user, address, "GET", here)
    for tag in set(FORM.findall(html)):
        attributes = dict(re.findall(r'\b(method|action)="([^"]*)"', tag))
        method = attributes.get("method", "get").upper()
        yield is_refused(user, attributes.get("action", ""), method, here)


def _trimmed(user: User | AnonymousUser, html: str, here: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    for form in soup.find_all("form"):
        action, method = str(form.get("action", "")), str(form.get("method", "get")).upper()
        if not form.decomposed and is_refused(user, action, method, here):
            _take_form(form)
    for link in soup.find_all("a", href=True):
        if not link.decomposed and is_refused(user, str(link["href"]), "GET", here):
            table = link.find_parent("table")
            _take_link(link)
            if table is not None:
                _take_empty_columns(table)
    return soup.decode(formatter=AS_WRITTEN)


def _take_form(form: Tag) -> None:
    """Remove a form. If it surrounds a list, keep the list without its checkboxes and buttons."""
    if form.find("table") is None:
        form.decompose()
        return
    for part in [*form.find_all(class_="form-actions"), *form.find_all(CONTROLS)]:
        if not part.decomposed:
            part.decompose()
    form.name, form.attrs = "div", {}
    for table in form.find_all("table"):
        _take_empty_columns(table)


def _take_empty_columns(table: Tag) -> None:
    """Remove columns of a list that are empty without their checkboxes or buttons."""
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
    if not rows or len({len(cells) for cells in rows}) != 1:
        return
    for cells in list(zip(*rows, strict=True)):
        if not any(map(_shows_something, cells)):
            for cell in cells:
                cell.decompose()


def _shows_something(cell: Tag) -> bool:
    heading = cell.find(class_="sr-only", recursive=False) if cell.name == "th" else None
    seen = [part for part in cell.contents if part is not heading and str(part).strip()]
    return bool(seen)


def _take_link(link: Tag) -> None:
    if not BUTTON_CLASSES.intersection(link.get_attribute_list("class")):
        link.unwrap()
        return
    menu = link.find_parent(class_="dropdown-menu")
    link.decompose()
    if menu is not None and menu.find(["a", "button"]) is None:
        # Remove an empty menu with its button.
        (menu.find_parent(class_="dropdown") or menu).decompose()
