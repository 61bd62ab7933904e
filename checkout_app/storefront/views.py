"""Views of the checkout: details, delivery, payment, and the return from the bank."""

import logging
from decimal import Decimal, InvalidOperation
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from oscar.apps.address.abstract_models import AbstractAddress, AbstractUserAddress
from oscar.core.loading import get_class, get_model

from checkout_app.exceptions import (
    BasketGone,
    DeliveryGone,
    GatewayRefused,
    GatewayUnavailable,
    MethodGone,
    NothingOffered,
    TotalChanged,
)
from checkout_app.gateways.interface import Intent
from checkout_app.gateways.registry import is_selling
from checkout_app.gateways.stripe import publishable_key
from checkout_app.models import Capture, Method, PaymentAttempt, State
from checkout_app.payments import begin, cancel, settle
from checkout_app.payments.methods import checked_method, offered_methods
from checkout_app.payments.placement import Submission
from checkout_app.storefront.address_book import fields_of, find_address, find_same, saved_addresses
from checkout_app.storefront.forms import BillingForm, DeliveryForm, ShippingForm
from checkout_app.storefront.refusals import refuse, shortage_text, total_changed_text
from checkout_app.storefront.requests import ShopRequest
from checkout_app.storefront.session import Draft
from checkout_app.storefront.summary import Summary, summary_of_basket, summary_of_order
from commerce.accounts.postal_addresses import keep_address
from commerce.exceptions import OutOfStock
from commerce.models import User
from commerce.money import to_minor
from commerce.order_statuses import CANCELLED

logger = logging.getLogger("vitrine.checkout")

#: https://docs.stripe.com/security/guide#content-security-policy
STRIPE_POLICY = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
}


@method_decorator(never_cache, name="dispatch")
class StepView(View):
    """A step of the checkout. Redirects shoppers with an empty basket or a missing step."""

    request: ShopRequest
    #: Steps that come first: "details", "delivery".
    needs: tuple[str, ...] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.draft = Draft(request)
        is_waiting = self.draft.is_waiting(self.request.basket)
        if is_waiting and not isinstance(self, PaymentView):
            return redirect("checkout:payment-details")
        if not is_waiting and (missing := self.missing_step(self.request)):
            return redirect(missing)
        return super().dispatch(request, *args, **kwargs)

    def missing_step(self, request: ShopRequest) -> str | None:
        """The URL name of the step to complete first, or None."""
        if request.basket.is_empty:
            messages.info(request, _("Your basket is empty. Add something to it to check out."))
            return "basket:summary"
        if "details" in self.needs and not self.draft.has_details:
            return "checkout:shipping-address"
        if "delivery" in self.needs and self.chosen_method() is None:
            return "checkout:shipping-method"
        return None

    def methods(self, address: AbstractAddress | None = None) -> list[Any]:
        """Delivery methods for an address, by default the draft's."""
        return get_class("shipping.repository", "Repository")().get_shipping_methods(
            basket=self.request.basket,
            user=self.request.user,
            shipping_addr=address or self.draft.shipping_address(),
            request=self.request,
        )

    def chosen_method(self, code: str | None = None) -> Any:
        """The chosen delivery method, or None if the address does not allow it."""
        code = code or self.draft.delivery_code
        return next((method for method in self.methods() if method.code == code), None)

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Render a step's template with the draft."""
        context = {"draft": self.draft, **context}
        return render(self.request, f"checkout/{template}.html", context, status=status)


class IndexView(StepView):
    """Entry of the checkout. Guests need not sign in."""

    def get(self, request: ShopRequest) -> HttpResponse:
        return redirect("checkout:shipping-address")


class ShippingAddressView(StepView):
    """Step one: contact and addresses. A saved address takes one click."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.addresses = saved_addresses(request.user)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: ShopRequest) -> HttpResponse:
        chosen = self.chosen_address()
        billing = BillingForm(prefix="billing", initial=self.draft.billing_fields)
        return self.show(self.form(initial=self.initial(chosen)), billing, chosen=chosen)

    def form(self, data: QueryDict | None = None, **kwargs: Any) -> ShippingForm:
        # With saved addresses the fields may stay empty; the server validates them if needed.
        has_saved = bool(self.addresses)
        user = self.request.user
        return ShippingForm(data, user=user, use_required_attribute=not has_saved, **kwargs)

    def chosen_address(self) -> AbstractUserAddress | None:
        """The selected saved address: the requested one, the draft's, or the first."""
        if choice := self.request.GET.get("address"):
            return find_address(self.addresses, choice)
        if self.draft.shipping_fields:
            return find_same(self.addresses, self.draft.shipping_fields)
        return next(iter(self.addresses), None)

    def initial(self, chosen: AbstractUserAddress | None) -> dict[str, Any]:
        """Initial values: this checkout's answers, or the account's name."""
        user, draft = self.request.user, self.draft
        initial: dict[str, Any] = {"email": draft.email, "billing_same": not draft.billing_fields}
        if isinstance(user, User):
            initial |= {"first_name": user.first_name, "last_name": user.last_name}
        if not chosen:
            initial |= draft.shipping_fields
        if country := self.request.GET.get("country"):
            initial["country"] = country
        initial.setdefault("country", settings.DELIVERY_HOME_COUNTRY)
        return initial

    def show(
        self,
        form: ShippingForm,
        billing: BillingForm,
        *,
        chosen: AbstractUserAddress | None = None,
        status: int = 200,
    ) -> HttpResponse:
        country = chosen.country_id if chosen else form["country"].value()
        return self.page(
            "details",
            status=status,
            form=form,
            billing=billing,
            addresses=self.addresses,
            chosen=chosen,
            summary=summary_of_basket(self.request.basket, method=self.likely_method(country)),
        )

    def likely_method(self, country: str) -> Any:
        """The draft's delivery method if the country has it, else its first one, or None."""
        methods = self.methods(get_model("order", "ShippingAddress")(country_id=country))
        wanted = (method for method in methods if method.code == self.draft.delivery_code)
        return next(wanted, None) or next(iter(methods), None)

    def post(self, request: ShopRequest) -> HttpResponse:
        chosen = find_address(self.addresses, request.POST.get("address"))
        if "update" in request.POST:
            return self.show(*self.unchecked_forms(), chosen=chosen)
        data = request.POST.copy()
        for name, value in (fields_of(chosen) if chosen else {}).items():
            data[name] = value
        form = self.form(data)
        is_same = "billing_same" in data
        billing = BillingForm(
            data if not is_same else None, prefix="billing", initial=self.draft.billing_fields
        )
        if not all([form.is_valid(), is_same or billing.is_valid()]):
            return self.show(form, billing, chosen=None if form.errors else chosen, status=422)
        self.draft.set_details(
            email=form.cleaned_data.get("email", ""),
            shipping=form.as_fields(),
            billing=None if is_same else billing.as_fields(),
        )
        if not chosen and form.cleaned_data.get("keep_address"):
            keep_address(request.user, self.draft.shipping_address())
        return redirect("checkout:shipping-method")

    def unchecked_forms(self) -> tuple[ShippingForm, BillingForm]:
        """Both forms with what was typed so far, without error messages."""
        typed = self.request.POST.dict()
        ticks = {name: name in typed for name in ("billing_same", "keep_address")}
        billing = {name.removeprefix("billing-"): value for name, value in typed.items()}
        return self.form(initial=typed | ticks), BillingForm(prefix="billing", initial=billing)


class ShippingMethodView(StepView):
    """Step two: delivery method and date."""

    needs = ("details",)

    def get(self, request: ShopRequest) -> HttpResponse:
        methods = self.methods()
        code = request.GET.get("method") or self.draft.delivery_code
        chosen = self.chosen_method(code) or next(iter(methods), None)
        form = DeliveryForm(methods=methods, initial={"method": chosen.code if chosen else ""})
        return self.show(form, methods, chosen)

    def show(
        self, form: DeliveryForm, methods: list[Any], chosen: Any, status: int = 200
    ) -> HttpResponse:
        basket = self.request.basket
        return self.page(
            "delivery",
            status=status,
            form=form,
            chosen=chosen,
            options=[(method, method.calculate(basket).incl_tax) for method in methods],
            summary=summary_of_basket(basket, method=chosen),
        )

    def post(self, request: ShopRequest) -> HttpResponse:
        methods = self.methods()
        form = DeliveryForm(request.POST, methods=methods)
        if not form.is_valid():
            return self.show(form, methods, None, status=422)
        self.draft.set_delivery(form.cleaned_data["method"])
        return redirect("checkout:payment-details")


class PaymentMethodView(StepView):
    """Redirects Oscar's step for choosing a payment method: the payment page does both."""

    def get(self, request: ShopRequest) -> HttpResponse:
        return redirect("checkout:payment-details")


class PaymentView(StepView):
    """A step that also serves an order that waits for payment."""

    needs = ("details", "delivery")


class PaymentDetailsView(PaymentView):
    """Step three: the Payment Element and the total."""

    @method_decorator(csp_update(STRIPE_POLICY if settings.STRIPE_SECRET_KEY else {}))
    def get(self, request: ShopRequest) -> HttpResponse:
        attempt = self.draft.attempt()
        if attempt and attempt.is_open:
            return self.show(summary_of_order(attempt.order), attempt)
        return self.show(summary_of_basket(request.basket, method=self.chosen_method()), None)

    def show(self, summary: Summary, attempt: PaymentAttempt | None) -> HttpResponse:
        billing = self.draft.billing_address()
        methods = offered_methods(
            total=summary.total, country=billing.country_id if billing else None
        )
        return self.page(
            "payment" if is_selling() else "payment_closed",
            summary=summary,
            attempt=attempt,
            methods=[Method.CARD] if attempt else methods,
            transfer_days=settings.TRANSFER_DAYS,
            is_held=(attempt.capture if attempt else settings.PAYMENT_CAPTURE) == Capture.MANUAL,
            can_save_cards=self.can_save_cards(attempt),
            amount_minor=to_minor(summary.total, summary.currency),
            publishable_key=publishable_key(),
            return_url=self.request.build_absolute_uri(reverse("checkout:return")),
            is_live_element=bool(settings.STRIPE_SECRET_KEY),
        )

    def can_save_cards(self, attempt: PaymentAttempt | None) -> bool:
        """Whether the account's saved cards can pay: not for an order it placed as a guest."""
        user = self.request.user
        if not settings.SAVED_CARDS or not user.is_authenticated:
            return False
        return attempt is None or attempt.order.user_id == user.pk


class PayView(PaymentView):
    """ "Pay": places the order and returns what the browser needs to confirm the payment.

    JSON with ``client_secret`` and ``return_url``; with ``done``, the next page, if nothing is left
    to confirm; or, with status 409 or 503, ``error`` for the shopper and ``href`` to fix it.
    """

    http_method_names = ["post"]

    def missing_step(self, request: ShopRequest) -> str | None:
        attempt = self.draft.attempt()
        if attempt and attempt.state == State.PAID and request.basket.is_empty:
            return None
        return super().missing_step(request)

    def post(self, request: ShopRequest) -> HttpResponse:
        try:
            attempt, intent = self.begin(request)
        except OutOfStock as error:
            return refuse(shortage_text(error), reverse("basket:summary"))
        except TotalChanged as error:
            text = total_changed_text(error, request.basket.currency)
            return refuse(text, reverse("checkout:payment-details"))
        except DeliveryGone:
            text = _(
                "This delivery method is no longer available for your address. Choose another one."
            )
            return refuse(text, reverse("checkout:shipping-method"))
        except NothingOffered:
            text = _("We can’t take payments at the moment. You haven’t been charged.")
            return refuse(text, reverse("checkout:payment-details"), status=503)
        except MethodGone:
            text = _("This payment method isn’t available for your order. Choose another one.")
            return refuse(text, reverse("checkout:payment-details"))
        except BasketGone:
            text = _(
                "This basket was ordered or emptied in another window. You haven’t been charged."
            )
            return refuse(text, reverse("basket:summary"))
        except GatewayUnavailable as error:
            logger.warning("payment could not begin: %s", error)
            text = _(
                "The payment provider isn’t responding. You haven’t been charged. Please try again."
            )
            return refuse(text, reverse("checkout:payment-details"), status=503)
        except GatewayRefused as error:
            logger.error("the gateway refused an order: %s", error)
            text = _("The payment provider refused: %(why)s You haven’t been charged.")
            return refuse(text % {"why": error}, reverse("basket:summary"))
        if attempt.method == Method.TRANSFER:
            self.draft.finish()
            return self.done("checkout:thank-you")
        if intent is None or intent.status in ("succeeded", "requires_capture"):
            return self.done("checkout:return")
        return_url = request.build_absolute_uri(reverse("checkout:return"))
        return JsonResponse({"client_secret": intent.client_secret, "return_url": return_url})

    def done(self, page: str) -> HttpResponse:
        """The response if nothing is left to confirm: JSON for the script, else a redirect."""
        if "application/json" in self.request.headers.get("Accept", ""):
            return JsonResponse({"done": reverse(page)})
        return redirect(page)

    def begin(self, request: ShopRequest) -> tuple[PaymentAttempt, Intent | None]:
        """Resume this browser's open attempt, or begin one for its basket."""
        attempt = self.draft.attempt()
        if attempt and (attempt.is_open or request.basket.is_empty):
            self.draft.remember_attempt(attempt)
            return begin.resume(attempt)
        self.draft.remember_basket(request.basket)
        attempt, intent = begin.begin(self.submission(request))
        self.draft.remember_attempt(attempt)
        return attempt, intent

    def submission(self, request: ShopRequest) -> Submission:
        """The data that the order is placed from. Raises TotalChanged, MethodGone."""
        user = request.user if isinstance(request.user, User) else None
        try:
            shown = Decimal(request.POST.get("total", ""))
        except InvalidOperation:
            raise TotalChanged(None) from None
        if not shown.is_finite():  # "sNaN" is a Decimal that cannot be compared
            raise TotalChanged(None)
        billing = self.draft.billing_address()
        method = checked_method(
            request.POST.get("payment_method", ""),
            total=shown,
            country=billing.country_id if billing else None,
        )
        return Submission(
            payment_method=method,
            basket_id=request.basket.pk,
            shipping_address=self.draft.shipping_address(),
            billing_address=self.draft.billing_address(),
            delivery_code=self.draft.delivery_code,
            total_shown=shown,
            user=user,
            guest_email="" if user else self.draft.email,
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

    Stripe redirects with GET, so this is the only GET that writes. Settling is idempotent.
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
        context = {
            "order": order,
            "attempt": attempt,
            "summary": summary_of_order(order),
            "is_paid": attempt is None or attempt.state in (State.PAID, State.AUTHORISED),
            "is_transfer": attempt is not None
            and attempt.is_open
            and attempt.method == Method.TRANSFER,
            "is_reviewed": attempt is not None and attempt.state == State.REVIEW,
            "refund": attempt.refunds.order_by("pk").last() if attempt else None,
            "is_cancelled": order.status == CANCELLED,
            "password_rules": password_validators_help_text_html(),
        }
        return render(request, "checkout/thank_you.html", context)
