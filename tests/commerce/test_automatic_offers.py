"""Automatic offers: every page shows the exact price that the basket charges for one unit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from oscar.core.loading import get_model

from checkout_app.payments.placement import priced_basket
from commerce.catalogue.feed import feed_parts
from commerce.catalogue.list_rules import ON_SALE
from commerce.catalogue.product_detail import buy_box_for
from commerce.catalogue.product_lists import products_in
from commerce.catalogue.structured_data import product_data
from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings
from commerce.models import SalePrice
from commerce.orders.discount_uses import count_offer_use
from commerce.pricing.prices import LIST, OFFER, SALE
from tests.clock import at_time
from tests.crawler import offers_of
from tests.factories import (
    all_pieces,
    make_basket,
    make_offer,
    make_product,
    make_user,
    put_category,
    stockrecord_of,
)
from tests.prices import quote_of

pytestmark = pytest.mark.django_db

Benefit, Condition, ConditionalOffer, Range = (
    get_model("offer", name) for name in ("Benefit", "Condition", "ConditionalOffer", "Range")
)


def charged(product, quantity=1):
    """The total of a basket with that many units."""
    return priced_basket(make_basket((product, quantity)), user=None).total_incl_tax


def card_price(product, at=None):
    return at_time(at, cards_for, [product.pk])[0].quote.price


@pytest.mark.parametrize(
    ("condition", "benefit", "price"),
    [
        (("Count", 1), ("Percentage", 15), "21.25"),
        (("Value", "24.99"), ("Percentage", 15), "21.25"),
        (("Value", "25.00"), ("Percentage", 15), "24.99"),
        (("Count", 2), ("Percentage", 15), "24.99"),
        (("Coverage", 1), ("Fixed", "5.00"), "19.99"),
        (("Count", 1), ("Absolute", "30.00"), "0.00"),
        (("Count", 1), ("Fixed price", "20.00"), "20.00"),
        (("Count", 1), ("Shipping percentage", "50"), "24.99"),
    ],
)
def test_card_shows_the_basket_price_of_one_unit(shop, condition, benefit, price):
    mug = make_product("Mug", price="24.99")
    offer_range = None if benefit[0].startswith("Shipping") else all_pieces()

    make_offer(
        condition=(condition[0], Decimal(condition[1])),
        benefit=(benefit[0], Decimal(benefit[1])),
        off=offer_range,
    )

    assert charged(mug) == Decimal(price)
    assert card_price(mug) == Decimal(price)
    assert buy_box_for(mug).quote.price == Decimal(price)


def test_every_page_shows_the_same_price(shop, client, site_root):
    mug = make_product("Mug", price="24.99")
    SalePrice.objects.create(
        stockrecord=stockrecord_of(mug), price=Decimal("22.22"), start=timezone.now()
    )
    make_offer("Open studio", benefit=("Percentage", 15))

    box = buy_box_for(mug)
    feed = "".join(feed_parts())
    page = client.get(box.url).content.decode()
    listed = client.get("/offers/").content.decode()
    found = client.get("/search/?q=mug").content.decode()
    client.post(f"/basket/add/{mug.pk}/", {"quantity": 1})
    basket = client.get("/basket/").content.decode()

    assert charged(mug) == card_price(mug) == box.quote.price == Decimal("18.89")
    assert offers_of(product_data(box))[0]["price"] == "18.89"
    assert "<g:price>24.99 GBP</g:price>" in feed
    assert "<g:sale_price>18.89 GBP</g:sale_price>" in feed
    for html in (page, listed, found, basket):
        assert "£18.89" in html
    assert "Open studio" in page
    assert "−£3.33" in basket


def test_quote_lists_its_stages_and_their_reasons(shop):
    mug = make_product("Mug", price="24.00")
    SalePrice.objects.create(
        stockrecord=stockrecord_of(mug), price=Decimal("20.00"), start=timezone.now()
    )
    make_offer("Open studio")

    record = stockrecord_of(mug)
    quote = quote_of(record)

    assert [(stage.kind, stage.price, stage.reason) for stage in quote.stages] == [
        (LIST, Decimal("24.00"), ""),
        (SALE, Decimal("20.00"), ""),
        (OFFER, Decimal("18.00"), "Open studio"),
    ]
    assert (quote.was, quote.offer_names) == (Decimal("24.00"), ["Open studio"])


def test_offer_is_a_price_window(shop):
    mug = make_product("Mug", price="20.00")
    start = timezone.now() + timedelta(days=1)
    offer = make_offer(start_datetime=start, end_datetime=start + timedelta(days=1))

    moments = (-timedelta(seconds=1), timedelta(0), timedelta(days=1), timedelta(days=1, seconds=1))
    cards = [card_price(mug, start + moment) for moment in moments]
    boxes = [at_time(start + moment, buy_box_for, mug).quote.price for moment in moments]

    assert cards == boxes == [Decimal(price) for price in ("20.00", "18.00", "18.00", "20.00")]
    until = at_time(start, buy_box_for, mug).quote.until
    assert timedelta(0) < until - offer.end_datetime < timedelta(seconds=1)
    assert at_time(start, products_in, rule=ON_SALE).total == 1
    assert products_in(rule=ON_SALE).total == 0


def test_basket_and_saved_items_show_the_price_of_the_card(client, shop, site_root):
    mug = make_product("Mug", price="24.00")
    make_offer(benefit=("Percentage", 15))
    client.force_login(make_user())
    client.post(f"/basket/add/{mug.pk}/", {"quantity": 3})

    basket = client.get("/basket/")
    line = basket.wsgi_request.basket.lines.get()
    saved = client.post("/basket/", {"save": line.pk}, follow=True).content.decode()

    row = basket.context["rows"][0][0]
    assert (row.price, row.price_before) == (card_price(mug), Decimal("24.00"))
    assert (row.sum, row.sum_before) == (Decimal("61.20"), None)
    assert "£20.40 each" in basket.content.decode()
    assert "3 × £20.40" in saved


@pytest.mark.parametrize(
    ("offer", "price", "total"),
    [(None, "72.00", "144.00"), (("Percentage", 10), "64.80", "129.60")],
)
def test_basket_shows_the_price_before_the_sale_as_the_card_does(
    client, shop, site_root, offer, price, total
):
    vase = make_product("Moon vase", price="90.00")
    start = timezone.now() - timedelta(days=1)
    SalePrice.objects.create(stockrecord=stockrecord_of(vase), price="72.00", start=start)
    if offer:
        make_offer(benefit=offer)
    client.post(f"/basket/add/{vase.pk}/", {"quantity": 2})

    page = client.get("/basket/")

    row = page.context["rows"][0][0]
    assert (row.price, row.price_before) == (Decimal(price), Decimal("90.00"))
    assert row.price == card_price(vase)
    assert row.sum == Decimal(total) == page.wsgi_request.basket.total_incl_tax
    assert row.sum_before is None  # a row has one price before
    assert "was </span>£90</s>" in " ".join(page.content.decode().split())


def test_unit_price_is_unchanged_if_an_offer_does_not_lower_each_unit_alike(
    client, shop, site_root
):
    mug = make_product("Mug", price="24.00")
    make_offer(benefit=("Absolute", Decimal("5.00")), max_basket_applications=1)
    client.post(f"/basket/add/{mug.pk}/", {"quantity": 3})

    row = client.get("/basket/").context["rows"][0][0]

    assert (row.price, row.price_before, row.sum) == (Decimal("24.00"), None, Decimal("67.00"))


def test_feed_dates_only_offers_with_start_and_end(shop):
    make_product("Mug", price="20.00")
    now = timezone.now()
    offer = make_offer(end_datetime=now + timedelta(days=1))

    undated = "".join(feed_parts())
    offer.start_datetime = now - timedelta(days=1)
    offer.save()
    dated = "".join(feed_parts())

    assert "<g:sale_price>18.00 GBP</g:sale_price>" in undated
    assert "sale_price_effective_date" not in undated
    assert "sale_price_effective_date" in dated


def test_price_follows_every_change_of_an_offer(shop):
    mug, vase = make_product("Mug", price="20.00"), make_product("Vase", price="40.00")
    category = put_category(mug, "Cups")
    cups = Range.objects.create(name="Cups")
    offer = make_offer(on=cups)

    def prices():
        assert list(broken_listings()) == []
        return [str(card_price(piece)) for piece in (mug, vase)]

    assert prices() == ["20.00", "40.00"]
    cups.included_categories.add(category)
    assert prices() == ["18.00", "40.00"]
    Benefit.objects.get(pk=offer.benefit_id).save()
    benefit = Benefit.objects.get(pk=offer.benefit_id)
    benefit.value = 50
    benefit.save()
    assert prices() == ["10.00", "40.00"]
    cups.add_product(vase)
    assert prices() == ["10.00", "20.00"]
    cups.included_categories.clear()
    assert prices() == ["20.00", "20.00"]
    cups.remove_product(vase)
    assert prices() == ["20.00", "40.00"]
    cups.includes_all_products = True
    cups.save()
    assert prices() == ["10.00", "40.00"]
    condition = Condition.objects.get(pk=offer.condition_id)
    condition.value = 3
    condition.save()
    assert prices() == ["20.00", "40.00"]
    condition.value = 1
    condition.save()
    ConditionalOffer.objects.get(pk=offer.pk).suspend()
    assert prices() == ["20.00", "40.00"]
    ConditionalOffer.objects.get(pk=offer.pk).unsuspend()
    assert prices() == ["10.00", "40.00"]
    cups.delete()
    assert prices() == ["20.00", "40.00"]


def test_offer_for_one_variant_changes_only_its_price(shop):
    cup = make_product("Cup", price="20.00", glazes={"oat": 9, "ember": 9})
    ember = cup.children.get(title__iendswith="ember")
    only = Range.objects.create(name="Ember")
    only.add_product(ember)
    make_offer(on=only)

    card = products_in(rule=ON_SALE).cards[0]
    cup_url = buy_box_for(cup).url
    boxed = {v.product_id: v.quote.price for v in buy_box_for(cup).variants}

    assert (card.quote.price, card.url) == (Decimal("18.00"), f"{cup_url}?variant={ember.pk}")
    assert boxed == {
        ember.pk: Decimal("18.00"),
        cup.children.get(title__iendswith="oat").pk: Decimal("20.00"),
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"offer_type": "Voucher"},
        {"max_user_applications": 1},
        {"max_discount": Decimal("5.00"), "total_discount": Decimal("5.00")},
    ],
)
def test_offers_not_valid_for_everybody_now_are_on_no_card(shop, fields):
    mug = make_product("Mug", price="20.00")
    make_offer(**fields)

    assert card_price(mug) == Decimal("20.00")


def test_used_up_offer_leaves_the_cards(shop, django_capture_on_commit_callbacks):
    mug = make_product("Mug", price="20.00")
    offer = make_offer(max_global_applications=2)

    for price in ("18.00", "20.00"):
        with django_capture_on_commit_callbacks(execute=True):
            count_offer_use({"offer": offer, "freq": 1, "discount": Decimal("2.00")})
        assert card_price(mug) == charged(mug) == Decimal(price)


def test_percentage_of_several_units_is_in_whole_cents_and_adds_up(shop):
    mug, cup = make_product("Mug", price="24.99"), make_product("Cup", price="9.99")
    make_offer(benefit=("Percentage", 15))

    basket = priced_basket(make_basket((mug, 3), (cup, 1)), user=None)

    assert [line.line_price_incl_tax_incl_discounts for line in basket.all_lines()] == [
        Decimal("63.73"), Decimal("8.50"),
    ]  # fmt: skip
    assert basket.offer_discounts[0]["discount"] == Decimal("12.73")
    assert basket.total_incl_tax == Decimal("84.96") - Decimal("12.73")


def test_no_offer_needs_no_query_and_many_products_need_one(shop, django_assert_max_num_queries):
    pieces = [make_product(f"Piece {n}", price="10.00") for n in range(6)]
    make_offer()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from commerce.catalogue.product_detail import buy_boxes_for

    with CaptureQueriesContext(connection) as one:
        buy_boxes_for([pieces[0].pk])

    with django_assert_max_num_queries(len(one)):
        buy_boxes_for([piece.pk for piece in pieces])


@pytest.mark.parametrize("on", ["Tableware", "Cups"])
def test_range_of_a_category_includes_its_descendants(shop, on):
    Category = get_model("catalogue", "Category")
    tableware = Category.add_root(name="Tableware")
    cups, vases = tableware.add_child(name="Cups"), Category.add_root(name="Vases")
    cup, vase = make_product("Cup", price="20.00", glazes={"oat": 9}), make_product("V", price="9")
    cup.productcategory_set.create(category=cups)
    vase.productcategory_set.create(category=vases)
    pieces = Range.objects.create(name="Pieces")
    pieces.included_categories.add(Category.objects.get(name=on))

    make_offer(on=pieces)

    assert (card_price(cup), card_price(vase)) == (Decimal("18.00"), Decimal("9.00"))
    assert charged(cup.children.get()) == Decimal("18.00")
    assert list(Range.objects.contains_product(cup.children.get())) == [pieces]


CONDITIONS = st.one_of(
    st.tuples(st.sampled_from(["Count", "Coverage"]), st.integers(1, 2)),
    st.tuples(st.just("Value"), st.decimals("0.01", "60", places=2)),
)
BENEFITS = st.one_of(
    st.tuples(st.just("Percentage"), st.decimals("0.01", "100", places=2)),
    st.tuples(st.sampled_from(["Absolute", "Fixed"]), st.decimals("0.01", "60", places=2)),
    st.tuples(st.just("Fixed price"), st.decimals("0.01", "60", places=2)),
)
OFFERS = st.lists(
    st.fixed_dictionaries({
        "condition": CONDITIONS,
        "benefit": BENEFITS,
        "priority": st.integers(0, 2),
        "exclusive": st.booleans(),
        "on": st.sampled_from(["all", "cups", "ember"]),
        "off": st.sampled_from(["all", "cups", "ember"]),
        "begins": st.sampled_from([None, -1, 1]),
    }),
    max_size=3,
)  # fmt: skip


@pytest.mark.slow
class TestAnyOffers(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        offers=OFFERS,
        prices=st.lists(st.decimals("0.01", "99.99", places=2), min_size=3, max_size=3),
        sale=st.none() | st.decimals("0.01", "50", places=2),
    )
    def test_card_and_box_show_what_one_unit_costs_in_the_basket(self, offers, prices, sale):
        cup = make_product("Cup", price="20.00", glazes={"oat": 9, "ember": 9})
        vase = make_product("Vase", price=str(prices[2]))
        for child, price in zip(cup.children.order_by("pk"), prices, strict=False):
            child.stockrecords.update(price=price)
        ember = cup.children.order_by("pk").last()
        ranges = {"all": all_pieces()}
        for name in ("cups", "ember"):
            ranges[name] = Range.objects.create(name=name)
        ranges["ember"].add_product(ember)
        ranges["cups"].included_categories.add(put_category(cup, "Cups"))
        if sale:
            SalePrice.objects.create(
                stockrecord=stockrecord_of(vase), price=sale, start=timezone.now()
            )
        for number, drawn in enumerate(offers):
            fields = dict(drawn)
            begins = fields.pop("begins")
            start = timezone.now() + timedelta(days=begins) if begins else None
            fields |= {key: ranges[fields[key]] for key in ("on", "off")}
            make_offer(f"Offer {number}", start_datetime=start, **fields)
        cup.save()

        one = {piece.pk: charged(piece) for piece in (*cup.children.all(), vase)}

        assert card_price(vase) == one[vase.pk]
        assert card_price(cup) == min(one[child.pk] for child in cup.children.all())
        boxed = [*buy_box_for(cup).variants, *buy_box_for(vase).variants]
        assert {v.product_id: v.quote.price for v in boxed} == one
        assert list(broken_listings()) == []


def test_card_shows_the_end_of_the_sale_and_not_the_next_price_change(vase):
    """An offer that starts tonight lowers the price again, but the sale runs until its own end."""
    now = timezone.now()
    record = stockrecord_of(vase)
    ends = now + timedelta(days=5)
    SalePrice.objects.create(
        stockrecord=record, price=80, start=now - timedelta(days=1), until=ends
    )
    make_offer(start_datetime=now + timedelta(minutes=10))

    [card] = at_time(now, cards_for, [vase.pk])

    assert card.quote.until == ends
    assert card.quote.until == at_time(now, quote_of, record).until


def test_sale_without_an_end_shows_none_despite_a_later_price_change(vase):
    now = timezone.now()
    record = stockrecord_of(vase)
    SalePrice.objects.create(stockrecord=record, price=80, start=now - timedelta(days=1))
    make_offer(start_datetime=now + timedelta(minutes=10))

    assert at_time(now, cards_for, [vase.pk])[0].quote.until is None
