"""How a view says that its page is the same for everybody."""


def open_page(response, *, parameters=(), product_id=None):
    """Say that the page is the same for everybody without a session.

    ``parameters`` are the names in its address that it knows; with any other it is rendered but not
    kept, or anybody could fill the cache with copies. ``product_id`` is the product whose page it is:
    each time it is given out, that product was looked at.
    """
    response.open_parameters = frozenset(parameters)
    response.shown_product = product_id
    return response


def opted_in(response):
    """The parameters that an opted-in page knows; None for a page that did not opt in."""
    return getattr(response, "open_parameters", None)
