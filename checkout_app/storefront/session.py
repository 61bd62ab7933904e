"""The checkout's draft: the shopper's answers so far, stored in the session."""

from typing import Any

from django.http import HttpRequest
from oscar.apps.address.abstract_models import AbstractAddress
from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt
from commerce.models import User
from commerce.pricing.delivery import is_pickup_method
from commerce.pricing.voucher_terms import Buyer

KEY = "checkout"
#: Session key that Oscar's thank-you page reads too.
ORDER_KEY = "checkout_order_id"


class Draft:
    """The answers of the checkout's steps. Reading never writes the session."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self._data: dict[str, Any] = request.session.get(KEY, {})

    def _save(self, **changes: Any) -> None:
        self._data = {**self._data, **changes}
        self.request.session[KEY] = self._data

    @property
    def email(self) -> str:
        """The buyer's email address: the account's, or the one a guest entered."""
        user = self.request.user
        return user.email if isinstance(user, User) else self._data.get("email", "")

    @property
    def has_details(self) -> bool:
        """Whether the first step is complete."""
        return bool(self.email and self._data.get("shipping"))

    @property
    def delivery_code(self) -> str:
        """The code of the chosen delivery method, or ""."""
        return self._data.get("delivery", "")

    @property
    def shipping_fields(self) -> dict[str, str]:
        """The shipping address as a form's initial data."""
        return self._data.get("shipping", {})

    @property
    def billing_fields(self) -> dict[str, str]:
        """The billing address as a form's initial data; empty if it is the shipping address."""
        return self._data.get("billing") or {}

    @property
    def vat_number(self) -> str:
        """A business's VAT number, checked, or ""."""
        return self._data.get("vat_number", "")

    def set_details(
        self,
        *,
        email: str,
        shipping: dict[str, str],
        billing: dict[str, str] | None,
        vat_number: str = "",
    ) -> None:
        """Store the first step's answers; ``billing`` is None if it is the shipping address."""
        self._save(email=email, shipping=shipping, billing=billing, vat_number=vat_number)

    def set_delivery(self, code: str) -> None:
        """Store the second step's answer."""
        self._save(delivery=code)

    def shipping_address(self) -> AbstractAddress | None:
        """An unsaved ShippingAddress, or None before the first step."""
        return _address("ShippingAddress", self.shipping_fields)

    def billing_address(self) -> AbstractAddress | None:
        """An unsaved BillingAddress, by default with the shipping address's values."""
        return _address("BillingAddress", self.billing_fields or self.shipping_fields)

    def buyer(self, *, delivery_code: str = "", country: str = "", postcode: str = "") -> Buyer:
        """Who buys and where it goes, as far as it is known.

        A delivery method, a country or a postcode that is given is not stored yet.
        """
        address = self.shipping_fields
        if not country:
            country, postcode = address.get("country", ""), address.get("postcode", "")
        is_collected = is_pickup_method(delivery_code or self.delivery_code, country)
        return Buyer(
            self.request.user, self.email, country, postcode, self.vat_number, is_collected
        )

    # --- The order that waits for payment ---------------------------------------------------------

    def remember_basket(self, basket: AbstractBasket) -> None:
        """Save which basket is about to be ordered, before the order is written.

        If the process dies in between, the browser can still find its order.
        """
        self._save(basket=basket.pk)
        self.request.session.save()

    def remember_attempt(self, attempt: PaymentAttempt) -> None:
        """Let this browser pay, change and view the attempt's order."""
        self._save(attempt=attempt.key, basket=attempt.basket_id)
        self.request.session[ORDER_KEY] = attempt.order_id

    def attempt(self) -> PaymentAttempt | None:
        """The last payment attempt of this browser, or None."""
        key, basket = self._data.get("attempt"), self._data.get("basket")
        attempts = PaymentAttempt.objects.select_related("order", "basket")
        known = attempts.filter(key=key).first() if key else None
        if basket and not (known and known.is_open):
            return attempts.filter(open_basket=basket).first() or known
        return known

    def is_waiting(self, basket: AbstractBasket) -> bool:
        """Whether an order of this browser waits for payment.

        If the basket is empty, another tab may have ordered it since this request began, so the
        session and the attempts are read again before the basket is reported as empty.
        """
        attempt = self.attempt()
        if not (attempt and attempt.is_open) and basket.is_empty:
            session = self.request.session
            self._data = type(session)(session.session_key).get(KEY, {})
            attempt = self.attempt()
        return bool(attempt and attempt.is_open)

    def finish(self) -> None:
        """Drop the answers; the order stays known for the thank-you page."""
        self.request.session.pop(KEY, None)

    def order(self) -> AbstractOrder | None:
        """The order that this browser placed last, or None."""
        pk = self.request.session.get(ORDER_KEY)
        return get_model("order", "Order").objects.filter(pk=pk).first() if pk else None


def _address(model: str, fields: dict[str, str]) -> AbstractAddress | None:
    if not fields:
        return None
    address = get_model("order", model)
    columns = {field.name for field in address._meta.concrete_fields}
    # A billing address has no telephone number, but the shipping fields may.
    values = {name: value for name, value in fields.items() if name in columns - {"country"}}
    return address(**values, country_id=fields["country"])
