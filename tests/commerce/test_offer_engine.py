"""What offers and vouchers take off a basket: counting of units, and the best combination."""

from decimal import Decimal
from itertools import combinations, permutations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from oscar.apps.offer.results import PostOrderAction
from oscar.core.loading import get_class, get_model

from checkout_app.payments import begin
from commerce.pricing import applicator as engine
from commerce.pricing import benefits
from commerce.pricing.discounts import vouchers_giving
from tests.factories import (
    make_basket,
    make_offer,
    make_product,
    make_shop,
    make_submission,
    make_voucher,
)

pytestmark = pytest.mark.django_db
SUMMARY = "/basket/"


def range_of(*products):
    row = get_model("offer", "Range").objects.create(name=" and ".join(p.title for p in products))
    for product in products:
        row.add_product(product)
    return row


def priced(*lines, vouchers=()):
    basket = make_basket(*lines)
    basket.vouchers.add(*vouchers)
    get_class("offer.applicator", "Applicator")().apply(basket, AnonymousUser(), None)
    return basket


def total(*lines, vouchers=()):
    return priced(*lines, vouchers=vouchers).total_incl_tax


@pytest.fixture
def pieces(shop):
    """Four products: A at 34, B at 86, C at 24 and D at 20."""
    prices = {"A": "34.00", "B": "86.00", "C": "24.00", "D": "20.00"}
    return [make_product(title, price=price, stock=100) for title, price in prices.items()]


@pytest.mark.parametrize(
    ("others", "expected"), [((), "199.80"), (("C",), "221.40"), (("C", "D"), "239.40")]
)
def test_line_that_is_used_up_does_not_end_a_percentage(pieces, others, expected):
    plate, teapot, *rest = pieces
    make_offer("Set of four", on=range_of(plate), condition=("Count", 4))
    code = make_voucher("TEN", percent=10, minimum=40)
    lines = [(plate, 4), (teapot, 1), *((one, 1) for one in rest if one.title in others)]

    assert total(*lines, vouchers=[code]) == Decimal(expected)


@pytest.mark.parametrize(
    ("units", "expected"),
    [(2, 40), (3, 40), (5, 80), (6, 80), (9, 120), (12, 160)],
)
def test_three_for_two_repeats(pieces, units, expected):
    make_offer("Three for two", condition=("Count", 3), benefit=("Multibuy", None))

    assert total((pieces[3], units)) == expected


def test_three_for_two_gives_the_cheapest_units(shop):
    cup, jug = (
        make_product("Cup", price="20.00", stock=9),
        make_product("Jug", price="100.00", stock=9),
    )
    make_offer("Three for two", condition=("Count", 3), benefit=("Multibuy", None))

    assert total((cup, 2), (jug, 5)) == 500


def test_gift_with_others_needs_all_of_them_each_time(shop):
    mug, plate = (
        make_product("Mug", price="20.00", stock=9),
        make_product("Plate", price="12.00", stock=9),
    )
    make_offer(
        "A plate for two mugs", on=range_of(mug), off=range_of(plate),
        condition=("Count", 2), benefit=("Multibuy", None),
    )  # fmt: skip

    assert total((mug, 3), (plate, 2)) == 60 + 12
    assert total((mug, 4), (plate, 2)) == 80
    assert total((mug, 4), (plate, 1)) == 80


@pytest.mark.parametrize(
    ("benefit", "most", "units", "expected"),
    [
        (("Absolute", 25), 1, 3, 215),
        (("Absolute", 25), None, 3, 215),
        (("Percentage", 25), 1, 3, 220),
        (("Percentage", 25), 2, 3, 200),
        (("Fixed", 25), 1, 3, 215),
        (("Fixed", 25), 2, 3, 190),
        (("Fixed", 25), None, 3, 165),
        (("Fixed", 100), 2, 3, 80),
    ],
)
def test_most_items_are_a_limit_for_the_basket(shop, benefit, most, units, expected):
    vase = make_product("Vase", price="80.00", stock=9)
    offer = make_offer("Off", benefit=benefit)
    offer.benefit.max_affected_items = most
    offer.benefit.save()

    assert total((vase, units)) == expected


def test_most_items_are_counted_over_all_lines(shop):
    one, two = (
        make_product("One", price="10.00", stock=9),
        make_product("Two", price="20.00", stock=9),
    )
    offer = make_offer("Half price", benefit=("Percentage", 50))
    offer.benefit.max_affected_items = 3
    offer.benefit.save()

    assert total((one, 2), (two, 5)) == 120 - 5 - 5 - 10


@pytest.mark.parametrize(
    ("cups", "jugs", "expected"),
    [(0, 3, 45), (3, 3, 45 + 30), (1, 2, 45), (2, 1, 45), (3, 0, 30), (1, 4, 45 + 40 + 10)],
)
def test_three_for_a_fixed_price_are_the_dearest(shop, cups, jugs, expected):
    cup, jug = (
        make_product("Cup", price="10.00", stock=9),
        make_product("Jug", price="40.00", stock=9),
    )
    make_offer("Three for 45", condition=("Count", 3), benefit=("Fixed price", 45))

    lines = [(product, units) for product, units in ((cup, cups), (jug, jugs)) if units]
    assert total(*lines) == expected


def test_offer_never_takes_more_than_a_line_costs(shop):
    vase = make_product("Vase", price="10.00", stock=9)
    for number in range(2):
        make_offer(f"Off {number}", benefit=("Percentage", 60), exclusive=False)

    basket = priced((vase, 2))

    assert basket.total_incl_tax == 0
    assert sum(row["discount"] for row in basket.offer_applications) == 20


# --- The best combination -----------------------------------------------------------------------------


def test_better_voucher_wins_in_either_order(shop):
    vase = make_product("Vase", price="100.00")
    half, tenth = make_voucher("HALF", percent=50), make_voucher("TENTH", percent=10)

    for vouchers in ((half, tenth), (tenth, half)):
        basket = priced((vase, 1), vouchers=vouchers)
        assert basket.total_incl_tax == 50
        assert [row["voucher"] for row in basket.offer_applications] == [half]


def test_better_voucher_wins_against_a_higher_priority(shop):
    vase = make_product("Vase", price="100.00")
    half = make_voucher("HALF", percent=50)
    make_offer("Always", priority=9)

    assert total((vase, 1), vouchers=[half]) == 50


def test_priority_decides_between_equal_savings(shop):
    vase = make_product("Vase", price="100.00")
    make_offer("First")
    second = make_offer("Second", priority=1)

    (row,) = priced((vase, 1)).offer_applications
    assert row["offer"] == second


def test_offers_of_other_goods_all_apply(pieces):
    for piece in pieces:
        make_offer(piece.title, on=range_of(piece))

    assert total(*((piece, 1) for piece in pieces)) == Decimal("147.60")


def test_offer_that_saves_nothing_now_still_applies(shop, monkeypatch):
    vase = make_product("Vase", price="100.00")
    points = benefits.FixedUnitDiscountBenefit
    monkeypatch.setattr(points, "apply", lambda *args, **kwargs: PostOrderAction("Points"))
    make_offer("Points", benefit=("Fixed", 1))
    make_offer("Sale")

    basket = priced((vase, 1))

    assert basket.total_incl_tax == 90
    assert {row["name"] for row in basket.offer_applications} == {"Points", "Sale"}


def test_voucher_of_an_offer_that_another_gives_is_not_counted(shop):
    vase = make_product("Vase", price="100.00")
    first, second = make_voucher("FIRST"), make_voucher("SECOND")
    second.offers.set(first.offers.all())

    basket = priced((vase, 1), vouchers=[second, first])

    assert basket.total_incl_tax == 90
    assert [row["voucher"] for row in basket.offer_applications] == [first]


def test_codes_that_give_nothing_say_why(client, shop):
    vase = make_product("Vase", price="100.00", stock=9)
    client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 2})
    half, tenth, twin = (
        make_voucher("HALF", percent=50),
        make_voucher("TENTH"),
        make_voucher("TWIN"),
    )
    twin.offers.set(half.offers.all())

    def add(code):
        return client.post(reverse("basket:vouchers-add"), {"code": code})

    add("TENTH")
    page = client.get(add("HALF").url)
    notes = {voucher.code: note for voucher, note in page.context["vouchers"]}
    assert notes == {
        "HALF": "",
        "TENTH": "It can’t be combined with Voucher HALF, which saves you at least as much.",
    }
    assert page.context["basket"].total_incl_tax == 100
    twins = add("TWIN").context["voucher_error"]
    assert twins == "It is the same discount as Voucher HALF, which is in your basket."
    client.post(reverse("basket:vouchers-remove", args=[tenth.pk]))
    refused = add("TENTH").context["voucher_error"]
    assert refused == "It can’t be combined with Voucher HALF, which saves you at least as much."

    make_offer("Sale", benefit=("Percentage", 60))
    notes = {voucher.code: note for voucher, note in client.get(SUMMARY).context["vouchers"]}
    assert notes == {"HALF": "It can’t be combined with Sale, which saves you at least as much."}


# --- Delivery -----------------------------------------------------------------------------------------


def delivered(*lines, vouchers=()):
    """What the basket's goods and standard delivery cost."""
    basket = priced(*lines, vouchers=vouchers)
    methods = get_class("shipping.repository", "Repository")().get_shipping_methods(
        basket, user=AnonymousUser()
    )
    (standard,) = (method for method in methods if method.code == "standard")
    return basket.total_incl_tax + standard.calculate(basket).incl_tax


def test_voucher_never_costs_the_free_delivery(shop):
    vase = make_product("Vase", price="62.00")
    three = make_voucher("THREE")
    benefit = three.offers.get().benefit
    benefit.type, benefit.value = "Absolute", Decimal(3)
    benefit.save()

    assert delivered((vase, 1)) == 62
    assert delivered((vase, 1), vouchers=[three]) == 59


def test_offer_counts_for_free_delivery(shop):
    """Everybody gets it: the price on the card is what is compared."""
    vase = make_product("Vase", price="62.00")
    make_offer("Three off", benefit=("Absolute", 3))

    assert delivered((vase, 1)) == Decimal("63.50")


def test_exclusive_offers_on_goods_leave_delivery_alone(shop):
    vase = make_product("Vase", price="50.00")
    make_offer("Sale", benefit=("Percentage", 10))
    make_offer("Half delivery", condition=("Value", 40), benefit=("Shipping percentage", 50))
    make_offer("Delivery for 3", benefit=("Shipping fixed price", 3))

    assert delivered((vase, 1)) == 45 + Decimal("2.25")


@pytest.mark.parametrize(
    ("percents", "priorities", "expected"),
    [
        ((10, 11, 12, 13, 14), (5, 4, 3, 2, 1), 86),
        ((10, 50, 1, 2, 3), (9, 0, 0, 0, 0), 50),
        ((10, 11, 12, 13, 14), (0, 0, 0, 0, 0), 86),
    ],
)
def test_one_of_many_exclusive_offers_applies_to_a_unit(shop, percents, priorities, expected):
    vase = make_product("Vase", price="100.00")
    for number, (percent, priority) in enumerate(zip(percents, priorities, strict=True)):
        make_offer(f"Offer {number}", benefit=("Percentage", percent), priority=priority)

    basket = priced((vase, 1))

    assert basket.total_incl_tax == expected
    assert len(basket.offer_applications) == 1


def test_many_offers_that_combine_win_against_an_exclusive_one(shop):
    pieces = [make_product(title, price="100.00") for title in "ABC"]
    for piece in pieces:
        row = range_of(piece)
        for number in range(2):
            make_offer(
                f"{piece.title}{number}", on=row, benefit=("Percentage", 12), exclusive=False
            )
    make_offer("All", benefit=("Percentage", 15))

    assert total(*((piece, 1) for piece in pieces)) == 228


def test_order_of_the_basket_does_not_matter(shop):
    a, b, c = (
        make_product(title, price=price, stock=9)
        for title, price in (("A", "20.00"), ("B", "12.00"), ("C", "30.00"))
    )
    make_offer("Two different", condition=("Coverage", 2), benefit=("Multibuy", None))

    assert total((a, 1), (c, 2), (b, 1)) == total((c, 2), (a, 1), (b, 1)) == 60


def test_code_that_takes_nothing_off_is_not_used_up(shop):
    vase = make_product("Vase", price="30.00", stock=9)
    codes = []
    for name in ("A", "B"):
        code = make_voucher(name, usage="Single use")
        offer = code.offers.get()
        offer.exclusive = False
        offer.save()
        offer.benefit.type, offer.benefit.value = "Absolute", Decimal(30)
        offer.benefit.save()
        codes.append(code)

    basket = priced((vase, 1), vouchers=codes)

    assert basket.total_incl_tax == 0
    assert vouchers_giving(basket) == {codes[0].pk}


def test_no_limit_of_items_is_stored_as_0_too(shop):
    vase = make_product("Vase", price="30.00", stock=9)
    offer = make_offer("Tenth")
    offer.benefit.max_affected_items = 0
    offer.benefit.save()

    assert total((vase, 2)) == 54


def test_budget_of_an_offer_ends_it_within_a_basket(shop):
    vase = make_product("Vase", price="100.00", stock=9)
    make_offer("Free", benefit=("Multibuy", None), max_discount=Decimal(150))

    assert total((vase, 5)) == 300


def test_combinations_are_read_once(shop):
    pieces = [make_product(f"P{number}", price="10.00", stock=9) for number in range(8)]
    make_offer("Site", exclusive=False)
    code = make_voucher("CODE")
    code.offers.update(exclusive=False)

    def queries(count):
        basket = make_basket(*((piece, 1) for piece in pieces[:count]))
        basket.vouchers.add(code)
        basket = get_model("basket", "Basket").objects.get(pk=basket.pk)
        basket.strategy = get_class("partner.strategy", "Selector")().strategy()
        with CaptureQueriesContext(connection) as found:
            get_class("offer.applicator", "Applicator")().apply(basket, AnonymousUser(), None)
        return len(found)

    assert queries(2) == queries(8)


def test_only_the_delivery_offer_that_lowers_the_charge_is_used(client, shop):
    vase = make_product("Vase", price="30.00", stock=9)
    make_offer("Half", condition=("Value", 10), benefit=("Shipping percentage", 50))
    fifth = make_offer(
        "Fifth", condition=("Value", 10), benefit=("Shipping percentage", 20),
        max_global_applications=1,
    )  # fmt: skip
    ship = make_voucher("SHIP", usage="Single use")
    offer = ship.offers.get()
    offer.benefit.type, offer.benefit.range, offer.benefit.value = "Shipping percentage", None, 10
    offer.benefit.save()
    client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1})

    refused = client.post(reverse("basket:vouchers-add"), {"code": "SHIP"})
    assert refused.context["voucher_error"] == (
        "Another offer lowers the delivery charge at least as much."
    )
    basket = make_basket((vase, 1))
    basket.vouchers.add(ship)
    attempt, _intent = begin.begin(make_submission(basket, total="32.25"))
    order = attempt.order
    assert (order.shipping_incl_tax, order.shipping_excl_tax) == (Decimal("2.25"), Decimal("1.88"))
    assert [row.amount for row in order.discounts.all()] == [Decimal("2.25")]
    fifth.refresh_from_db()
    ship.refresh_from_db()
    assert (fifth.num_applications, ship.num_orders) == (0, 0)


class AgainstBruteForceTest(TestCase):
    """Two offers and two vouchers over a small catalogue save as much as in the best order of all."""

    RULES = st.tuples(
        st.sampled_from([("Count", 1), ("Count", 2), ("Count", 3), ("Value", 30), ("Coverage", 2)]),
        st.sampled_from(
            [
                ("Percentage", 10), ("Percentage", 35), ("Absolute", 7), ("Fixed", 3),
                ("Multibuy", None), ("Fixed price", 25),
            ]
        ),
        st.sampled_from([None, 1, 2]),
        st.sampled_from(["All", "AB", "BC"]),
        st.booleans(),
        st.sampled_from([0, 0, 1]),
    )  # fmt: skip

    @classmethod
    def setUpTestData(cls):
        make_shop()
        prices = {"A": "10.00", "B": "19.99", "C": "35.00"}
        cls.pieces = [make_product(name, price=price, stock=50) for name, price in prices.items()]
        cls.ranges = {"AB": range_of(*cls.pieces[:2]), "BC": range_of(*cls.pieces[1:]), "All": None}

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        rules=st.lists(RULES, min_size=2, max_size=4),
        units=st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any),
    )
    def test_no_order_saves_more(self, rules, units):
        vouchers = []
        for number, (condition, benefit, most, name, exclusive, priority) in enumerate(rules):
            if benefit[0] == "Fixed price" and condition[0] == "Value":
                continue
            offer = make_offer(
                f"Offer {number}", on=self.ranges[name], condition=condition, benefit=benefit,
                exclusive=exclusive, priority=priority,
            )  # fmt: skip
            offer.benefit.max_affected_items = most if benefit[0] != "Fixed price" else None
            offer.benefit.save()
            if number > 1:
                offer.offer_type = "Voucher"
                offer.save()
                vouchers.append(make_voucher(f"CODE{number}"))
                vouchers[-1].offers.set([offer])

        basket = priced(
            *((piece, n) for piece, n in zip(self.pieces, units, strict=True) if n),
            vouchers=vouchers,
        )
        saved = basket.total_incl_tax_excl_discounts - basket.total_incl_tax

        for row in basket.all_lines():
            assert 0 <= row.discount_value <= row.unit_effective_price * row.quantity
        assert sum(row["discount"] for row in basket.offer_applications) == saved
        assert saved == self.best_of_all(basket)

    @staticmethod
    def best_of_all(basket):
        """The saving of the best of all orders, with a higher priority first, and of all omissions."""
        chosen = get_class("offer.applicator", "Applicator")()
        offers = chosen.get_offers(basket, AnonymousUser(), None)
        offers = engine.with_loaded_ranges(offers, {line.product_id for line in basket.all_lines()})
        limits = {offer.pk: 100 for offer in offers}
        best = Decimal(0)
        for size in range(1, len(offers) + 1):
            for some in combinations(offers, size):
                for order in permutations(some):
                    priorities = [offer.priority for offer in order]
                    if priorities == sorted(priorities, reverse=True):
                        engine._apply(basket, limits, order)
                        saved = sum(line.discount_value for line in basket.all_lines())
                        best = max(best, saved)
        return best
