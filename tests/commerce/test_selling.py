"""How products are sold: quantities, before stock arrives, and by the litre."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.payments.placement import check_for_sale
from commerce.basket.checks import notices_for
from commerce.basket.lines import lines_of
from commerce.catalogue.alert_mails import units_to_sell
from commerce.catalogue.feed import feed_parts
from commerce.catalogue.product_detail import buy_box_for
from commerce.catalogue.product_lists import products_in
from commerce.clock import shop_time
from commerce.exceptions import DispatchRefused, OutOfStock, QuantityRefused
from commerce.index.listings import cards_for
from commerce.index.refresh import (
    broken_listings,
    refresh_availability,
    refresh_available_products,
    refresh_listings,
)
from commerce.models import ProductDetails
from commerce.orders.invariants import stock_is_never_oversold
from commerce.orders.reservations import reserve_stock
from commerce.orders.shipments import ship
from commerce.pricing.parcels import parcel_of, parcel_of_basket
from commerce.pricing.unit_prices import unit_price
from commerce.stock.availability import availability_of
from commerce.stock.selling import Selling, selling_of
from tests.crawler import Crawled, offers_of
from tests.factories import (
    make_paid_order,
    make_product,
    make_user,
    make_variants,
    put_category,
    set_shop,
    stockrecord_of,
    variant_of,
)
from tests.product_form import form_of

pytestmark = pytest.mark.django_db


def detail(product, **fields):
    details = ProductDetails(product=product, **fields)
    details.full_clean()
    details.save()
    return details


def add(client, product, quantity):
    response = client.post(
        reverse("basket:add", args=[product.pk]), {"quantity": quantity}, follow=True
    )
    return response.content.decode()


def units_in_basket(client):
    return client.get("/basket/").context["basket"].num_items


@pytest.fixture
def tile(shop):
    """Sold from 12, in steps of 6, at most 48 an order."""
    product = make_product("Tile", price="2.00", stock=500)
    detail(product, min_quantity=10, step_quantity=6, max_quantity=48)
    return product


# --- Quantities -----------------------------------------------------------------------------------


def test_page_offers_the_least_quantity_in_its_steps(client, tile):
    field = Crawled(client.get(tile.get_absolute_url())).soup.select_one(
        ".buy-box--page .quantity input"
    )

    assert [field[name] for name in ("value", "min", "step", "max")] == ["12", "12", "6", "48"]


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        (6, "Tile is sold in multiples of 6, at least 12. Try 12."),
        (20, "Try 18."),
        (54, "One order can contain at most 48 of this product."),
    ],
)
def test_other_quantities_are_refused_with_one_that_is_possible(client, tile, quantity, sentence):
    assert sentence in add(client, tile, quantity)
    assert units_in_basket(client) == 0


def test_quantities_in_the_basket_add_up(client, tile):
    add(client, tile, 12)
    add(client, tile, 6)
    assert units_in_basket(client) == 18

    assert "You have 18 in your basket already." in add(client, tile, 36)


def test_fewer_in_stock_than_the_least_order_are_sold_out(client, tile, site_root):
    record = stockrecord_of(tile)
    record.num_in_stock = 13
    record.save()
    refresh_listings([tile.pk])
    assert cards_for([tile.pk])[0].availability == "in_stock"

    record.num_in_stock = 11
    record.save()
    refresh_availability([record.pk])

    assert cards_for([tile.pk])[0].availability == "sold_out"
    assert availability_of(stockrecord_of(tile)) == "sold_out"
    assert units_to_sell(tile) == 0
    page = Crawled(client.get(tile.get_absolute_url()))
    assert "Sold out" in page.text(".buy-box--page")
    assert list(broken_listings()) == []


def test_lower_quantity_in_the_basket_follows_the_steps(client, tile):
    add(client, tile, 18)
    line = client.get("/basket/").context["basket"].all_lines().get()
    url = reverse("basket:summary")

    page = client.post(url, {f"line-{line.pk}-quantity": 13}, follow=True).content.decode()
    assert "Try 12." in page
    assert units_in_basket(client) == 18

    client.post(url, {f"line-{line.pk}-quantity": 12})
    assert units_in_basket(client) == 12


def test_line_that_broke_a_new_rule_blocks_the_checkout(client, vase):
    add(client, vase, 1)
    detail(vase, min_quantity=3)

    assert "is sold in quantities of 3 or more." in client.get("/basket/").content.decode()
    assert client.get(reverse("checkout:index"), follow=True).redirect_chain[-1][0] == "/basket/"


@pytest.fixture
def two_lines(client, tile):
    """Twelve engraved tiles and six plain ones, on two lines of a basket."""
    text = get_model("catalogue", "Option").objects.create(name="Text", code="text", type="text")
    tile.product_options.add(text)
    client.post(reverse("basket:add", args=[tile.pk]), {"quantity": 12, "text": "Clara"})
    client.post(reverse("basket:add", args=[tile.pk]), {"quantity": 6})
    return client.get("/basket/").context["basket"]


def test_lines_of_one_product_share_its_quantities_and_its_stock(client, tile, two_lines):
    lines = lines_of(two_lines)
    assert [(line.quantity, line.available) for line in lines] == [(12, 42), (6, 36)]
    assert notices_for(two_lines) == []
    stockrecord_of(tile).__class__.objects.filter(product=tile).update(num_in_stock=17)

    page = client.get("/basket/")

    assert "has only 17 left" in page.content.decode()
    plain = page.context["basket"].all_lines().get(quantity=6)
    client.post(reverse("basket:summary"), {"take": plain.pk})
    assert [line.quantity for line in client.get("/basket/").context["basket"].all_lines()] == [12]


def test_pay_counts_the_lines_of_one_product_together(tile, two_lines):
    assert [line.quantity for line in two_lines.all_lines()] == [12, 6]  # twelve or more in all
    check_for_sale(two_lines)


def test_pay_and_basket_name_the_limits_of_an_order(client, tile, vase, two_lines):
    add(client, vase, 1)
    set_shop(max_items=18)
    with pytest.raises(QuantityRefused, match="at most 18 items"):
        check_for_sale(client.get("/basket/").context["basket"])

    ProductDetails.objects.update(max_quantity=12)
    page = client.get("/basket/")
    assert "is limited to 12 in one order." in page.content.decode()
    with pytest.raises(QuantityRefused, match="Tile is limited to 12 in one order"):
        check_for_sale(page.context["basket"])


def test_what_is_there_is_taken_in_the_products_steps(client, tile):
    add(client, tile, 24)
    stockrecord_of(tile).__class__.objects.filter(product=tile).update(num_in_stock=23)
    line = client.get("/basket/").context["basket"].all_lines().get()

    client.post(reverse("basket:summary"), {"take": line.pk})

    assert units_in_basket(client) == 18


def test_stock_is_shown_apart_from_the_limit_of_an_order(tile):
    assert buy_box_for(tile).stock_text == "500 in stock"


def test_variant_inherits_what_it_does_not_say_itself(shop):
    wine = make_variants("Wine", {"Size": ["75 cl", "1.5 l"]})
    detail(wine, min_quantity=6, content=Decimal("750"), content_unit="ml", weight=1300)
    magnum = variant_of(wine, "1.5 l")
    detail(magnum, content=Decimal("1.5"), content_unit="l", min_quantity=1)

    own, inherited = selling_of(magnum), selling_of(variant_of(wine, "75 cl"))

    assert (own.least, own.content, own.content_unit, own.weight) == (1, Decimal("1.5"), "l", 1300)
    assert (inherited.least, inherited.content, inherited.content_unit) == (6, Decimal(750), "ml")


# --- Unit prices ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "content", "unit", "shown"),
    [
        ("9.00", "750", "ml", ("12.00", "l")),
        ("2.00", "200", "ml", ("1.00", "100 ml")),
        ("3.00", "250", "g", ("1.20", "100 g")),
        ("3.00", "251", "g", ("11.95", "kg")),
        ("5.00", "1.5", "kg", ("3.33", "kg")),
        ("7.00", "3", "m", ("2.33", "m")),
        ("7.00", "2.5", "m2", ("2.80", "m²")),
    ],
)
def test_unit_price_is_per_reference_amount(price, content, unit, shown):
    found = unit_price(Decimal(price), "GBP", Selling(content=Decimal(content), content_unit=unit))

    assert (str(found.price), found.per) == shown


@pytest.mark.parametrize(
    ("price", "content", "unit", "shown"),
    [
        ("9.00", "750", "ml", ("0.35", "fl oz")),
        ("9.00", "0.75", "l", ("0.35", "fl oz")),
        ("3.00", "250", "g", ("0.34", "oz")),
        ("5.00", "500", "g", ("4.54", "lb")),
        ("5.00", "1.5", "kg", ("1.51", "lb")),
        ("7.00", "3", "m", ("0.71", "ft")),
        ("7.00", "2.5", "m2", ("0.26", "sq ft")),
    ],
)
def test_unit_price_of_a_shop_with_imperial_units(price, content, unit, shown):
    selling = Selling(content=Decimal(content), content_unit=unit)

    found = unit_price(Decimal(price), "USD", selling, is_metric=False)

    assert (str(found.price), found.per) == shown


def test_units_are_a_shop_setting(client, shop):
    oil = make_product("Oil", price="9.00")
    detail(oil, content=Decimal("750"), content_unit="ml")
    set_shop(units="imperial")

    assert "per fl oz" in Crawled(client.get(oil.get_absolute_url())).text(".buy-box--page")


def test_unit_price_is_on_the_page(client, shop):
    oil = make_product("Oil", price="9.00")
    detail(oil, content=Decimal("750"), content_unit="ml")

    assert "£12 per l" in Crawled(client.get(oil.get_absolute_url())).text(".buy-box--page")
    assert unit_price(Decimal(9), "GBP", Selling()) is None


# --- Without stock --------------------------------------------------------------------------------


@pytest.fixture
def book(shop):
    """A book that can be ordered before it appears in a fortnight; none is in stock."""
    product = make_product("Book", price="26.00", stock=0)
    day = timezone.localdate() + timedelta(days=14)
    return product, detail(product, later="preorder", available_from=day)


def test_preorder_can_be_bought_and_says_when_it_is_sent(client, book):
    product, details = book
    page = Crawled(client.get(product.get_absolute_url()))
    day = details.available_from

    assert f"Pre-order, sent from {day.day} {day:%b %Y}" in page.text(".buy-box--page .stock")
    offer = offers_of(page.product())[0]
    assert offer["availability"] == "https://schema.org/PreOrder"
    assert offer["availabilityStarts"] == day.isoformat()
    feed = "".join(feed_parts())
    assert "<g:availability>preorder</g:availability>" in feed
    assert f"<g:availability_date>{day.isoformat()}</g:availability_date>" in feed
    add(client, product, 2)
    assert units_in_basket(client) == 2
    basket = Crawled(client.get(reverse("basket:summary")))
    assert f"Pre-order, sent from {day.day} {day:%b %Y}" in basket.text(".basket-line")
    reserve_stock({stockrecord_of(product).pk: 2})
    assert list(stock_is_never_oversold()) == []


def test_preorder_that_is_not_there_yet_is_not_sent(book):
    product, _details = book
    order = make_paid_order((product, 1))

    with pytest.raises(DispatchRefused, match="Book: 0 of 1"):
        ship(order.pk)


def test_product_page_names_the_quantities_it_is_sold_in(client, tile):
    page = Crawled(client.get(tile.get_absolute_url()))

    assert "Sold in multiples of 6, from 12." in page.text(".buy-box--page")


def test_preorder_ends_on_its_day(book):
    product, details = book
    later = timezone.make_aware(
        timezone.datetime.combine(details.available_from, timezone.datetime.min.time())
    ) + timedelta(hours=9)  # fmt: skip
    with shop_time(later):
        refresh_available_products.call()

        assert cards_for([product.pk])[0].availability == "sold_out"
        assert buy_box_for(product).is_sold_out
        with pytest.raises(OutOfStock):
            reserve_stock({stockrecord_of(product).pk: 1})
        assert list(broken_listings()) == []


def test_backorder_is_sold_from_stock_first(client, shop):
    lamp = make_product("Lamp", price="80.00", stock=1)
    detail(lamp, later="backorder", available_from=date(2099, 3, 1))
    assert cards_for([lamp.pk])[0].availability == "low"
    assert buy_box_for(lamp).selected.arrival.first.year < 2099
    assert [parcel_of([(stockrecord_of(lamp), lamp, n)]).ready for n in (1, 2)] == [
        None,
        date(2099, 3, 1),
    ]

    reserve_stock({stockrecord_of(lamp).pk: 3})

    assert stockrecord_of(lamp).num_allocated == 3
    box = buy_box_for(lamp)
    assert (box.availability, box.can_be_bought) == ("on_order", True)
    assert box.stock_text == "On order, sent from 1 Mar 2099"
    assert box.selected.arrival.first > date(2099, 3, 1)


def test_nobody_promises_when_something_without_a_date_arrives(client, shop):
    lamp = make_product("Lamp", price="80.00", stock=1)
    detail(lamp, later="backorder")
    assert buy_box_for(lamp).selected.arrival is not None

    add(client, lamp, 2)
    basket = client.get("/basket/").context

    assert parcel_of_basket(basket["basket"]).is_ready_known is False
    assert basket["arrival"] is None
    reserve_stock({stockrecord_of(lamp).pk: 1})
    assert buy_box_for(lamp).selected.arrival is None


def test_product_without_stock_is_not_found_by_the_stock_filter(book, vase):
    facet = products_in(filters={"stock": ["in-stock"]})

    assert [card.title for card in facet.cards] == [vase.title]


# --- The editor -----------------------------------------------------------------------------------


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def test_staff_edit_the_details_with_the_product(staff, vase):
    url = reverse("dashboard:catalogue-product", args=[vase.pk])
    put_category(vase, "Vases")
    fields = form_of(staff, vase) | {
        "details-weight": "1200", "details-min_quantity": "2", "details-content": "",
    }  # fmt: skip

    assert staff.post(url, fields).status_code == 302

    details = ProductDetails.objects.get(product=vase)
    assert (details.weight, details.min_quantity, details.content) == (1200, 2, None)
    assert form_of(staff, vase)["details-weight"] == 1200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"details-content": "750"}, "Give the content with its unit."),
        ({"details-later": "preorder"}, "Say from when pre-orders are sent."),
        (
            {"details-min_quantity": "9", "details-max_quantity": "3"},
            "The maximum must not be below the minimum.",
        ),
        ({"details-weight": "heavy"}, "Enter a whole number."),
    ],
)
def test_wrong_details_are_explained(staff, vase, fields, sentence):
    url = reverse("dashboard:catalogue-product", args=[vase.pk])

    page = staff.post(url, form_of(staff, vase) | fields).content.decode()

    assert sentence in page
    assert not ProductDetails.objects.exists()
    assert get_model("catalogue", "Product").objects.get(pk=vase.pk).title == vase.title


def test_variant_whose_stock_is_not_counted_never_sells_out(client, shop):
    book = make_variants("Novel", {"Format": ["Hardback", "E-book"]}, stock=0)
    ebook = variant_of(book, "E-book")
    detail(ebook, is_shipped=False, is_stock_counted=False)
    refresh_available_products.call()

    box = buy_box_for(book)

    assert [(one.name, one.stock_text) for one in box.variants] == [
        ("Hardback", "Sold out"), ("E-book", "Always available"),
    ]  # fmt: skip
    assert cards_for([book.pk])[0].availability == "in_stock"
    assert list(broken_listings()) == []
    page = Crawled(client.get(book.get_absolute_url(), {"variant": ebook.pk}))
    assert "Returns" not in page.text(".buy-box--page .facts")
    client.post(reverse("basket:add", args=[book.pk]), {"quantity": 3, "child_id": ebook.pk})
    assert units_in_basket(client) == 3
