"""Concurrent buyers. Each race has a control: without the guard it must oversell."""

import pytest
from oscar.core.loading import get_model

from checkout_app.exceptions import TotalChanged
from checkout_app.models import PaymentAttempt
from checkout_app.payments import begin, settle
from commerce.exceptions import OutOfStock
from commerce.models import VoucherTerms
from commerce.orders.invariants import broken_invariants
from tests.factories import (
    make_basket,
    make_product,
    make_submission,
    make_voucher,
    pay,
    stockrecord_of,
)

Voucher = get_model("voucher", "Voucher")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def submissions(product, count):
    """One submission for each of ``count`` buyers of one unit."""
    return [make_submission(make_basket((product, 1))) for _buyer in range(count)]


def test_twenty_buyers_of_five_units_make_exactly_five_orders(shop, together):
    cup = make_product("Espresso cup", price="18.00", stock=5)
    queue = submissions(cup, 20)

    results = together(20, lambda i: begin.begin(queue[i]))

    refused = [result for result in results if isinstance(result, OutOfStock)]
    bought = [result for result in results if isinstance(result, tuple)]
    assert (len(bought), len(refused)) == (5, 15), results
    assert stockrecord_of(cup).num_allocated == 5
    assert broken_invariants() == []


def test_control_without_the_condition_oversells(shop, together, stock_unguarded):
    cup = make_product("Espresso cup", price="18.00", stock=5)
    queue = submissions(cup, 20)

    together(20, lambda i: begin.begin(queue[i]))

    assert stockrecord_of(cup).num_allocated > 5
    assert any(line.startswith("I2") for line in broken_invariants())


def test_plenty_of_stock_serves_everybody(shop, together):
    cup = make_product("Espresso cup", price="18.00", stock=100)
    queue = submissions(cup, 12)

    results = together(12, lambda i: begin.begin(queue[i]))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert stockrecord_of(cup).num_allocated == 12


def test_single_use_voucher_is_used_once_by_eight_buyers(shop, together):
    cup = make_product("Espresso cup", price="18.00", stock=50)
    voucher = make_voucher("FIRST", usage=Voucher.SINGLE_USE)
    baskets = [make_basket((cup, 1)) for _buyer in range(8)]
    for basket in baskets:
        basket.vouchers.add(voucher)
    queue = [make_submission(basket, total="20.70") for basket in baskets]

    results = together(8, lambda i: begin.begin(queue[i]))

    assert [type(result).__name__ for result in results].count("tuple") == 1, results
    assert {type(r) for r in results if not isinstance(r, tuple)} == {TotalChanged}
    assert voucher.applications.count() == 1
    assert stockrecord_of(cup).num_allocated == 1
    assert broken_invariants() == []


@pytest.mark.parametrize(
    ("terms", "usage", "is_same", "orders"),
    [
        ({"most_orders": 5}, Voucher.MULTI_USE, False, 5),
        ({"is_for_first_order": True}, Voucher.MULTI_USE, True, 1),
        ({}, Voucher.ONCE_PER_CUSTOMER, True, 1),
    ],
    ids=["total", "first order", "once per customer"],
)
def test_conditions_of_a_voucher_hold_for_simultaneous_buyers(
    shop, together, terms, usage, is_same, orders
):
    cup = make_product("Espresso cup", price="18.00", stock=50)
    voucher = make_voucher("FIRST", usage=usage)
    if terms:
        VoucherTerms.objects.create(voucher=voucher, **terms)
    queue = []
    for number in range(12):
        basket = make_basket((cup, 1))
        basket.vouchers.add(voucher)
        email = f"buyer{0 if is_same else number}@example.com"
        queue.append(make_submission(basket, total="20.70", email=email))

    results = together(12, lambda i: begin.begin(queue[i]))

    assert [type(result).__name__ for result in results].count("tuple") == orders, results
    assert {type(r) for r in results if not isinstance(r, tuple)} == {TotalChanged}
    assert voucher.applications.count() == orders
    assert stockrecord_of(cup).num_allocated == orders
    assert broken_invariants() == []


def test_settling_twelve_times_at_once_charges_and_mails_once(vase, together):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    from commerce.models import OutgoingMail
    from demo_gateway import faults

    with faults.webhooks_held():
        pay(attempt)

    results = together(12, lambda _i: settle.settle(attempt.intent_id))

    assert {getattr(result, "state", result) for result in results} == {"paid"}
    assert PaymentAttempt.objects.get().transactions.count() == 1
    assert OutgoingMail.objects.count() == 1
    assert broken_invariants() == []
