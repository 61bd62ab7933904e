"""Delivery by weight and size, by zone, and of nothing at all."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from checkout_app.storefront.summary import summary_of_order
from commerce.catalogue.feed import feed_parts
from commerce.catalogue.product_detail import buy_box_for
from commerce.mail.templates import messages_for
from commerce.models import DeliveryMethod, ProductDetails
from commerce.orders.mails import order_facts
from commerce.pricing.delivery import arrival_of, delivery_charge, offered_delivery
from commerce.pricing.parcels import Parcel, parcel_of
from commerce.shop_values.delivery_rates import rate_for, rates_in
from tests.crawler import Crawled, offers_of
from tests.factories import (
    ADDRESS,
    make_delivery,
    make_paid_order,
    make_product,
    make_variants,
    stockrecord_of,
    variant_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def zones(shop):
    """A letter up to 1 kg and 35 cm, a parcel by weight at home, and a parcel abroad."""
    DeliveryMethod.objects.all().delete()
    letter = make_delivery("letter", price="0")
    letter.rates, letter.max_length, letter.max_width, letter.max_height = "1000 3.90", 350, 250, 80
    parcel = make_delivery("parcel", price="0", free_over="90.00")
    parcel.rates = "2000 5.90\n4000 7,90\n31000 24.90"
    abroad = make_delivery("abroad", price="0")
    abroad.rates = "2000 13.90"
    for method, country in ((letter, "GB"), (parcel, "GB"), (abroad, "DE")):
        method.full_clean()
        method.save()
        method.countries.set([country])
    return {"letter": letter, "parcel": parcel, "abroad": abroad}


def weighing(grams, *, size=(None, None, None), title="Thing", **fields):
    product = make_product(title, price=fields.pop("price", "10.00"))
    ProductDetails.objects.create(
        product=product, weight=grams, length=size[0], width=size[1], height=size[2], **fields
    )
    return product


def codes(country, parcel):
    return [method.code for method in offered_delivery(country, parcel)]


def test_methods_carry_what_they_can(zones):
    assert codes("GB", Parcel(900)) == ["letter", "parcel"]
    assert codes("GB", Parcel(1001)) == ["parcel"]
    assert codes("GB", Parcel(31_001)) == []
    assert codes("GB", Parcel(200, ((540, 80, 80),))) == ["parcel"]
    assert codes("GB", Parcel(200, ((340, 80, 80),))) == ["letter", "parcel"]
    assert codes("DE", Parcel(1500)) == ["abroad"]


@pytest.mark.parametrize(
    ("grams", "goods", "charge"),
    [
        (2000, "10", "5.90"), (2001, "10", "7.90"), (4001, "89.99", "24.90"), (4001, "90", "0.00"),
    ],
)  # fmt: skip
def test_charge_is_that_of_the_weight(zones, grams, goods, charge):
    assert delivery_charge(zones["parcel"], Decimal(goods), Parcel(grams)) == Decimal(charge)


def test_parcel_adds_up_what_is_sent(shop):
    roll = weighing(320, size=(80, 340, 80), title="Roll")
    book = weighing(400, is_shipped=False, title="E-book")
    day = timezone.localdate() + timedelta(days=20)
    soon = weighing(500, later="preorder", available_from=day, title="Soon")

    goods = [(stockrecord_of(one), one, units) for one, units in ((roll, 3), (book, 2), (soon, 1))]
    parcel = parcel_of(goods)

    assert parcel == Parcel(1460, ((340, 80, 80),), is_shipped=True, ready=day)
    assert not parcel_of(goods[1:2]).is_shipped


def test_page_shows_the_delivery_of_the_selected_variant(client, zones):
    poster = make_variants("Poster", {"Frame": ["None", "Oak"]}, price="30.00")
    for label, grams in (("None", 140), ("Oak", 2400)):
        ProductDetails.objects.create(product=variant_of(poster, label), weight=grams)

    shown = {
        label: Crawled(
            client.get(poster.get_absolute_url(), {"variant": variant_of(poster, label).pk})
        )
        for label in ("None", "Oak")
    }

    assert "£3.90" in shown["None"].text(".buy-box--page .facts")
    assert "£7.90 or free over £90" in shown["Oak"].text(".buy-box--page .facts")
    rates = [
        offer["shippingDetails"]["shippingRate"]["value"]
        for offer in offers_of(shown["Oak"].product())
    ]
    assert rates == ["7.90", "3.90"]
    assert "<g:price>7.90 GBP</g:price>" in "".join(feed_parts())


def test_basket_and_checkout_weigh_the_whole_basket(client, zones):
    heavy = weighing(1500)
    client.post(reverse("basket:add", args=[heavy.pk]), {"quantity": 1})
    assert "£5.90" in Crawled(client.get("/basket/")).text(".summary")

    client.post(reverse("basket:add", args=[heavy.pk]), {"quantity": 1})

    assert "£7.90" in Crawled(client.get("/basket/")).text(".summary")
    client.post(
        reverse("checkout:shipping-address"),
        {**ADDRESS, "email": "ada@example.com", "country": "GB", "billing_same": "on"},
    )
    options = client.get(reverse("checkout:shipping-method")).context["options"]
    assert [(method.code, charge) for method, charge in options] == [("parcel", Decimal("7.90"))]


def test_preorder_arrives_after_its_day(zones):
    day = timezone.localdate() + timedelta(days=30)

    arrival = arrival_of(zones["parcel"], day)

    assert arrival.first > day
    box = buy_box_for(weighing(100, later="preorder", available_from=day))
    assert box.selected.arrival.first > day


def test_download_has_no_delivery_price_or_date(client, zones):
    ebook = weighing(None, is_shipped=False, title="E-book")

    page = Crawled(client.get(ebook.get_absolute_url()))

    assert "By email, free" in page.text(".buy-box--page .facts")
    assert "shippingDetails" not in offers_of(page.product())[0]
    client.post(reverse("basket:add", args=[ebook.pk]), {"quantity": 1})
    basket = Crawled(client.get("/basket/")).text(".summary")
    assert "By email" in basket
    assert "Order now for delivery" not in basket


def test_shops_own_method_for_downloads_comes_before_the_default(zones):
    own = make_delivery("download", price="0")
    own.is_digital = True
    own.save()
    own.countries.set(["GB"])

    assert codes("GB", Parcel(is_shipped=False)) == ["download"]
    assert codes("DE", Parcel(is_shipped=False)) == ["digital"]
    assert "download" not in codes("GB", Parcel(100))


@pytest.mark.parametrize(
    "text", ["5.90", "2000: 5.90", "2000 five", "2000 5.90\n2000 6.90", "-1 5.90"]
)
def test_wrong_rates_are_named(zones, text):
    method = zones["parcel"]
    method.rates = text
    with pytest.raises(ValidationError, match="is not a weight in grams with a price"):
        method.full_clean()


def test_rates_are_read_in_any_order():
    rates = rates_in("4000 7.90\n\n 2000 5,9 ")

    assert rates == ((2000, Decimal("5.90")), (4000, Decimal("7.90")))
    assert rate_for(rates, 4000) == Decimal("7.90")
    assert rate_for(rates, 4001) is None


# --- Collection -----------------------------------------------------------------------------------


@pytest.fixture
def pickup(shop):
    """Collection at the shop, free and before all other methods."""
    method = make_delivery("pickup", price="0.00", days=(0, 1))
    method.is_pickup, method.position = True, 0
    method.save()
    DeliveryMethod.objects.exclude(pk=method.pk).update(position=1)
    method.countries.set(["GB"])
    return method


def test_collection_is_offered_but_not_quoted_as_delivery(client, pickup):
    vase = weighing(500, title="Vase")
    client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1})

    assert codes("GB", Parcel(500))[0] == "pickup"
    page = Crawled(client.get(vase.get_absolute_url()))
    assert "£4.50" in page.text(".buy-box--page .facts")
    assert "<g:service>Standard</g:service>" in "".join(feed_parts())
    assert "£4.50" in Crawled(client.get("/basket/")).text(".summary")


def test_product_that_can_only_be_collected_has_no_delivery_price(client, pickup):
    DeliveryMethod.objects.exclude(pk=pickup.pk).delete()
    vase = weighing(500, title="Vase")

    assert buy_box_for(vase).selected.delivery is None
    assert "g:shipping" not in "".join(feed_parts())


def test_collected_order_says_when_it_can_be_collected(pickup):
    assert "Expected: " in messages_of(make_paid_order((weighing(500), 1)))

    order = make_paid_order((weighing(500), 1), delivery="pickup")

    assert "Ready to collect: " in messages_of(order)
    assert summary_of_order(order).is_collected


def messages_of(order):
    """The text of the mail that confirms an order."""
    return messages_for("order_placed", order_facts(order))["body"]
