"""Addresses as the rest of the web knows them: absolute, on the one address of the site."""

from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.http import QueryDict

#: Parameters that belong to one product's page and mean nothing on another's.
OF_ONE_PRODUCT = ("variant", "stars", "sort", "page")
#: A link to where the page is, without its query: "" would keep it, "?" would stay in the address.
PLAIN = "./"


def absolute(url):
    """The address with ``SITE_URL`` before it. One that has a host already is left as it is.

    The request's own host plays no part: a page that is stored reads the same for everybody.
    """
    return urljoin(f"{settings.SITE_URL}/", url)


def with_query(url, query):
    """The address with a query string behind it, where there is one."""
    return f"{url}?{query}" if query else url


def page_of_list(url, number):
    """The address of a list's page: the first one has no number."""
    return with_query(url, urlencode({"page": number}) if number > 1 else "")


def changed_query(query, *, without=(), **values):
    """The query string with parameters taken away, and others set."""
    parameters = QueryDict(query, mutable=True)
    for name in without:
        parameters.pop(name, None)
    for name, value in values.items():
        parameters[name] = value
    return parameters.urlencode()
