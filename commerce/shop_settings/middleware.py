"""Renders pages in the shop's language and time zone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from commerce.shop_settings.current import in_the_shops_terms


class ShopTermsMiddleware:
    """Activates the shop's language and time zone. Behind the page cache, which needs neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with in_the_shops_terms():
            return self.get_response(request)
