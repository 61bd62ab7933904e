"""Places an order exactly once: checks prices, reserves stock, writes the rows. Moves no money."""

import uuid
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sites.models import Site
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.apps.address.abstract_models import AbstractAddress
from oscar.apps.basket.abstract_models import AbstractBasket
from oscar.apps.order.abstract_models import AbstractOrder
from oscar.core.loading import get_class, get_model

from checkout_app.exceptions import (
    BasketGone,
    ConsentMissing,
    DeliveryGone,
    OrderChanged,
    TotalChanged,
)
from checkout_app.models import Capture, Method, PaymentAttempt, PaymentMove, State
from checkout_app.payments.shown import Shown, changes, shown
from commerce.audit.order_history import record_event
from commerce.basket.checks import refusal_of_items, refusal_of_quantity, units_by_product
from commerce.digital.downloads import CONSENT
from commerce.digital.goods import has_downloads
from commerce.exceptions import OutOfStock, QuantityRefused, Shortage
from commerce.models import OrderEvent, OrderPickup, OrderPromise, OrderTax, User
from commerce.order_statuses import PENDING
from commerce.orders.discount_uses import DiscountUsedUp, lock_vouchers
from commerce.orders.pipeline import new_order_number
from commerce.orders.reservations import reserve_stock
from commerce.pricing.delivery import is_pickup_method, promised_arrival
from commerce.pricing.shipping_methods import stored_method
from commerce.pricing.voucher_terms import Buyer
from commerce.stock.availability import is_for_sale, units_to_reserve
from commerce.stock.bundles import shortages_as_ordered
from commerce.stock.history import Cause
from commerce.stock.selling import selling_of
from commerce.transactions import retry_transient


@dataclass(frozen=True)
class Submission:
    """What a shopper submits with "Pay": unsaved addresses, and the total that the page showed.

    Orders of which nothing is sent by post have no shipping address. ``has_consent``: downloads may
    be provided at once, which ends the right of withdrawal (Directive 2011/83/EU, article 16 (m)).
    ``shown`` is all that the page showed; without it only the total is compared.
    """

    basket_id: int
    shipping_address: AbstractAddress | None
    billing_address: AbstractAddress | None
    delivery_code: str
    total_shown: Decimal
    user: User | None = None
    guest_email: str = ""
    payment_method: str = Method.CARD
    has_consent: bool = False
    vat_number: str = ""
    shown: Shown | None = None

    @property
    def buyer(self) -> User | AnonymousUser:
        """The account, or an anonymous user, which Oscar's vouchers require."""
        return self.user or AnonymousUser()

    @property
    def email(self) -> str:
        """The address to which the mails about the order are sent."""
        return self.guest_email or (self.user.email if self.user else "")


@dataclass(frozen=True)
class Totals:
    """A basket priced now, with its delivery method, delivery charge and total."""

    basket: AbstractBasket
    method: Any
    charge: Any
    total: Any


def priced_basket(
    basket: AbstractBasket, *, user: User | AnonymousUser | None, buyer: Buyer | None = None
) -> AbstractBasket:
    """A fresh copy of the basket, with the current prices and offers applied."""
    fresh = get_model("basket", "Basket").objects.get(pk=basket.pk)
    fresh.strategy = get_class("partner.strategy", "Selector")().strategy(user=user)
    fresh.strategy.buyer = fresh.buyer = buyer
    get_class("offer.applicator", "Applicator")().apply(fresh, user, None)
    return fresh


def totals_of(
    basket: AbstractBasket,
    *,
    delivery_code: str,
    shipping_address: AbstractAddress | None,
    user: User | AnonymousUser | None,
    email: str = "",
    vat_number: str = "",
) -> Totals:
    """The basket's current totals. Raises DeliveryGone if the delivery method is not offered."""
    country = shipping_address.country_id if shipping_address else ""
    buyer = Buyer(
        user or AnonymousUser(),
        email or getattr(user, "email", "") or "",
        country,
        (shipping_address.postcode or "") if shipping_address else "",
        vat_number,
        is_pickup_method(delivery_code, country),
    )
    basket = priced_basket(basket, user=user, buyer=buyer)
    methods = get_class("shipping.repository", "Repository")().get_shipping_methods(
        basket=basket, user=user, shipping_addr=shipping_address
    )
    method = next((m for m in methods if m.code == delivery_code), None)
    if method is None:
        raise DeliveryGone
    charge = method.calculate(basket)
    total = get_class("checkout.calculators", "OrderTotalCalculator")().calculate(basket, charge)
    return Totals(basket=basket, method=method, charge=charge, total=total)


@retry_transient
def place_order(submission: Submission, *, at: datetime | None = None) -> PaymentAttempt:
    """Turn a basket into an order that waits for payment; T1 of docs/payments.md.

    One durable transaction: lock the basket; return its open attempt if there is one (a double
    click, a second tab); price it again and compare with the total shown; reserve the stock;
    write the order and the attempt; freeze the basket. Locks basket, stock by key, vouchers,
    offers, in that order.

    Returns a PaymentAttempt. Raises BasketGone, TotalChanged, OrderChanged, DeliveryGone,
    ConsentMissing, OutOfStock, QuantityRefused; nothing is written then.
    """
    at = at or timezone.now()
    with transaction.atomic(durable=True):
        basket = lock_basket(submission.basket_id)
        live = PaymentAttempt.objects.filter(open_basket=basket).select_related("order").first()
        if live:
            check_resumed(live, submission.shown)
            return live
        if basket.status != basket.OPEN or basket.is_empty:
            raise BasketGone
        totals = totals_of(
            basket,
            delivery_code=submission.delivery_code,
            shipping_address=submission.shipping_address or submission.billing_address,
            user=submission.buyer,
            email=submission.email,
            vat_number=submission.vat_number,
        )
        check_for_sale(totals.basket)
        is_download = has_downloads(totals.basket)
        if is_download and not submission.has_consent:
            raise ConsentMissing
        if submission.shown:
            if changed := changes(submission.shown, shown_of(submission, totals)):
                raise OrderChanged(changed)
        elif totals.total.incl_tax != submission.total_shown:
            raise TotalChanged(totals.total.incl_tax)
        number = new_order_number()
        reserve_units(totals.basket, Cause(order=number))
        try:
            lock_vouchers(totals.basket, user=submission.buyer)
            order = _write_order(submission, totals, number)
            if is_download:
                record_consent(order)
        except DiscountUsedUp as error:
            raise TotalChanged(None, reason=str(error)) from error
        attempt = _write_attempt(order, basket, submission, at=at)
        basket.freeze()
    return attempt


def shown_of(submission: Submission, totals: Totals) -> Shown:
    """What the payment page would show now of a submission."""
    return shown(
        totals.basket,
        method=totals.method,
        charge=totals.charge.incl_tax,
        shipping_address=submission.shipping_address,
        billing_address=submission.billing_address,
        email=submission.email,
        tax=totals.total.tax,
        vat_number=submission.vat_number,
    )


def check_resumed(attempt: PaymentAttempt, shown: Shown | None) -> None:
    """Raise OrderChanged if the order of an open attempt is not what was shown with "Pay"."""
    if shown and attempt.shown_digest and attempt.shown_digest != shown.digest:
        text = _("You’ve placed order %(number)s in another window. It is shown here now.")
        raise OrderChanged([text % {"number": attempt.order.number}])


def reserve_units(basket: AbstractBasket, cause: Cause) -> None:
    """Reserve the units of a basket, of bundles those of their parts.

    Raises OutOfStock with the shortages of what the shopper bought, and TotalChanged if the parts of
    a bundle changed before its record was locked.
    """
    lines = list(basket.all_lines())
    own = {line.stockrecord_id for line in lines if line.stockrecord_id}
    try:
        units = units_to_reserve(lines)
        reserve_stock(units, cause, with_lock_of=own)
    except OutOfStock as error:
        raise OutOfStock(shortages_as_ordered(error.items, lines)) from error
    if not own <= units.keys() and units_to_reserve(lines) != units:
        raise TotalChanged(None, reason=_("A set in your basket has changed. Please check it."))


def lock_basket(basket_id: int) -> AbstractBasket:
    """Lock and return the basket, the first lock of every writer. Raises BasketGone."""
    basket = get_model("basket", "Basket").objects.select_for_update().filter(pk=basket_id).first()
    if basket is None:
        raise BasketGone
    return basket


def check_for_sale(basket: AbstractBasket) -> None:
    """Raise OutOfStock for lines whose product is no longer for sale or has no price.

    Raises QuantityRefused if a product is not sold in its quantity, that of all of its lines, or if
    there are more items than an order may contain.
    """
    gone = [
        Shortage(line.product.get_title(), line.quantity, 0)
        for line in basket.all_lines()
        if not (is_for_sale(line.product) and line.purchase_info.price.exists)
    ]
    if gone:
        raise OutOfStock(gone)
    units = units_by_product(basket)
    for line in basket.all_lines():
        if refusal := refusal_of_quantity(selling_of(line.product), units[line.product_id]):
            raise QuantityRefused(f"{line.product.get_title()} {refusal}")
    if refusal := refusal_of_items(basket.num_items):
        raise QuantityRefused(refusal)


def _write_order(submission: Submission, totals: Totals, number: str) -> AbstractOrder:
    """Write the order of a priced basket, with saved copies of the submission's addresses.

    The addresses are copied because ``place_order`` may run again after a rollback: an address with
    the key of the first try would overwrite another row that got this key meanwhile.
    """
    creator = get_class("order.utils", "OrderCreator")()
    shipping_address = copy(submission.shipping_address)
    billing_address = copy(submission.billing_address)
    for address in (shipping_address, billing_address):
        if address is not None:
            address.save()
    order = creator.place_order(
        basket=totals.basket,
        total=totals.total,
        shipping_method=totals.method,
        shipping_charge=totals.charge,
        user=submission.buyer,
        shipping_address=shipping_address,
        billing_address=billing_address,
        order_number=number,
        status=PENDING,
        site=Site.objects.get_current(),
        guest_email=submission.guest_email,
    )
    method = stored_method(totals.method)
    if method and method.is_pickup:
        OrderPickup.objects.create(order=order)
    OrderTax.objects.create(
        order=order,
        territory=totals.basket.strategy.taxes.territory,
        vat_number=submission.vat_number,
    )
    arrival = promised_arrival(totals.method)
    if arrival:
        OrderPromise.objects.create(
            order=order, arrives_from=arrival.first, arrives_until=arrival.last
        )
    return order


def record_consent(order: AbstractOrder) -> None:
    """Record that the buyer asked for the downloads at once."""
    text = _("The customer asked for the downloads at once and gave up the right to withdraw")
    record_event(order, OrderEvent.Kind.OTHER, text, reference=CONSENT)


def time_to_pay(method: str) -> timedelta:
    """How long an order waits for payment: minutes for a card, days for a transfer."""
    if method == Method.TRANSFER:
        return timedelta(days=settings.TRANSFER_DAYS)
    return timedelta(minutes=settings.PAYMENT_EXPIRY_MINUTES)


def _write_attempt(
    order: AbstractOrder, basket: AbstractBasket, submission: Submission, *, at: datetime
) -> PaymentAttempt:
    method = submission.payment_method
    is_held = method == Method.CARD and settings.PAYMENT_CAPTURE == Capture.MANUAL
    attempt = PaymentAttempt.objects.create(
        key=uuid.uuid4().hex,
        order=order,
        basket=basket,
        open_basket=basket,
        open_order=order,
        amount=order.total_incl_tax,
        currency=order.currency,
        method=method,
        capture=Capture.MANUAL if is_held else Capture.AUTOMATIC,
        created_at=at,
        expires_at=at + time_to_pay(method),
        shown_digest=submission.shown.digest if submission.shown else "",
    )
    PaymentMove.objects.create(attempt=attempt, new_state=State.RESERVED, reason="order written")
    return attempt
