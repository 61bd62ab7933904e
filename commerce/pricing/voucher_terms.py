"""Whether a buyer may use a voucher: its dates, usage and conditions. docs/pricing.md, "Vouchers".

An account and an email address are the same customer. A guest's address is known from the checkout's first
step on; until then a code is taken as it comes, and "Pay" checks it again under a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.clock import shop_now
from commerce.models import User
from commerce.order_statuses import CANCELLED
from commerce.taxes.treatments import Destination

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.order.abstract_models import AbstractOrder
    from oscar.apps.voucher.abstract_models import AbstractVoucher


@dataclass(frozen=True)
class Buyer:
    """Who buys, and where it goes, for vouchers and tax.

    ``email``, ``country`` (of delivery, its code) and ``postcode`` are "" as long as they are unknown.
    ``vat_number`` is a business's, checked.
    """

    user: Any = field(default_factory=AnonymousUser)
    email: str = ""
    country: str = ""
    postcode: str = ""
    vat_number: str = ""
    is_collected: bool = False

    @property
    def destination(self) -> Destination:
        """Where it goes, for its tax."""
        return Destination(self.country, self.postcode, self.vat_number, self.is_collected)

    def has_any(self, rows: QuerySet[Any], prefix: str = "") -> bool:
        """Whether some of the orders, or of the rows about orders, are of this customer.

        One query for each index: with OR, databases read the whole table.
        """
        users = {self.user.pk} if isinstance(self.user, User) else set()
        if self.email:
            # Both of them, because older orders have the address as it was typed.
            spellings = {self.email, self.email.lower()}
            users |= set(User.objects.filter(email__in=spellings).values_list("pk", flat=True))
            if rows.filter(**{f"{prefix}guest_email__in": spellings}).exists():
                return True
        return bool(users) and rows.filter(**{f"{prefix}user__in": users}).exists()


BuyerSource = Callable[[HttpRequest], Buyer]
#: The function that tells who buys in a request, registered by the checkout.
_sources: list[BuyerSource] = []


def tells_the_buyer(function: BuyerSource) -> BuyerSource:
    """Register the function that tells who buys in a request."""
    _sources[:] = [function]
    return function


def buyer_in(request: HttpRequest) -> Buyer | None:
    """Who buys, as the checkout knows it so far: a view's own answer, or that of the registered function."""
    known = getattr(request, "buyer", None)
    if known is None and _sources:
        known = _sources[0](request)
    return known


def buyer_of(basket: AbstractBasket, user: Any) -> Buyer:
    """The buyer whom the checkout gave the basket, or what its user says."""
    known = getattr(basket, "buyer", None)
    if known is not None:
        return known  # type: ignore[no-any-return]
    return Buyer(user or AnonymousUser(), getattr(user, "email", "") or "")


def buyer_of_order(order: AbstractOrder) -> Buyer:
    """The buyer of a placed order."""
    country = order.shipping_address.country_id if order.shipping_address else ""
    return Buyer(order.user or AnonymousUser(), order.email or "", country)


def refusal_for(
    voucher: AbstractVoucher, buyer: Buyer, *, ignoring: AbstractOrder | None = None
) -> str:
    """Why this buyer cannot use a voucher, regardless of dates and goods; "" if they can.

    ``ignoring`` is an order that does not count, because it is placed again.
    """
    if voucher.usage == voucher.SINGLE_USE and voucher.applications.exists():
        return _("This voucher has already been used.")
    is_once = voucher.usage == voucher.ONCE_PER_CUSTOMER
    if is_once and buyer.has_any(voucher.applications.all(), "order__"):
        return _("You’ve already used this voucher.")
    terms = getattr(voucher, "terms", None)
    if terms is None:
        return ""
    if terms.most_orders is not None and voucher.num_orders >= terms.most_orders:
        return _("This voucher is used up.")
    if terms.is_for_first_order:
        orders = get_model("order", "Order").objects.exclude(status=CANCELLED)
        if buyer.has_any(orders.exclude(pk=ignoring.pk) if ignoring else orders):
            return _("This voucher is for a first order.")
    countries = {country.pk: str(country) for country in terms.countries.all()}
    if countries and buyer.country and buyer.country not in countries:
        return _("This voucher is for deliveries to %(countries)s.") % {
            "countries": ", ".join(sorted(countries.values()))
        }
    return ""


def refusal_of_dates(voucher: AbstractVoucher) -> str:
    """Why a voucher is not valid now; "" if it is."""
    if voucher.end_datetime < shop_now():
        return _("This voucher has expired.")
    if not voucher.is_active(shop_now()):
        return _("This voucher is not valid yet.")
    return ""
