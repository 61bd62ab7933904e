"""Prices in searches: what is understood, how it combines, and how it is shown."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commerce.catalogue.product_lists import price_label, products_in
from commerce.models import SalePrice
from commerce.search.prices import PriceCondition, price_in
from commerce.search.queries import suggest
from tests.factories import make_product, make_stock, make_variants

UNDER_5 = PriceCondition(high=Decimal(5), has_high=False)
UP_TO_5 = PriceCondition(high=Decimal(5))
OVER_100 = PriceCondition(low=Decimal(100), has_low=False)
FROM_100 = PriceCondition(low=Decimal(100))
FROM_5_TO_10 = PriceCondition(Decimal(5), Decimal(10))


@pytest.mark.parametrize(
    ("query", "condition", "rest"),
    [
        ("gift under 5", UNDER_5, "gift"),
        ("Gift BELOW £5", UNDER_5, "Gift"),
        ("under 5 pounds gift for mum", UNDER_5, "gift for mum"),
        ("Geschenk unter 5 €", UNDER_5, "Geschenk"),
        ("unter 5,00 Euro", UNDER_5, ""),
        ("gift < 5", UNDER_5, "gift"),
        ("gift up to 5", UP_TO_5, "gift"),
        ("max. 5 gift", UP_TO_5, "gift"),
        ("bis zu 5€", UP_TO_5, ""),
        ("höchstens 5 EUR", UP_TO_5, ""),
        ("5 or less", UP_TO_5, ""),
        ("lamp over 100", OVER_100, "lamp"),
        ("Lampe über 100", OVER_100, "Lampe"),
        ("Lampe ueber 100 €", OVER_100, "Lampe"),
        ("more than $100", OVER_100, ""),
        ("from 100", FROM_100, ""),
        ("ab 100 €", FROM_100, ""),
        ("100+", FROM_100, ""),
        ("mindestens 100", FROM_100, ""),
        ("gift 5-10", FROM_5_TO_10, "gift"),
        ("5 – 10 € gift", FROM_5_TO_10, "gift"),
        ("£5 to £10", FROM_5_TO_10, ""),
        ("between 5 and 10 gift", FROM_5_TO_10, "gift"),
        ("zwischen 5 und 10", FROM_5_TO_10, ""),
        ("von 5 bis 10", FROM_5_TO_10, ""),
        ("over 1,000", PriceCondition(low=Decimal(1000), has_low=False), ""),
        ("über 1.000,50 €", PriceCondition(low=Decimal("1000.50"), has_low=False), ""),
    ],
)
def test_prices_are_understood_in_english_and_german(query, condition, rest):
    assert price_in(query) == (condition, rest)


@pytest.mark.parametrize(
    "query",
    ["plate under 30 cm", "set of 6", "over 60s card", "poster 50x70", "HM-350-OAT", "DE-5-10", "2-5-10",
     "5-10 years", "ab 6 Jahren", "10-5", "under", "24/7", "under the sea", "under 0", "12 pencils", "5 - 10 mm"],
)  # fmt: skip
def test_other_numbers_are_no_prices(query):
    assert price_in(query) == (None, query)


@pytest.fixture
def gifts(shop):
    for title, price in (("Gift tag", "0.99"), ("Gift bag", "4.99"), ("Gift box", "5.00"),
                         ("Gift basket", "50.00"), ("Pencil", "0.50")):  # fmt: skip
        make_product(title, price=price)


def titles(query, **options):
    return {card.title for card in products_in(query=query, **options).cards}


@pytest.mark.django_db
def test_limits_are_exact(gifts):
    assert titles("gift under 5") == {"Gift tag", "Gift bag"}
    assert titles("gift up to 5") == {"Gift tag", "Gift bag", "Gift box"}
    assert titles("gift over 5") == {"Gift basket"}
    assert titles("gift from 5") == {"Gift box", "Gift basket"}
    assert titles("gift 1-5") == {"Gift bag", "Gift box"}


@pytest.mark.django_db
def test_price_alone_lists_everything_at_that_price(gifts):
    assert titles("under 1") == {"Gift tag", "Pencil"}


@pytest.mark.django_db
def test_price_follows_a_running_sale(gifts):
    basket = make_product("Gift hamper", price="20.00")
    SalePrice.objects.create(
        stockrecord=basket.stockrecords.get(), price=Decimal("4.00"),
        start=timezone.now() - timedelta(days=1), until=timezone.now() + timedelta(days=1),
    )  # fmt: skip

    assert "Gift hamper" in titles("gift under 5")


@pytest.mark.django_db
def test_price_and_filters_apply_to_one_variant(shop):
    make_variants(
        "Shirt",
        {"Size": ["S", "L"]},
        price=lambda size: "4.00" if size == "S" else "9.00",
        stock=lambda size: 0 if size == "S" else 5,
    )
    in_stock = {"stock": ["in-stock"]}

    assert titles("shirt under 5") == {"Shirt"}
    assert titles("shirt under 5", filters=in_stock) == set()
    assert titles("shirt over 5", filters=in_stock) == {"Shirt"}
    assert [card.quote.price for card in products_in(query="shirt over 5").cards] == [Decimal(9)]


@pytest.mark.django_db
def test_counts_pages_and_orders_follow_the_price(shop):
    for number in range(30):
        make_product(f"Gift {number}", price=f"{number + 1}.00", stock=number % 2)

    found = products_in(query="gift up to 28", sort="price-high", page=2)

    assert (found.total, found.pages, found.page) == (28, 2, 2)
    assert [card.quote.price for card in found.cards] == [4, 3, 2, 1]
    assert [value.count for value in found.facet("stock").values] == [14]


@pytest.mark.django_db
def test_suggestions_respect_the_price(gifts):
    found = suggest("gift under 1")

    assert len(found.titled) == 1
    assert len(suggest("gift").titled) == 4


@pytest.mark.django_db
def test_page_says_what_it_understood_and_lets_the_shopper_undo_it(client, gifts, site_root):
    page = client.get(reverse("search:search"), {"q": "gift under 5", "sort": "newest"})
    html = page.content.decode()

    assert "We understood a price: <strong>Under £5" in html
    assert "?q=gift+under+5&amp;exact=1" in html
    assert 'class="chip" href="?q=gift&amp;sort=newest"' in html
    assert "Gift bag" in html
    assert "Gift basket" not in html


@pytest.mark.django_db
def test_literal_search_understands_no_price(client, gifts, site_root):
    make_product("Gifts for the under 5 crowd", price="80.00")

    html = client.get(
        reverse("search:search"), {"q": "gift under 5", "exact": "1"}
    ).content.decode()

    assert "We understood" not in html
    assert "under 5 crowd" in html
    assert "Gift bag" not in html


@pytest.mark.django_db
def test_price_alone_is_no_search_without_words(client, gifts, site_root):
    html = client.get(reverse("search:search"), {"q": "under 1"}).content.decode()

    assert "couldn’t find a word" not in html
    assert "Pencil" in html
    assert "Gift basket" not in html


@pytest.mark.django_db
def test_nothing_at_the_price_offers_to_remove_it(client, gifts, site_root):
    html = client.get(reverse("search:search"), {"q": "pencil over 10"}).content.decode()

    assert "No product matches all of these filters" in html


@pytest.mark.django_db(transaction=True)
def test_page_with_a_price_is_cached(caching, shop, site_root):
    bag = make_product("Gift bag", price="4.99")
    caching()
    url = f"{reverse('search:search')}?q=gift+under+5"

    first = Client().get(url).content.decode()
    with CaptureQueriesContext(connection) as queries:
        assert Client().get(url).content.decode() == first
    assert len(queries) == 0

    bag.stockrecords.get().delete()
    make_stock(bag, price="6.00", stock=1)

    assert "Gift bag" in first
    assert "Gift bag" not in Client().get(url).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("condition", "label"),
    [
        (UNDER_5, "Under £5"),
        (UP_TO_5, "Up to £5"),
        (OVER_100, "Over £100"),
        (FROM_100, "From £100"),
        (FROM_5_TO_10, "£5 – £10"),
    ],
)
def test_labels(condition, label):
    assert price_label(condition).replace(".00", "") == label
