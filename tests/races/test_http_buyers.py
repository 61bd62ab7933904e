"""Fifty simultaneous buyers over HTTP, four worker processes, ten units."""

import threading

import pytest

from commerce.orders.invariants import broken_invariants
from tests.factories import make_product, stockrecord_of
from tests.races.buyer import Buyer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

BUYERS, UNITS = 50, 10


def test_fifty_buyers_of_ten_units_make_ten_orders(shop, served):
    cup = make_product("Espresso cup", price="18.00", stock=UNITS)
    with served(workers=4, threads=2) as site:
        buyers = [Buyer(site.url, number) for number in range(BUYERS)]
        for buyer in buyers:
            buyer.reach_payment(cup)
        barrier = threading.Barrier(BUYERS)

        def run(buyer):
            barrier.wait()
            buyer.pay()

        threads = [threading.Thread(target=run, args=(buyer,)) for buyer in buyers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    statuses = sorted(buyer.answer.status_code for buyer in buyers)
    assert statuses == [200] * UNITS + [409] * (BUYERS - UNITS)
    refusals = {buyer.answer.json()["error"] for buyer in buyers if not buyer.answer.ok}
    assert refusals == {
        "Your basket has changed: Espresso cup is sold out. You haven’t been charged."
    }
    assert stockrecord_of(cup).num_allocated == UNITS
    assert broken_invariants() == []
