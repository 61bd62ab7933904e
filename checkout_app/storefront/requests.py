"""The request of a shopper's page, with what commerce's basket middleware adds to it."""

from typing import Any

from django.http import HttpRequest
from oscar.apps.basket.abstract_models import AbstractBasket


class ShopRequest(HttpRequest):
    """For annotations only. ``basket`` is read from the database on first use."""

    basket: AbstractBasket
    strategy: Any
    #: Names of cookies that the middleware deletes with the response.
    cookies_to_delete: list[str]
