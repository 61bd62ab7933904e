"""The basket of a request, loaded on demand; a GET writes no row."""

import logging
from functools import partial

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Manager, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.basket.middleware import BasketMiddleware as OscarBasketMiddleware
from oscar.apps.basket.middleware import selector
from oscar.core.loading import get_class, get_model

from commerce.basket.units import UNITS_COOKIE, units_in
from commerce.exceptions import TaxUnavailable
from commerce.requests import delete_cookie, read_cookie, set_cookie

logger = logging.getLogger("vitrine.checkout")


class BasketMiddleware(OscarBasketMiddleware):
    """Writes nothing on GET, and preserves the cookie of a basket with a pending payment.

    Oscar deletes it on the next page; when the time to pay ends and the basket reopens, nobody
    would find it.

    State of a request is stored on the request, because Oscar's methods read and pass it there.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Like Oscar's, with one lazy object for the basket; ``basket_hash`` is unused."""
        request.cookies_to_delete = []
        request.strategy = selector.strategy(request=request, user=request.user)
        request._basket_cache = None
        request.basket = waiting = SimpleLazyObject(partial(self.load_basket, request))
        response = self.get_response(request)
        if request.basket is waiting and self.is_untouched(request):
            return response
        return self.process_response(request, response)

    def load_basket(self, request: HttpRequest) -> AbstractBasket:
        """The shopper's basket with offers applied."""
        basket = self.get_basket(request)
        basket.strategy = request.strategy
        self.apply_offers_to_basket(request, basket)
        return basket

    def is_untouched(self, request: HttpRequest) -> bool:
        """Whether the basket was not read, so that its cookies stay as they are."""
        return (
            request._basket_cache is None
            and not request.cookies_to_delete
            and not self.has_lost_session(request)
        )

    def has_lost_session(self, request: HttpRequest) -> bool:
        """Whether the browser signed out, or its session ended, and no basket of a guest is left."""
        return (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and request.session.is_empty()
            and self.get_cookie_key(request) not in request.COOKIES
        )

    def get_basket(self, request: HttpRequest) -> AbstractBasket:
        """Reading a page creates no basket row: the first product saves it."""
        user = getattr(request, "user", None)
        is_new = request._basket_cache is None and user is not None and user.is_authenticated
        has_cookie = self.get_cookie_key(request) in request.COOKIES
        Basket = get_model("basket", "Basket")
        if is_new and not has_cookie and not Basket.open.filter(owner=user).exists():
            request._basket_cache = Basket(owner=user)
        return super().get_basket(request)

    def get_cookie_basket(
        self, cookie_key: str, request: HttpRequest, manager: Manager
    ) -> AbstractBasket | None:
        basket = super().get_cookie_basket(cookie_key, request, manager)
        if basket is None and cookie_key in request.cookies_to_delete:
            request.has_frozen_basket = self.is_frozen(request.COOKIES[cookie_key])
            if request.has_frozen_basket:
                request.cookies_to_delete.remove(cookie_key)
        return basket

    @staticmethod
    def is_frozen(cookie: str) -> bool:
        """Whether a cookie belongs to a basket with a pending payment."""
        Basket = get_model("basket", "Basket")
        try:
            baskets = Basket.objects.filter(pk=Signer().unsign(cookie), owner=None)
        except BadSignature:
            return False
        return baskets.filter(status=Basket.FROZEN).exists()

    def apply_offers_to_basket(self, request: HttpRequest, basket: AbstractBasket) -> None:
        """Read the lines and vouchers once.

        Oscar counts the lines first, and pages read them later.
        """
        if basket.pk and basket.all_lines():
            prefetch_related_objects([basket], "vouchers__terms__countries")
            basket.buyer = basket.strategy.buyer
            get_class("offer.applicator", "Applicator")().apply(basket, request.user, request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer with a page that says so if the tax of an address is unknown: nothing is sold with a guess."""
        if not isinstance(exception, TaxUnavailable):
            return None
        logger.error("The tax provider does not answer: %s", exception)
        return render(request, "tax_unavailable.html", status=503)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        basket = getattr(request, "_basket_cache", None)
        if getattr(request, "has_frozen_basket", False) and basket is not None and basket.id:
            # A newer basket is the browser's now.
            request.cookies_to_delete.append(self.get_cookie_key(request))
        response = super().process_response(request, response)
        if cookie := response.cookies.get(self.get_cookie_key(request)):
            cookie["samesite"] = "Lax"  # Oscar sets it, and deletes it, without.
        if self.has_lost_session(request):  # The account still has the basket.
            delete_cookie(response, UNITS_COOKIE)
        elif basket is not None:
            self.tell_units(request, response)
        return response

    @staticmethod
    def tell_units(request: HttpRequest, response: HttpResponse) -> None:
        """Set the cookie with the number of units, because cached pages do not contain it."""
        units = str(units_in(request))
        if (read_cookie(request, UNITS_COOKIE) or "0") != units:
            seconds = settings.OSCAR_BASKET_COOKIE_LIFETIME
            set_cookie(response, UNITS_COOKIE, units, max_age=seconds, is_readable=True)
