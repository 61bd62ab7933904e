"""Building URLs: absolute ones and query strings."""

from collections.abc import Iterable
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.http import QueryDict

#: Parameters that apply to one product's page only.
OF_ONE_PRODUCT = ("variant", "stars", "sort", "page")
#: A link to the current page without its query: "" keeps the query, "?" leaves a question mark.
PLAIN = "./"


def absolute(url: str) -> str:
    """The URL with ``SITE_URL`` prepended, unless it has a host already.

    Independent of the request's host, so cached pages are the same for everybody.
    """
    if url[:1] == "/" != url[1:2]:  # Most are, and ``urljoin`` is slow.
        return f"{settings.SITE_URL}{url}"
    return urljoin(f"{settings.SITE_URL}/", url)


def with_query(url: str, query: str) -> str:
    """The URL with a query string, if there is one."""
    return f"{url}?{query}" if query else url


def page_of_list(url: str, number: int) -> str:
    """The URL of a page of a list; the first page has no number."""
    return with_query(url, urlencode({"page": number}) if number > 1 else "")


def changed_query(query: str, *, without: Iterable[str] = (), **values: str) -> str:
    """The query string with some parameters removed and others set."""
    parameters = QueryDict(query, mutable=True)
    for name in without:
        parameters.pop(name, None)
    for name, value in values.items():
        parameters[name] = value
    return parameters.urlencode()
