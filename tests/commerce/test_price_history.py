"""The price history and the price before a reduction, the lowest of the 30 days before it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from oscar.core.loading import get_class

from commerce.basket.lines import lines_of
from commerce.catalogue.product_detail import buy_box_for
from commerce.clock import stopped_clock
from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings, rebuild_listings
from commerce.models import PricePoint, SalePrice
from commerce.pricing.price_history import BEFORE, Point, merged, prior_price
from tests.factories import make_basket, make_offer, make_product, make_variants, stockrecord_of

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def day(number, **more):
    return FIRST + timedelta(days=number, **more)


def history(*points):
    return [Point(day(number), price and Decimal(price)) for number, price in points]


# --- The rule -------------------------------------------------------------------------------------


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("points", "prior"),
    [
        pytest.param([(0, "80"), (10, "100"), (20, "90")], None, id="was cheaper 20 days ago"),
        pytest.param([(0, "100"), (40, "80"), (45, "60")], "100", id="two reductions are one"),
        pytest.param([(0, "40"), (10, "99"), (12, "40")], None, id="raised before a sale"),
        pytest.param([(0, "40"), (10, "99"), (39, "60")], None, id="raised 29 days before"),
        pytest.param([(0, "40"), (10, "99"), (40, "60")], "99", id="raised 30 days before"),
        pytest.param([(0, "40"), (10, "99"), (50, "60")], "99", id="raised long before"),
        pytest.param([(0, "100"), (40, "80"), (45, "100"), (50, "60")], "80", id="a gap ends it"),
        pytest.param([(0, "100"), (40, "80"), (45, "100"), (80, "60")], "100", id="gap of a month"),
        pytest.param([(0, "100")], None, id="never changed"),
        pytest.param([(0, "100"), (40, "120")], None, id="an increase"),
        pytest.param([(0, "100"), (40, None), (50, "60")], None, id="not sold before"),
        pytest.param([(0, None), (40, "100"), (41, "60")], "100", id="new product"),
        pytest.param([(0, "100"), (20, "95"), (40, "80")], "100", id="95 began the reduction"),
        pytest.param([], None, id="nothing known"),
    ],
)
def test_price_before_a_reduction(points, prior):
    found = prior_price(history(*points), day(365))

    assert found == (prior and Decimal(prior))


@pytest.mark.no_database
def test_price_of_the_thirtieth_day_counts_to_the_second():
    raised = history((0, "40"), (10, "99"))
    for seconds, prior in ((-1, None), (0, Decimal(99)), (1, Decimal(99))):
        sale = Point(day(10) + BEFORE + timedelta(seconds=seconds), Decimal(60))
        assert prior_price([*raised, sale], day(365)) == prior


PRICES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 9).map(Decimal)), min_size=1, max_size=12
)


@pytest.mark.no_database
@given(PRICES)
def test_prior_is_the_lowest_of_each_day_before(points):
    by_day = dict(points)
    timeline = [Point(day(number), by_day[number]) for number in sorted(by_day)]
    prior = prior_price(timeline, day(201))

    def on(number):
        known = [row.price for row in timeline if row.since <= day(number)]
        return known[-1] if known else None

    daily = [on(number) for number in range(-40, 201)]
    place = len(daily) - 1
    while place and daily[place - 1] == daily[place]:
        place -= 1
    began = None
    while place and daily[place - 1] is not None and daily[place - 1] > daily[place]:
        began = place
        place -= 1
        while place and daily[place - 1] == daily[place]:
            place -= 1
    if began is None:
        assert prior is None
        return
    lowest = min(price for price in daily[max(began - 30, 0) : began] if price is not None)
    assert prior == (lowest if lowest > daily[-1] else None)


@pytest.mark.no_database
def test_past_stays_and_the_plan_follows():
    stored = history((0, "100"), (10, "80"), (20, "100"))
    planned = history((0, "100"), (12, "70"), (20, "100"))

    assert merged(stored, planned, day(5)) == history((0, "100"), (12, "70"), (20, "100"))
    cancelled = merged(stored, history((0, "100")), day(15))
    assert cancelled == [*history((0, "100"), (10, "80")), Point(day(15), Decimal(100))]
    assert merged([], planned, day(5)) == planned


# --- What is recorded -----------------------------------------------------------------------------


def prices_of(product):
    rows = PricePoint.objects.filter(product=product).order_by("since")
    return [(row.since, row.price and str(row.price)) for row in rows]


def change_price(product, price):
    record = stockrecord_of(product)
    record.price = price and Decimal(price)
    record.save()


@pytest.fixture
def vase(shop):
    with stopped_clock(day(0)):
        return make_product("Vase", price="100.00")


@pytest.mark.django_db
def test_every_price_is_recorded_with_its_moment(vase):
    for number, price in ((10, "120.00"), (20, None), (30, "90.00")):
        with stopped_clock(day(number)):
            change_price(vase, price)

    [first, *later] = prices_of(vase)
    assert first[1] == "100.00"
    assert later == [(day(10), "120.00"), (day(20), None), (day(30), "90.00")]


@pytest.mark.django_db
def test_planned_sale_is_in_the_history_once_it_ran_and_not_if_it_was_cancelled(vase):
    with stopped_clock(day(1)):
        record = stockrecord_of(vase)
        SalePrice.objects.create(stockrecord=record, price="80", start=day(10), until=day(20))
        cancelled = SalePrice.objects.create(
            stockrecord=record, price="70", start=day(30), until=day(40)
        )
    with stopped_clock(day(25)):
        cancelled.delete()
    with stopped_clock(day(50)):
        change_price(vase, "110.00")

    assert prices_of(vase)[1:] == [
        (day(10), "80.00"), (day(20), "100.00"), (day(50), "110.00"),
    ]  # fmt: skip
    assert list(broken_listings()) == []


@pytest.mark.django_db
def test_automatic_offer_is_part_of_the_history(vase):
    with stopped_clock(day(10)):
        make_offer("A tenth off", benefit=("Percentage", 10))

    assert prices_of(vase)[-1] == (day(10), "90.00")


@pytest.mark.django_db
def test_each_variant_has_a_history(shop):
    with stopped_clock(day(0)):
        shirt = make_variants("Shirt", {"Size": ["S", "M"]}, price="40.00")
    small, medium = shirt.children.order_by("pk")
    with stopped_clock(day(10)):
        change_price(small, "35.00")

    assert [price for _since, price in prices_of(small)] == ["40.00", "35.00"]
    assert [price for _since, price in prices_of(medium)] == ["40.00"]


@pytest.mark.django_db
def test_rebuild_changes_no_history(vase):
    with stopped_clock(day(10)):
        change_price(vase, "120.00")
    before = prices_of(vase)
    with stopped_clock(day(20)):
        rebuild_listings()

    assert prices_of(vase) == before


# --- What is shown --------------------------------------------------------------------------------


def shown(product, number, quantity=1):
    """(price, price before) of the card, the product page and the basket on a day."""
    with stopped_clock(day(number)):
        [card] = cards_for([product.pk])
        box = buy_box_for(product)
        basket = make_basket((product, quantity))
        get_class("offer.applicator", "Applicator")().apply(basket)
        [line] = lines_of(basket)
        found = {
            (card.quote.price, card.quote.was),
            (box.quote.price, box.quote.was),
            (line.price, line.price_before),
        }
        assert line.sum_before is None
        assert len(found) == 1, found
        [pair] = found
        return tuple(value and f"{value:.2f}" for value in pair)


def sell_at(product, price, first, last=None, *, now):
    with stopped_clock(day(now)):
        SalePrice.objects.create(
            stockrecord=stockrecord_of(product), price=price, start=day(first),
            until=last and day(last),
        )  # fmt: skip


@pytest.mark.django_db
def test_reduction_shows_the_lowest_price_of_the_30_days_before(vase):
    sell_at(vase, "80.00", 10, 15, now=5)
    sell_at(vase, "70.00", 30, 60, now=5)

    assert shown(vase, 9) == ("100.00", None)
    assert shown(vase, 12) == ("80.00", "100.00")
    assert shown(vase, 20) == ("100.00", None)
    assert shown(vase, 31) == ("70.00", "80.00")
    assert shown(vase, 61) == ("100.00", None)


@pytest.mark.django_db
def test_price_raised_for_a_sale_is_no_price_before(vase):
    with stopped_clock(day(1)):
        change_price(vase, "40.00")
    with stopped_clock(day(40)):
        change_price(vase, "99.00")
    sell_at(vase, "40.00", 42, now=41)

    assert shown(vase, 43) == ("40.00", None)


@pytest.mark.django_db
def test_second_reduction_is_compared_with_the_price_before_the_first(vase):
    sell_at(vase, "80.00", 40, now=39)
    sell_at(vase, "60.00", 45, now=44)

    assert shown(vase, 44) == ("80.00", "100.00")
    assert shown(vase, 50, quantity=3) == ("60.00", "100.00")
    with stopped_clock(day(50)):
        [card] = cards_for([vase.pk])
        assert card.quote.percent_off == 40


@pytest.mark.django_db
def test_sale_within_30_days_of_a_cheaper_price_is_not_called_reduced(vase, client):
    with stopped_clock(day(1)):
        change_price(vase, "80.00")
    with stopped_clock(day(10)):
        change_price(vase, "100.00")
    sell_at(vase, "90.00", 20, now=19)

    assert shown(vase, 21) == ("90.00", None)
    with stopped_clock(day(21)):
        page = client.get(reverse("catalogue:detail", args=[vase.slug, vase.pk])).content.decode()
        assert "price__was" not in page
        assert "below the lowest price" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(("earlier", "before"), [("80.00", None), ("95.00", "95.00")])
def test_automatic_offer_is_compared_with_the_30_days_before_in_the_basket_too(
    vase, earlier, before
):
    with stopped_clock(day(1)):
        change_price(vase, earlier)
    with stopped_clock(day(30)):
        change_price(vase, "100.00")
    with stopped_clock(day(40)):
        make_offer("A tenth off", benefit=("Percentage", 10))

    assert shown(vase, 41, quantity=2) == ("90.00", before)


@pytest.mark.django_db
def test_product_that_is_not_sold_has_no_price_in_the_history(vase):
    sell_at(vase, "60.00", 10, 20, now=0)
    with stopped_clock(day(1)):
        vase.is_public = False
        vase.save()
    with stopped_clock(day(5)):
        SalePrice.objects.all().delete()
    with stopped_clock(day(25)):
        vase.is_public = True
        vase.save()

    assert [price for _since, price in prices_of(vase)] == ["100.00", None, "100.00"]
    assert list(broken_listings()) == []


@pytest.mark.django_db
def test_page_says_what_the_percentage_is_of(vase, client):
    sell_at(vase, "75.00", 40, now=39)

    with stopped_clock(day(41)):
        page = client.get(reverse("catalogue:detail", args=[vase.slug, vase.pk])).content.decode()
    assert "25% below the lowest price of the 30 days before." in page


@pytest.mark.django_db
def test_reduction_of_the_cheapest_variant_is_compared_with_its_own_history(shop):
    with stopped_clock(day(0)):
        shirt = make_variants("Shirt", {"Size": ["S", "M"]}, price="40.00")
    small, medium = shirt.children.order_by("pk")
    with stopped_clock(day(1)):
        change_price(small, "50.00")
    sell_at(small, "30.00", 40, now=39)

    with stopped_clock(day(41)):
        [card] = cards_for([shirt.pk])
        assert (card.quote.price, card.quote.was) == (Decimal("30.00"), Decimal("50.00"))


@pytest.mark.django_db
def test_product_from_before_the_history_began_shows_its_list_price(vase):
    PricePoint.objects.all().delete()
    now = timezone.now()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(vase), price="80.00", start=now - timedelta(days=3)
    )

    [card] = cards_for([vase.pk])
    assert (card.quote.price, card.quote.was) == (Decimal("80.00"), Decimal("100.00"))
