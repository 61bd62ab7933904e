"""Counts the use of offers and vouchers, race-safe, so that no limit is exceeded.

Oscar reads a counter, increments it in Python and writes it back, which loses updates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.index.offer_refresh import refresh_limited_offers
from commerce.models import User
from commerce.pricing.discounts import vouchers_giving
from commerce.pricing.voucher_terms import (
    buyer_of,
    buyer_of_order,
    refusal_for,
    refusal_of_dates,
)

if TYPE_CHECKING:
    from oscar.apps.basket.abstract_models import AbstractBasket
    from oscar.apps.order.abstract_models import AbstractOrder
    from oscar.apps.voucher.abstract_models import AbstractVoucher


class DiscountUsedUp(Exception):
    """An offer or voucher in the basket has reached its limit; the message says which."""


def lock_vouchers(basket: AbstractBasket, *, user: User | AnonymousUser) -> None:
    """Lock the basket's vouchers by key and check again that this buyer may use them.

    A voucher that is no longer valid is removed from the basket if it gave no discount. Raises
    DiscountUsedUp if it did. Needs an open transaction.
    """
    giving, buyer = vouchers_giving(basket), buyer_of(basket, user)
    for voucher in list(basket.vouchers.select_for_update().order_by("pk")):
        reason = refusal_of_dates(voucher) or refusal_for(voucher, buyer)
        if not reason:
            continue
        if voucher.pk in giving:
            text = _("Voucher %(code)s cannot be used any more. %(reason)s")
            raise DiscountUsedUp(text % {"code": voucher.code, "reason": reason})
        # The total shown does not depend on it, but Oscar would refuse the whole order.
        basket.vouchers.remove(voucher)


def count_offer_use(application: Mapping[str, Any]) -> None:
    """Count one order's use of an offer; ``application`` is Oscar's dictionary of it.

    Raises DiscountUsedUp if a limit of the offer is reached. Needs an open transaction.
    """
    offer, uses, amount = application["offer"], application["freq"], application["discount"]
    room = Q(max_global_applications=None) | Q(
        max_global_applications__gte=F("num_applications") + uses
    )
    # As in Oscar, the last use may exceed the budget.
    budget = Q(max_discount=None) | Q(max_discount__gt=F("total_discount"))
    counted = (
        get_model("offer", "ConditionalOffer")
        .objects.filter(room, budget, pk=offer.pk)
        .update(
            num_applications=F("num_applications") + uses,
            num_orders=F("num_orders") + 1,
            total_discount=F("total_discount") + amount,
        )
    )
    if not counted:
        raise DiscountUsedUp(_("The offer “%(name)s” has ended.") % {"name": offer.name})
    refresh_limited_offers([offer.pk])
    if voucher := application.get("voucher"):
        get_model("voucher", "Voucher").objects.filter(pk=voucher.pk).update(
            total_discount=F("total_discount") + amount
        )


def count_voucher_use(
    voucher: AbstractVoucher, *, order: AbstractOrder, user: User | AnonymousUser | None
) -> None:
    """Record that an order used a voucher. The caller holds the lock on the voucher's row."""
    voucher.applications.create(order=order, user=user if user and user.is_authenticated else None)
    get_model("voucher", "Voucher").objects.filter(pk=voucher.pk).update(
        num_orders=F("num_orders") + 1
    )


def count_discounts_again(order: AbstractOrder) -> None:
    """Count the discounts of a cancelled order again when the order is reinstated.

    Raises DiscountUsedUp if a voucher or offer has reached its limit; the caller's savepoint then
    rolls back. Locks vouchers, then offers.
    """
    discounts = list(order.discounts.exclude(offer_id=None).order_by("offer_id"))
    ids = {row.voucher_id for row in discounts if row.voucher_id}
    vouchers = get_model("voucher", "Voucher").objects.select_for_update().filter(pk__in=ids)
    by_id = {voucher.pk: voucher for voucher in vouchers.order_by("pk")}
    offers = get_model("offer", "ConditionalOffer").objects.in_bulk(
        [row.offer_id for row in discounts]
    )
    for voucher in by_id.values():
        # An expired voucher counts: it was valid when the order was placed.
        if refusal_for(voucher, buyer_of_order(order), ignoring=order):
            raise DiscountUsedUp(
                _("Voucher %(code)s cannot be used any more.") % {"code": voucher.code}
            )
        count_voucher_use(voucher, order=order, user=order.user)
    for row in discounts:
        if row.offer_id in offers:
            count_offer_use(
                {
                    "offer": offers[row.offer_id],
                    "freq": row.frequency or 0,
                    "discount": row.amount,
                    "voucher": by_id.get(row.voucher_id),
                }
            )


def release_discounts(order: AbstractOrder) -> None:
    """Undo what placing the order counted: voucher uses, then offer uses and their totals."""
    discounts = list(order.discounts.exclude(offer_id=None).order_by("offer_id"))
    vouchers = get_model("voucher", "Voucher").objects
    applications = get_model("voucher", "VoucherApplication").objects.filter(order=order)
    for voucher_id in applications.order_by("voucher_id").values_list("voucher_id", flat=True):
        given = sum(row.amount for row in discounts if row.voucher_id == voucher_id)
        vouchers.filter(pk=voucher_id).update(
            num_orders=Greatest(F("num_orders") - 1, 0), total_discount=F("total_discount") - given
        )
    applications.delete()
    for discount in discounts:
        get_model("offer", "ConditionalOffer").objects.filter(pk=discount.offer_id).update(
            num_applications=Greatest(F("num_applications") - (discount.frequency or 0), 0),
            num_orders=Greatest(F("num_orders") - 1, 0),
            total_discount=F("total_discount") - discount.amount,
        )
    refresh_limited_offers([discount.offer_id for discount in discounts])
