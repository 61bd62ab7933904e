"""Views of the checkout: details, delivery, payment, and the return from the bank."""

import logging
from decimal import Decimal
from functools import partial
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from oscar.apps.address.abstract_models import AbstractAddress, AbstractUserAddress
from oscar.core.loading import get_class, get_model

from checkout_app.gateways.registry import is_selling
from checkout_app.gateways.stripe import publishable_key
from checkout_app.models import Capture, Method, PaymentAttempt
from checkout_app.payments.methods import is_too_small, offered_methods
from checkout_app.payments.shown import Shown, seal, shown
from checkout_app.storefront.address_book import fields_of, find_address, find_same, saved_addresses
from checkout_app.storefront.forms import BillingForm, DeliveryForm, ShippingForm
from checkout_app.storefront.requests import ShopRequest
from checkout_app.storefront.session import Draft
from checkout_app.storefront.summary import Summary, summary_of_basket, summary_of_order
from commerce.accounts.postal_addresses import save_address
from commerce.actor import signed_in_user
from commerce.addresses.forms import is_update, typed_fields
from commerce.basket.checks import notices_for
from commerce.digital.goods import has_downloads
from commerce.models import User
from commerce.money import to_minor
from commerce.pricing.parcels import parcel_of_basket
from commerce.pricing.voucher_terms import Buyer, refusal_for
from commerce.pricing.vouchers import voucher_notes
from commerce.shop_settings.current import current_shop

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
        request.buyer = self.buyer(request)  # type: ignore[attr-defined]  # before the basket is read
        is_waiting = self.draft.is_waiting(self.request.basket)
        if is_waiting and not isinstance(self, PaymentView):
            return redirect("checkout:payment-details")
        if not is_waiting and (missing := self.missing_step(self.request)):
            return redirect(missing)
        return super().dispatch(request, *args, **kwargs)

    def buyer(self, request: HttpRequest) -> Buyer:
        """Who buys and where it goes: decides vouchers and tax."""
        return self.draft.buyer()

    def missing_step(self, request: ShopRequest) -> str | None:
        """The URL name of the step to complete first, or None."""
        if request.basket.is_empty:
            messages.info(request, _("Your basket is empty. Add something to it to check out."))
            return "basket:summary"
        # A step that writes says itself what is wrong.
        notices = notices_for(request.basket) if request.method == "GET" else []
        blocking = [notice for notice in notices if notice.is_blocking]
        for notice in blocking:
            messages.warning(request, f"{notice.title} {notice.text}")
        if blocking:
            return "basket:summary"
        if "details" in self.needs and not self.draft.has_details:
            return "checkout:shipping-address"
        if "delivery" in self.needs and self.chosen_method() is None:
            return "checkout:shipping-method"
        return None

    @cached_property
    def is_shipped(self) -> bool:
        """Whether anything is sent by post; otherwise there is no step for the delivery."""
        attempt = self.draft.attempt()
        if attempt and attempt.is_open:
            return attempt.order.shipping_address_id is not None
        return parcel_of_basket(self.request.basket).is_shipped

    def methods(self, address: AbstractAddress | None = None) -> list[Any]:
        """Delivery methods for an address, by default the draft's."""
        return get_class("shipping.repository", "Repository")().get_shipping_methods(
            basket=self.request.basket,
            user=self.request.user,
            shipping_addr=address or self.draft.shipping_address(),
            request=self.request,
        )

    def chosen_method(self, code: str | None = None) -> Any:
        """The chosen delivery method, or None if the address does not allow it.

        Without a parcel nobody chooses: it is the first one.
        """
        methods = self.methods()
        if not self.is_shipped:
            return next(iter(methods), None)
        code = code or self.draft.delivery_code
        return next((method for method in methods if method.code == code), None)

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Render a step's template with the draft."""
        context = {
            "draft": self.draft,
            "is_shipped": self.is_shipped,
            # Read only by the steps that show them.
            "vouchers": partial(voucher_notes, self.request.basket, user=self.request.user),
            "typed_code": self.request.GET.get("code", "")[:128],
            "step": self.request.resolver_match.url_name if self.request.resolver_match else "",
            **context,
        }
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

    def buyer(self, request: HttpRequest) -> Buyer:
        """The summary follows the address that is being chosen."""
        sent = request.POST or request.GET
        if chosen := find_address(self.addresses, sent.get("address")):
            return self.draft.buyer(country=chosen.country_id, postcode=chosen.postcode or "")
        country = sent.get("country", "")
        return self.draft.buyer(country=country[:2].upper(), postcode=sent.get("postcode", ""))

    def get(self, request: ShopRequest) -> HttpResponse:
        chosen = self.chosen_address()
        billing = BillingForm(prefix="billing", initial=self.draft.billing_fields)
        return self.show(self.form(initial=self.initial(chosen)), billing, chosen=chosen)

    def form(self, data: QueryDict | None = None, **kwargs: Any) -> ShippingForm:
        # With saved addresses the fields may stay empty; the server validates them if needed.
        has_saved = bool(self.addresses)
        user = self.request.user
        return ShippingForm(
            data,
            user=user,
            is_shipped=self.is_shipped,
            use_required_attribute=not has_saved,
            **kwargs,
        )

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
        initial["vat_number"] = draft.vat_number
        if country := self.request.GET.get("country"):
            initial["country"] = country
        initial.setdefault("country", current_shop().country)
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
        if is_update(request.POST) or is_update(request.POST, prefix="billing-"):
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
            vat_number=form.cleaned_data["vat_number"],
        )
        self.name_refused_vouchers(request)
        if not chosen and form.cleaned_data.get("keep_address"):
            save_address(signed_in_user(request), self.draft.shipping_address())
        return redirect("checkout:shipping-method")

    def name_refused_vouchers(self, request: ShopRequest) -> None:
        """Say which vouchers this customer cannot use, now that the address is known."""
        for voucher in request.basket.vouchers.all() if request.basket.pk else ():
            if reason := refusal_for(voucher, self.draft.buyer()):
                text = _("Voucher %(code)s gives no discount. %(reason)s")
                messages.warning(request, text % {"code": voucher.code, "reason": reason})

    def unchecked_forms(self) -> tuple[ShippingForm, BillingForm]:
        """Both forms with what was typed so far, without error messages."""
        data = self.request.POST
        others: dict[str, Any] = {name: name in data for name in ("billing_same", "keep_address")}
        others["vat_number"] = data.get("vat_number", "")
        billing = BillingForm(prefix="billing", initial=typed_fields(data, prefix="billing-"))
        return self.form(initial=typed_fields(data) | others), billing


class ShippingMethodView(StepView):
    """Step two: delivery method and date."""

    needs = ("details",)

    def missing_step(self, request: ShopRequest) -> str | None:
        missing = super().missing_step(request)
        return missing or (None if self.is_shipped else "checkout:payment-details")

    def buyer(self, request: HttpRequest) -> Buyer:
        """The summary follows the method that is being chosen: what is collected is sold in the shop."""
        sent = request.POST or request.GET
        return self.draft.buyer(delivery_code=sent.get("method", ""))

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
        method = self.chosen_method()
        summary = summary_of_basket(request.basket, method=method)
        return self.show(summary, None, sealed=seal(self.shown(method, summary)))

    def shown(self, method: Any, summary: Summary) -> Shown:
        """What the page shows, to be compared when "Pay" is pressed."""
        return shown(
            self.request.basket,
            method=method,
            charge=summary.delivery or Decimal("0.00"),
            shipping_address=self.draft.shipping_address() if self.is_shipped else None,
            billing_address=self.draft.billing_address(),
            email=self.draft.email,
            tax=summary.tax,
            vat_number=self.draft.vat_number,
        )

    def show(
        self, summary: Summary, attempt: PaymentAttempt | None, *, sealed: str = ""
    ) -> HttpResponse:
        billing = self.draft.billing_address()
        methods = offered_methods(
            total=summary.total, country=billing.country_id if billing else None
        )
        asks_for_consent = not attempt and has_downloads(self.request.basket)
        return self.page(
            "payment" if is_selling() and (methods or attempt) else "payment_closed",
            is_too_small=is_selling() and is_too_small(summary.total),
            summary=summary,
            attempt=attempt,
            shown=sealed,
            methods=[Method.CARD] if attempt else methods,
            asks_for_consent=asks_for_consent,
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
