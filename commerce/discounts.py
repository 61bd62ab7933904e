"""Counting the use of offers and vouchers so that no limit is passed under a race.

Oscar reads a counter, adds to it in Python and writes it back, which loses counts.
"""

from django.db.models import F, Q
from oscar.core.loading import get_model


class DiscountGone(Exception):
    """An offer or voucher that the basket had counted on reached its limit meanwhile."""


def lock_vouchers(basket, *, user):
    """Lock the basket's vouchers by key and ask again whether this buyer may use them.

    Raises DiscountGone where somebody else was faster with a voucher that is used up now. Needs
    an open transaction.
    """
    for voucher in basket.vouchers.select_for_update().order_by("pk"):
        is_available, message = voucher.is_available_to_user(user=user)
        if not voucher.is_active() or not is_available:
            raise DiscountGone(message or voucher.code)


def count_offer_use(application):
    """Count one order's use of an offer; ``application`` is Oscar's dictionary of it.

    Raises DiscountGone where the offer's limits leave no room. Needs an open transaction.
    """
    offer, uses, amount = application["offer"], application["freq"], application["discount"]
    room = Q(max_global_applications=None) | Q(
        max_global_applications__gte=F("num_applications") + uses
    )
    budget = Q(max_discount=None) | Q(max_discount__gte=F("total_discount") + amount)
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
        raise DiscountGone(offer.name)
    if voucher := application.get("voucher"):
        get_model("voucher", "Voucher").objects.filter(pk=voucher.pk).update(
            total_discount=F("total_discount") + amount
        )


def count_voucher_use(voucher, *, order, user):
    """Record that an order used a voucher. The voucher's row must be locked by the caller."""
    voucher.applications.create(order=order, user=user if user and user.is_authenticated else None)
    get_model("voucher", "Voucher").objects.filter(pk=voucher.pk).update(
        num_orders=F("num_orders") + 1
    )
