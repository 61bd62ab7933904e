"""A product with several stock records sells from one at a time, the same on every page."""

import json
import re
from decimal import Decimal

import pytest
from oscar.core.loading import get_class, get_model

from checkout_app.exceptions import TotalChanged
from checkout_app.payments import begin
from commerce.catalogue.feed import feed_parts
from commerce.catalogue.product_detail import buy_box_for
from commerce.exceptions import OutOfStock
from commerce.index.listings import cards_for, product_url
from commerce.index.refresh import broken_listings, refresh_availability
from commerce.orders.invariants import broken_invariants
from commerce.stock.availability import record_to_sell
from tests.factories import make_basket, make_product, make_submission

pytestmark = pytest.mark.django_db
StockRecord = get_model("partner", "StockRecord")
Partner = get_model("partner", "Partner")


def second_record(product, *, price="30.00", stock=5):
    partner, _new = Partner.objects.get_or_create(name="Warehouse")
    return product.stockrecords.create(
        partner=partner,
        partner_sku=f"W-{product.pk}",
        price=None if price is None else Decimal(price),
        price_currency="GBP",
        num_in_stock=stock,
    )


@pytest.fixture
def bowl(shop):
    """One unit at £20 in the studio, five at £30 in the warehouse."""
    bowl = make_product("Bowl", price="20.00", stock=1)
    second_record(bowl)
    return bowl


def sell_out_the_first(bowl):
    first = bowl.stockrecords.order_by("pk").first()
    first.num_in_stock = 0
    first.save()


def fresh(product):
    return get_model("catalogue", "Product").objects.get(pk=product.pk)


def prices_everywhere(bowl, client):
    """The price of a bowl on each page, by the page's name."""
    page = client.get(product_url(bowl.pk, bowl.slug)).text
    graph = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told = re.search(r'"price": ?"?([\d.]+)', graph[1])[1]
    (card,) = cards_for([bowl.pk])
    strategy = get_class("partner.strategy", "Selector")().strategy()
    basket = make_basket((fresh(bowl), 1))
    json.loads(graph[1])
    return {
        "card": card.quote.price,
        "page": buy_box_for(fresh(bowl)).quote.price,
        "structured data": Decimal(told),
        "feed": Decimal(re.search(r"<g:price>([\d.]+) GBP", "".join(feed_parts()))[1]),
        "strategy": strategy.fetch_for_product(fresh(bowl)).price.incl_tax,
        "basket": basket.all_lines()[0].purchase_info.price.incl_tax,
    }


def test_first_record_with_stock_sells_then_the_second_on_every_page(bowl, client, site_root):
    assert set(prices_everywhere(bowl, client).values()) == {Decimal("20.00")}

    sell_out_the_first(bowl)

    assert set(prices_everywhere(bowl, client).values()) == {Decimal("30.00")}
    assert list(broken_listings()) == []


def test_both_records_sell_one_after_the_other_without_overselling(bowl):
    paid = []
    for _buyer in range(8):
        basket = make_basket()
        try:
            basket.add_product(fresh(bowl), 1)
            attempt, _intent = begin.begin(make_submission(basket))
        except OutOfStock:
            break
        line = attempt.order.lines.get()
        paid.append((line.stockrecord.partner.name, line.unit_price_incl_tax))

    assert paid == [("Studio", Decimal("20.00"))] + [("Warehouse", Decimal("30.00"))] * 5
    assert [record.num_allocated for record in bowl.stockrecords.order_by("pk")] == [1, 5]
    assert broken_invariants() == []


def test_basket_line_moves_to_the_second_record_when_the_first_runs_out(bowl):
    basket = make_basket((fresh(bowl), 1))
    sell_out_the_first(bowl)
    again = get_model("basket", "Basket").objects.get(pk=basket.pk)
    again.strategy = basket.strategy
    again.add_product(fresh(bowl), 1)

    (line,) = again.all_lines()
    assert (line.quantity, line.stockrecord.partner.name) == (2, "Warehouse")
    assert line.purchase_info.price.incl_tax == Decimal("30.00")

    with pytest.raises(TotalChanged):
        begin.begin(make_submission(again, total="44.50"))
    attempt, _intent = begin.begin(make_submission(again))
    assert attempt.order.lines.get().stockrecord.partner.name == "Warehouse"
    assert broken_invariants() == []


def test_one_line_does_not_combine_two_records(bowl):
    basket = make_basket((fresh(bowl), 2))

    with pytest.raises(OutOfStock):
        begin.begin(make_submission(basket))

    assert not StockRecord.objects.exclude(num_allocated=None).exclude(num_allocated=0).exists()


def test_record_without_a_price_does_not_sell(shop):
    cup = make_product("Cup", price="9.00", stock=0)
    second_record(cup, price=None, stock=9)
    third = cup.stockrecords.create(
        partner=Partner.objects.get(name="Studio"), partner_sku="C", price=Decimal("8.00"),
        price_currency="GBP", num_in_stock=1,
    )  # fmt: skip

    assert record_to_sell(cup.stockrecords.all()) == third
    third.delete()
    assert record_to_sell(cup.stockrecords.all()).price == Decimal("9.00")


def test_selling_the_first_record_out_changes_the_card(bowl):
    begin.begin(make_submission(make_basket((fresh(bowl), 1))))
    refresh_availability(list(bowl.stockrecords.values_list("pk", flat=True)))  # as after a commit

    assert cards_for([bowl.pk])[0].quote.price == Decimal("30.00")
    assert list(broken_listings()) == []
