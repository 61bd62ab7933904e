"""The pages after payment: the return from the bank and the confirmation."""

from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable
from checkout_app.models import Method, PaymentAttempt, State
from checkout_app.payments import settle
from checkout_app.storefront.requests import ShopRequest
from checkout_app.storefront.session import Draft
from checkout_app.storefront.summary import summary_of_order
from commerce.digital.goods import AUTOMATIC
from commerce.digital.summary import digital_goods_of
from commerce.order_statuses import CANCELLED
from commerce.orders.mails import order_status_path
from commerce.orders.provision import units_left


def restore_basket(request: ShopRequest, attempt: PaymentAttempt) -> None:
    """Give the reopened basket back to this browser, merged with its current basket."""
    basket = attempt.basket
    if basket is None or basket.pk == request.basket.pk or basket.status != basket.OPEN:
        return
    if request.user.is_authenticated and basket.owner_id is None:
        # Ordered as a guest, signed in since: without its cookie the owner identifies the basket.
        basket.owner = request.user
        basket.save(update_fields=["owner"])
    basket.strategy = request.strategy
    if not request.basket.is_empty:
        basket.merge(request.basket, add_quantities=False)
    request.basket = basket
    request.cookies_to_delete.append(settings.OSCAR_BASKET_COOKIE_OPEN)


class ReturnView(View):
    """The return from the bank: settle the payment and show the result.

    Stripe redirects with GET, so this GET writes. Settling is idempotent.
    """

    @method_decorator(never_cache)
    def get(self, request: ShopRequest) -> HttpResponse:
        draft = Draft(request)
        attempt = draft.attempt()
        if attempt is None:
            return redirect("checkout:thank-you" if draft.order() else "basket:summary")
        try:
            attempt = self.settled(attempt)
        except (GatewayUnavailable, GatewayRefused):
            return redirect("checkout:thank-you")
        if attempt.is_open and attempt.method == Method.TRANSFER:
            draft.finish()
            return redirect("checkout:thank-you")
        if attempt.state in (State.INTENT, State.ACTION, State.RESERVED):
            text = attempt.last_error or _(
                "Your payment wasn’t completed. You haven’t been charged."
            )
            messages.error(request, text)
            return redirect("checkout:payment-details")
        if attempt.state == State.RELEASED:
            restore_basket(request, attempt)
            text = _("The time to pay has run out. Your items are back in your basket.")
            messages.warning(request, text)
            return redirect("basket:summary")
        draft.finish()
        return redirect("checkout:thank-you")

    @staticmethod
    def settled(attempt: PaymentAttempt) -> PaymentAttempt:
        """The attempt, settled if it is open and has an intent."""
        if attempt.intent_id and attempt.is_open:
            return settle.settle(attempt.intent_id) or attempt
        return attempt


class ThankYouView(View):
    """The confirmation, for the browser that placed the order. The payment may still be pending."""

    @method_decorator(never_cache)
    def get(self, request: ShopRequest) -> HttpResponse:
        order = Draft(request).order()
        if order is None:
            return redirect("basket:summary")
        attempt = order.attempts.order_by("-pk").first()
        is_transfer = attempt is not None and attempt.is_open and attempt.method == Method.TRANSFER
        summary = summary_of_order(order)
        context = {
            "order": order,
            "attempt": attempt,
            # It is sent when the money is there.
            "summary": replace(summary, arrival=None) if is_transfer else summary,
            "is_paid": attempt is None or attempt.state in (State.PAID, State.AUTHORISED),
            "is_transfer": is_transfer,
            "status_path": order_status_path(order),
            "is_reviewed": attempt is not None and attempt.state == State.REVIEW,
            "refund": attempt.refunds.order_by("pk").last() if attempt else None,
            "is_cancelled": order.status == CANCELLED,
            "digital": digital_goods_of(order),
            "is_being_provided": bool(units_left(order, AUTOMATIC)),
            "password_rules": password_validators_help_text_html(),
        }
        return render(request, "checkout/thank_you.html", context)
