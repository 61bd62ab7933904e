"""Counting the use of offers and vouchers so that no limit is passed under a race.

Oscar reads a counter, adds to it in Python and writes it back, which loses counts.
"""

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.signals import offers_counted


class DiscountUsedUp(Exception):
    """An offer or voucher that the basket had counted on reached its limit; the message says which."""


def lock_vouchers(basket, *, user):
    """Lock the basket's vouchers by key and ask again whether this buyer may use them.

    One that is used up or over and takes nothing off leaves the basket. Raises DiscountGone where somebody else was faster with a voucher that is used up now. Needs
    an open transaction.
    """
    giving = vouchers_giving(basket)
    for voucher in list(basket.vouchers.select_for_update().order_by("pk")):
        is_available, _message = voucher.is_available_to_user(user=user)
        if voucher.is_active() and is_available:
            continue
        if voucher.pk in giving:
            raise DiscountUsedUp(
                _("Voucher %(code)s cannot be used any more.") % {"code": voucher.code}
            )
        # Not counted on by the total that was shown; Oscar would refuse the whole order for it.
        basket.vouchers.remove(voucher)


def vouchers_giving(basket):
    """Keys of the vouchers that take something off a priced basket; one may wait for its minimum."""
    return {row["voucher"].pk for row in basket.offer_applications if row["voucher"]}


def discount_name(discount):
    """What an order's discount is called on every surface: "Voucher CODE", or the offer's name."""
    if discount.voucher_code:
        return _("Voucher %(code)s") % {"code": discount.voucher_code}
    return discount.message or discount.offer_name or ""


def application_name(application):
    """The same for a basket's discount; ``application`` is Oscar's dictionary of it."""
    if voucher := application["voucher"]:
        return _("Voucher %(code)s") % {"code": voucher.code}
    return application["name"]


def count_offer_use(application):
    """Count one order's use of an offer; ``application`` is Oscar's dictionary of it.

    Raises DiscountGone where the offer's limits leave no room. Needs an open transaction.
    """
    offer, uses, amount = application["offer"], application["freq"], application["discount"]
    room = Q(max_global_applications=None) | Q(
        max_global_applications__gte=F("num_applications") + uses
    )
    # Oscar's rule for both: an offer applies until its budget is reached, the last use may pass it.
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
    offers_counted.send(sender=type(offer), offer_ids=[offer.pk])
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


def count_discounts_again(order):
    """Count once more what cancelling gave back: an order that was cancelled is to stand after all.

    Raises DiscountGone where a voucher or an offer has no room any more; the caller's savepoint
    then undoes the rest. Locks vouchers, then offers.
    """
    discounts = list(order.discounts.exclude(offer_id=None).order_by("offer_id"))
    ids = {row.voucher_id for row in discounts if row.voucher_id}
    vouchers = get_model("voucher", "Voucher").objects.select_for_update().filter(pk__in=ids)
    by_id = {voucher.pk: voucher for voucher in vouchers.order_by("pk")}
    offers = get_model("offer", "ConditionalOffer").objects.in_bulk(
        [row.offer_id for row in discounts]
    )
    for voucher in by_id.values():
        # Whether it is over by date does not count: it was not when the order was placed.
        is_available, _message = voucher.is_available_to_user(user=order.user or AnonymousUser())
        if not is_available:
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
