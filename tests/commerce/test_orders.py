"""The order pipeline, and the stock, vouchers and offers that each transition changes."""

import re
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, transaction
from oscar.apps.order.exceptions import InvalidOrderStatus
from oscar.core.loading import get_class, get_model

from checkout_app.payments import begin, settle
from checkout_app.payments.placement import totals_of
from commerce.exceptions import IllegalMove
from commerce.index.listings import line_displays
from commerce.order_statuses import (
    AUTHORISED,
    CANCELLED,
    DELIVERED,
    PACKING,
    PAID,
    PART_SHIPPED,
    PENDING,
    REFUNDED,
    RETURNED,
    SHIPPED,
)
from commerce.orders.invariants import broken_invariants
from commerce.orders.mails import order_status_path
from commerce.orders.order_summary import order_rows, steps_of
from commerce.orders.pipeline import (
    lock_order,
    move_order,
    moves_for_staff,
    new_order_number,
)
from commerce.orders.shipments import ship
from commerce.shop_values.readable_codes import ALPHABET
from tests.factories import (
    ADDRESS,
    make_basket,
    make_paid_order,
    make_submission,
    make_voucher,
    pay,
    set_shop,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db
Order = get_model("order", "Order")


def place(*lines, voucher=None):
    """An order of ``(product, quantity)`` pairs, waiting for payment."""
    basket = make_basket(*lines)
    if voucher:
        basket.vouchers.add(voucher)
    total = totals_for(basket).total.incl_tax
    attempt, _intent = begin.begin(make_submission(basket, total=total))
    return attempt.order


def totals_for(basket):
    """Totals of a guest's basket with standard domestic delivery."""
    address = get_model("order", "ShippingAddress")(**ADDRESS, country_id="GB")
    return totals_of(
        basket, delivery_code="standard", shipping_address=address, user=AnonymousUser()
    )


def test_numbers_are_random_readable_and_different(db):
    numbers = {new_order_number() for _n in range(200)}

    assert len(numbers) == 200
    assert all(re.fullmatch(f"SM-[{ALPHABET}]{{8}}", number) for number in numbers)
    assert not set("01IOL") & set(ALPHABET)


def test_order_number_prefix_is_configurable(settings):
    set_shop(order_number_prefix="")
    settings.ORDER_NUMBER_PREFIX = ""
    assert re.fullmatch(f"[{ALPHABET}]{{8}}", new_order_number())

    set_shop(order_number_prefix="VT-")
    assert new_order_number().startswith("VT-")


def test_number_does_not_reveal_the_basket_key(vase):
    order = place((vase, 1))

    assert str(order.basket_id) != order.number
    assert order.number.startswith("SM-")


def test_complete_life_of_an_order(vase):
    order = place((vase, 1))
    attempt = order.attempts.get()

    pay(attempt)
    settle.settle(attempt.intent_id)
    move_order(order.pk, PACKING)
    ship(order.pk)
    move_order(order.pk, DELIVERED)

    order.refresh_from_db()
    record = stockrecord_of(vase)
    assert order.status == DELIVERED
    assert set(order.lines.values_list("status", flat=True)) == {DELIVERED}
    assert (record.num_in_stock, record.num_allocated) == (0, 0)
    assert [change.new_status for change in order.status_changes.order_by("pk")] == [
        PAID, PACKING, SHIPPED, DELIVERED,
    ]  # fmt: skip
    assert broken_invariants() == []


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        ((), PACKING),
        ((), SHIPPED),
        ((PAID,), SHIPPED),
        ((PAID,), PART_SHIPPED),
        ((PAID,), DELIVERED),
        ((PAID,), RETURNED),
        ((PAID,), PENDING),
        ((AUTHORISED,), REFUNDED),
        ((PAID, PACKING), PAID),
        ((PAID, REFUNDED), CANCELLED),
        ((CANCELLED,), PAID),
    ],
)
def test_illegal_transition_is_refused_and_changes_nothing(vase, way, wrong):
    order = place((vase, 1))
    for status in way:
        move_order(order.pk, status)
    before = stockrecord_of(vase)

    with pytest.raises(IllegalMove):
        move_order(order.pk, wrong)

    order.refresh_from_db()
    after = stockrecord_of(vase)
    assert order.status == (way[-1] if way else PENDING)
    assert (after.num_in_stock, after.num_allocated) == (before.num_in_stock, before.num_allocated)


@pytest.mark.parametrize(
    ("way", "offered"),
    [
        ((), ()),
        ((PAID,), (PACKING, CANCELLED)),
        ((AUTHORISED,), (PACKING, CANCELLED)),
        ((PAID, PACKING), (CANCELLED,)),
        ((PAID, REFUNDED), ()),
    ],
)
def test_staff_are_offered_the_statuses_they_may_set(vase, way, offered):
    order = place((vase, 1))
    for status in way:
        move_order(order.pk, status)
    order.refresh_from_db()

    assert moves_for_staff(order) == offered


def test_refunding_an_unshipped_order_restores_stock_but_not_the_voucher(vase):
    voucher = make_voucher("TEN", percent=10, usage="Single use")
    order = place((vase, 1), voucher=voucher)
    move_order(order.pk, PAID)

    move_order(order.pk, REFUNDED)

    record = stockrecord_of(vase)
    assert (record.num_in_stock, record.num_allocated) == (1, 0)
    assert not voucher.is_available_to_user()[0]


def test_cancelling_twice_restores_once(vase):
    voucher = make_voucher("TEN", percent=10)
    voucher.offers.update(num_orders=5)
    order = place((vase, 1), voucher=voucher)

    move_order(order.pk, CANCELLED)
    move_order(order.pk, CANCELLED)

    assert voucher.offers.get().num_orders == 5


def test_cancelling_restores_stock_voucher_and_offer(vase):
    voucher = make_voucher("TEN", percent=10, usage="Single use")
    offer = voucher.offers.get()
    order = place((vase, 1), voucher=voucher)
    offer.refresh_from_db()
    voucher.refresh_from_db()
    assert (offer.num_orders, offer.total_discount, voucher.num_orders) == (1, Decimal("9.00"), 1)
    assert voucher.applications.count() == 1

    move_order(order.pk, CANCELLED, note="the customer asked")

    offer.refresh_from_db()
    voucher.refresh_from_db()
    assert (offer.num_orders, offer.num_applications, offer.total_discount) == (0, 0, Decimal("0"))
    assert (voucher.num_orders, voucher.total_discount) == (0, Decimal("0"))
    assert voucher.applications.count() == 0
    assert stockrecord_of(vase).num_allocated == 0
    assert order.notes.get().message == "the customer asked"


def test_single_use_voucher_can_be_reused_after_cancelling(vase):
    voucher = make_voucher("TEN", usage="Single use")
    first = place((vase, 1), voucher=voucher)
    assert not voucher.is_available_to_user()[0]

    move_order(first.pk, CANCELLED)

    assert voucher.is_available_to_user()[0]


def test_total_is_lines_minus_discount_plus_delivery(mug):
    child = mug.children.order_by("pk").first()
    order = place((child, 2), voucher=make_voucher("TEN", percent=10))

    assert order.basket_total_incl_tax == Decimal("43.20")
    assert order.shipping_incl_tax == Decimal("4.50")
    assert order.total_incl_tax == Decimal("47.70")
    assert order.total_excl_tax + order.total_tax == order.total_incl_tax
    assert broken_invariants() == []


def test_voucher_does_not_cost_the_free_delivery(vase):
    basket = make_basket((vase, 1))
    basket.vouchers.add(make_voucher("HALF", percent=50))

    totals = totals_for(basket)

    assert (totals.charge.incl_tax, totals.total.incl_tax) == (Decimal("0.00"), Decimal("45.00"))


def test_dashboard_uses_the_same_pipeline(vase):
    order = place((vase, 1))
    handler = get_class("order.processing", "EventHandler")()

    handler.handle_order_status_change(order, CANCELLED, note_msg="by telephone")

    assert order.status == CANCELLED
    assert stockrecord_of(vase).num_allocated == 0
    with pytest.raises(InvalidOrderStatus):
        handler.handle_order_status_change(order, PAID)


def test_steps_show_the_state_of_an_order(vase):
    order = place((vase, 1))
    move_order(order.pk, PAID)
    order.refresh_from_db()

    steps = steps_of(order)

    assert [step.is_done for step in steps] == [True, True, False, False, False]
    assert [str(step.name) for step in steps if step.is_current] == ["Paid"]


def test_steps_of_a_cancelled_order_end_there(vase):
    order = place((vase, 1))
    move_order(order.pk, CANCELLED)
    order.refresh_from_db()

    steps = steps_of(order)

    assert [str(step.name) for step in steps] == ["Ordered", "Cancelled"]
    assert steps[-1].is_stop


def names(order):
    return [str(step.name) for step in steps_of(order)]


def test_steps_of_a_part_shipped_order_say_so(mug, vase):
    order = make_paid_order((vase, 1), (mug.children.first(), 2))
    ship(order.pk, units={order.lines.get(product=vase).pk: 1})
    order.refresh_from_db()

    steps = steps_of(order)

    assert [str(step.name) for step in steps if step.is_current] == ["Partly on its way"]
    assert [str(step.name) for step in steps] == [
        "Ordered", "Paid", "Being packed", "Partly on its way", "On its way", "Delivered",
    ]  # fmt: skip


def test_steps_of_an_authorised_payment(vase):
    order = place((vase, 1))
    move_order(order.pk, AUTHORISED)
    order.refresh_from_db()

    assert names(order) == [
        "Ordered",
        "Payment approved",
        "Being packed",
        "On its way",
        "Delivered",
    ]


def test_steps_of_a_returned_and_refunded_order_end_there(vase):
    order = make_paid_order((vase, 1))
    ship(order.pk)
    for status in (DELIVERED, RETURNED, REFUNDED):
        move_order(order.pk, status)
    order.refresh_from_db()

    assert names(order) == ["Ordered", "Paid", "On its way", "Delivered", "Returned", "Refunded"]
    assert [step.is_current for step in steps_of(order)] == [False] * 5 + [True]


def test_order_pages_show_parcels(client, vase):
    order = make_paid_order((vase, 1))
    ship(order.pk, carrier="dpd", tracking_number="15501")

    page = client.get(order_status_path(order)).content.decode()

    assert 'href="https://track.dpd.co.uk/search?reference=15501"' in page
    assert "On its way" in page


def test_order_shows_a_deleted_product(vase):
    order = place((vase, 1))
    vase.delete()

    item = order_rows([order])[0].items[0]

    assert (item.title, item.url, item.quantity) == ("Moon vase", "", 1)


@pytest.mark.parametrize(
    ("status", "is_expected"), [(PAID, True), (DELIVERED, False), (CANCELLED, False)]
)
def test_parcel_has_an_expected_date_until_delivered(vase, status, is_expected):
    order = place((vase, 1))
    order.status = status

    assert bool(order_rows([order])[0].promise) is is_expected


def test_lines_of_unlisted_products_show_photograph_and_glaze(mug, vase):
    """A discontinued product has no card to take them from."""
    glaze = mug.children.order_by("pk").last()
    before = {pk: look.option for pk, look in line_displays([glaze, vase]).items()}
    mug.is_public = False
    mug.save()

    assert {pk: look.option for pk, look in line_displays([glaze, vase]).items()} == before
    assert before[glaze.pk] == "Slate"


@pytest.mark.django_db(transaction=True)
def test_staff_change_is_retried_after_a_conflict(vase):
    order = make_paid_order((vase, 1))
    handler = get_class("order.processing", "EventHandler")()
    deadlock = OperationalError(1213, "database is locked: deadlock found")
    with transaction.atomic():
        locked = lock_order(order.pk)

    with patch("commerce.orders.pipeline.lock_order", side_effect=[deadlock, locked]) as lock:
        handler.handle_order_status_change(order, PACKING)

    assert lock.call_count == 2
    assert order.status == PACKING
