"""What a shopper has told the checkout so far, kept in the session until the order is placed."""

from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt

KEY = "checkout"
#: Session key that Oscar's thank-you page reads too.
ORDER_KEY = "checkout_order_id"


class Draft:
    """The answers of the checkout's steps. Reading writes nothing."""

    def __init__(self, request):
        self.request = request
        self._data = request.session.get(KEY, {})

    def _save(self, **changes):
        self._data = {**self._data, **changes}
        self.request.session[KEY] = self._data

    @property
    def email(self):
        """The buyer's address: the account's, or what a guest typed."""
        user = self.request.user
        return user.email if user.is_authenticated else self._data.get("email", "")

    @property
    def has_details(self):
        """Whether the first step is done."""
        return bool(self.email and self._data.get("shipping"))

    @property
    def delivery_code(self):
        """The delivery method chosen, or ""."""
        return self._data.get("delivery", "")

    @property
    def shipping_fields(self):
        """The shipping address as a form's initial data."""
        return self._data.get("shipping", {})

    @property
    def billing_fields(self):
        """The billing address as a form's initial data; empty where it is the shipping address."""
        return self._data.get("billing") or {}

    def set_details(self, *, email, shipping, billing):
        """Keep the first step's answers; ``billing`` is None where it is the shipping address."""
        self._save(email=email, shipping=shipping, billing=billing)

    def set_delivery(self, code):
        """Keep the second step's answer."""
        self._save(delivery=code)

    def shipping_address(self):
        """An unsaved ShippingAddress, or None before the first step."""
        return _address("ShippingAddress", self.shipping_fields)

    def billing_address(self):
        """An unsaved BillingAddress; the shipping address's values where nothing else was said."""
        return _address("BillingAddress", self.billing_fields or self.shipping_fields)

    # --- The order that waits for its payment -----------------------------------------------------

    def remember_basket(self, basket):
        """Say, durably, which basket is about to be ordered.

        Written before the order is: a process that dies in between must not leave an order that
        its own browser cannot find.
        """
        self._save(basket=basket.pk)
        self.request.session.save()

    def remember_attempt(self, attempt):
        """This browser may pay, change or look at the attempt's order."""
        self._save(attempt=attempt.key, basket=attempt.basket_id)
        self.request.session[ORDER_KEY] = attempt.order_id

    def attempt(self):
        """The last payment attempt of this browser, or None."""
        key, basket = self._data.get("attempt"), self._data.get("basket")
        attempts = PaymentAttempt.objects.select_related("order", "basket")
        known = attempts.filter(key=key).first() if key else None
        if basket and not (known and known.is_open):
            return attempts.filter(open_basket=basket).first() or known
        return known

    def is_waiting(self):
        """Whether an order of this browser waits for its payment.

        Where the basket is empty, another tab may have ordered it since this request began; so
        session and attempts are asked again before the shopper hears that there is nothing to buy.
        """
        attempt = self.attempt()
        if not (attempt and attempt.is_open) and self.request.basket.is_empty:
            session = self.request.session
            self._data = type(session)(session.session_key).get(KEY, {})
            attempt = self.attempt()
        return bool(attempt and attempt.is_open)

    def finish(self):
        """Forget the answers; the order stays known for the thank-you page."""
        self.request.session.pop(KEY, None)

    def order(self):
        """The order this browser placed last, or None."""
        pk = self.request.session.get(ORDER_KEY)
        return get_model("order", "Order").objects.filter(pk=pk).first() if pk else None


def _address(model, fields):
    if not fields:
        return None
    address = get_model("order", model)
    columns = {field.name for field in address._meta.concrete_fields}
    # A billing address has no telephone; what was typed for shipping may hold one.
    values = {name: value for name, value in fields.items() if name in columns - {"country"}}
    return address(**values, country_id=fields["country"])
