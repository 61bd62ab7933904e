"""Placing an order and paying it: the endpoints behind the payment page's buttons."""

import logging
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from checkout_app.exceptions import (
    BasketGone,
    ConsentMissing,
    DeliveryGone,
    GatewayRefused,
    GatewayUnavailable,
    MethodGone,
    NothingOffered,
    OrderChanged,
    TotalChanged,
)
from checkout_app.gateways.interface import Intent
from checkout_app.models import Method, PaymentAttempt, State
from checkout_app.payments import begin, cancel
from checkout_app.payments.methods import checked_method
from checkout_app.payments.placement import Submission, check_resumed
from checkout_app.payments.shown import Shown, unseal
from checkout_app.storefront.confirmation import restore_basket
from checkout_app.storefront.refusals import (
    is_script,
    order_changed_text,
    refuse,
    shortage_text,
    total_changed_text,
)
from checkout_app.storefront.requests import ShopRequest
from checkout_app.storefront.views import PaymentView
from commerce.exceptions import OutOfStock, QuantityRefused, TaxUnavailable
from commerce.models import User

logger = logging.getLogger("vitrine.checkout")


class PayView(PaymentView):
    """The "Pay" button: places the order and returns what the browser needs to confirm the payment.

    JSON with ``client_secret`` and ``return_url``; with ``done``, the next page, if nothing is left
    to confirm; or, with status 409 or 503, ``error`` for the shopper and ``href`` to fix it.
    """

    http_method_names = ["post"]

    def missing_step(self, request: ShopRequest) -> str | None:
        attempt = self.draft.attempt()
        if attempt and attempt.state == State.PAID and request.basket.is_empty:
            return None
        return super().missing_step(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except TaxUnavailable as error:
            logger.error("the tax of an order is unknown: %s", error)
            text = _(
                "We can’t work out the tax for your address at the moment. You haven’t been charged. Please"
                " try again in a few minutes."
            )
            return refuse(self.request, text, "checkout:payment-details", status=503)

    def post(self, request: ShopRequest) -> HttpResponse:
        if self.needs_script(request):
            text = _("Paying by card needs JavaScript. Turn it on, or choose another way to pay.")
            return refuse(request, text, "checkout:payment-details")
        try:
            attempt, intent = self.begin(request)
        except OutOfStock as error:
            return refuse(request, shortage_text(error), "basket:summary")
        except QuantityRefused as error:
            return refuse(request, str(error), "basket:summary")
        except OrderChanged as error:
            text = order_changed_text(error)
            return refuse(request, text, "checkout:payment-details", is_changed=True)
        except TotalChanged as error:
            text = total_changed_text(error, request.basket.currency)
            return refuse(request, text, "checkout:payment-details")
        except DeliveryGone:
            text = _(
                "This delivery method is no longer available for your address. Choose another one."
            )
            return refuse(request, text, "checkout:shipping-method")
        except NothingOffered:
            text = _("We can’t take payments at the moment. You haven’t been charged.")
            return refuse(request, text, "checkout:payment-details", status=503)
        except MethodGone:
            text = _("This payment method isn’t available for your order. Choose another one.")
            return refuse(request, text, "checkout:payment-details")
        except ConsentMissing:
            text = _("Please confirm that we may send your downloads straight away.")
            return refuse(request, text, "checkout:payment-details")
        except BasketGone:
            text = _(
                "This basket was ordered or emptied in another window. You haven’t been charged."
            )
            return refuse(request, text, "basket:summary")
        except GatewayUnavailable as error:
            logger.warning("payment could not begin: %s", error)
            text = _(
                "The payment provider isn’t responding. You haven’t been charged. Please try again."
            )
            return refuse(request, text, "checkout:payment-details", status=503)
        except GatewayRefused as error:
            logger.error("the gateway refused an order: %s", error)
            text = _("The payment provider refused: %(why)s You haven’t been charged.")
            return refuse(request, text % {"why": error}, "basket:summary")
        if attempt.method == Method.TRANSFER:
            self.draft.finish()
            return self.done("checkout:thank-you")
        if intent is None or intent.status in ("succeeded", "requires_capture"):
            return self.done("checkout:return")
        return_url = request.build_absolute_uri(reverse("checkout:return"))
        return JsonResponse({"client_secret": intent.client_secret, "return_url": return_url})

    def done(self, page: str) -> HttpResponse:
        """The response if nothing is left to confirm: JSON for the script, else a redirect."""
        if is_script(self.request):
            return JsonResponse({"done": reverse(page)})
        return redirect(page)

    def begin(self, request: ShopRequest) -> tuple[PaymentAttempt, Intent | None]:
        """Resume this browser's open attempt, or begin one for its basket."""
        attempt = self.draft.attempt()
        if attempt and (attempt.is_open or request.basket.is_empty):
            if attempt.is_open and request.POST.get("attempt") != attempt.key:
                check_resumed(attempt, self.seen(request))
            self.draft.remember_attempt(attempt)
            return begin.resume(attempt)
        self.draft.remember_basket(request.basket)
        attempt, intent = begin.begin(self.submission(request))
        self.draft.remember_attempt(attempt)
        return attempt, intent

    def seen(self, request: ShopRequest) -> Shown:
        """What the page with the button showed.

        Raises TotalChanged if it does not say, and OrderChanged if it showed an order that has ended.
        """
        seen = unseal(request.POST.get("shown", ""))
        if seen is not None:
            return seen
        if request.POST.get("attempt"):
            raise OrderChanged([_("The time to pay for your order has run out.")])
        raise TotalChanged(None)

    def needs_script(self, request: ShopRequest) -> bool:
        """Whether a card would be asked for, by a page without scripts."""
        seen = unseal(request.POST.get("shown", ""))
        is_free = seen is not None and Decimal(seen.total) == 0
        by_card = request.POST.get("payment_method", Method.CARD) == Method.CARD
        return by_card and not is_free and not is_script(request)

    def submission(self, request: ShopRequest) -> Submission:
        """What the order is placed from. Raises TotalChanged, MethodGone."""
        agrees = request.POST.get("download_consent") == "yes"
        user = request.user if isinstance(request.user, User) else None
        seen = self.seen(request)
        total = Decimal(seen.total)
        billing, chosen = self.draft.billing_address(), self.chosen_method()
        method = checked_method(
            request.POST.get("payment_method", ""),
            total=total,
            country=billing.country_id if billing else None,
        )
        return Submission(
            payment_method=method,
            basket_id=request.basket.pk,
            shipping_address=self.draft.shipping_address() if self.is_shipped else None,
            billing_address=billing,
            delivery_code=chosen.code if chosen else "",
            has_consent=agrees,
            total_shown=total,
            shown=seen,
            user=user,
            guest_email="" if user else self.draft.email,
            vat_number=self.draft.vat_number,
        )


class ChangeOrderView(PaymentView):
    """Cancel the order that waits for payment and restore its basket."""

    http_method_names = ["post"]

    def missing_step(self, request: ShopRequest) -> str | None:
        return None if self.draft.attempt() else super().missing_step(request)

    def post(self, request: ShopRequest) -> HttpResponse:
        attempt = self.draft.attempt()
        if attempt is None:  # nothing to cancel; missing_step only checked the basket
            return redirect("basket:summary")
        try:
            attempt = cancel.cancel(attempt, reason="the customer changed the order")
        except GatewayUnavailable:
            messages.error(request, _("The payment provider isn’t responding. Please try again."))
            return redirect("checkout:payment-details")
        except GatewayRefused as error:
            logger.error("order %s cannot be cancelled: %s", attempt.order.number, error)
            messages.error(request, _("The payment provider refused: %(why)s") % {"why": error})
            return redirect("checkout:payment-details")
        if attempt.state != State.RELEASED:
            return redirect("checkout:return")
        restore_basket(request, attempt)
        return redirect("basket:summary")
