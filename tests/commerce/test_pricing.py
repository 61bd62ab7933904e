"""The price stages of docs/pricing.md, exact to the cent and equal on every page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from checkout_app.payments.placement import totals_of
from commerce.catalogue.product_detail import buy_box_for
from commerce.index.listings import cards_for
from commerce.models import SalePrice
from commerce.money import format_money, from_minor, round_money, share_of, to_minor
from commerce.tax import TaxRate
from tests.clock import at_time
from tests.factories import make_basket, make_offer, make_product, make_submission, stockrecord_of
from tests.prices import quote_of

CURRENCIES = st.sampled_from(["GBP", "EUR", "JPY"])
amounts = st.decimals(min_value=0, max_value=99999, places=2)


@given(amounts)
def test_net_and_tax_add_up_to_the_price(gross):
    split = TaxRate("GB", Decimal(20)).split(gross)

    assert split.excl + split.tax == gross
    assert round_money(split.excl) == split.excl
    assert abs(split.tax - gross / 6) <= Decimal("0.005") + Decimal("0.0000001")


@given(st.integers(min_value=0, max_value=9_999_999), CURRENCIES)
def test_minor_units_round_trip(minor, currency):
    amount = from_minor(minor, currency)

    assert to_minor(amount, currency) == minor
    assert amount * (1 if currency == "JPY" else 100) == minor


@given(
    st.integers(min_value=0, max_value=9_999_999),
    st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=6),
    CURRENCIES,
)
def test_shares_of_a_line_are_whole_units_and_add_up(minor, parts, currency):
    total, before, shares = from_minor(minor, currency), 0, []
    for units in parts:
        shares.append(share_of(total, before, units, sum(parts), currency=currency))
        before += units

    minors = [to_minor(share, currency) for share in shares]  # raises ValueError for a fraction
    assert sum(minors) == minor
    assert all(
        abs(share - Decimal(minor) * units / sum(parts)) <= 1
        for share, units in zip(minors, parts, strict=True)
    )


def test_currency_without_decimals_has_no_minor_unit():
    assert to_minor(Decimal("500"), "JPY") == 500
    with pytest.raises(ValueError, match="whole number"):
        to_minor(Decimal("500.50"), "JPY")


@pytest.mark.parametrize(
    ("amount", "text"), [("24.00", "£24"), ("24.50", "£24.50"), ("1234.00", "£1,234"), ("0", "£0")]
)
def test_formatted_money(amount, text):
    assert format_money(Decimal(amount), "GBP") == text


def put_on_sale(product, price, *, days=(-1, 1)):
    """Put a product on sale, from and to a number of days from now."""
    now = timezone.now()
    return SalePrice.objects.create(
        stockrecord=stockrecord_of(product),
        price=Decimal(price),
        start=now + timedelta(days=days[0]),
        until=now + timedelta(days=days[1]),
    )


def test_sale_includes_its_start_and_excludes_its_end(vase):
    sale = put_on_sale(vase, "72.00")
    record = stockrecord_of(vase)

    prices = [
        at_time(at, quote_of, record).price
        for at in (
            sale.start - timedelta(seconds=1),
            sale.start,
            sale.until - timedelta(seconds=1),
            sale.until,
        )
    ]

    assert prices == [Decimal("90.00"), Decimal("72.00"), Decimal("72.00"), Decimal("90.00")]


def test_lowest_of_overlapping_sales_applies_and_a_higher_one_is_ignored(vase):
    put_on_sale(vase, "80.00")
    put_on_sale(vase, "72.00")
    put_on_sale(vase, "95.00")

    record = stockrecord_of(vase)
    quote = quote_of(record)

    assert (quote.price, quote.was, quote.is_reduced) == (Decimal("72.00"), Decimal("90.00"), True)


@pytest.mark.parametrize(
    ("title", "price", "sale", "percent_off", "quantity", "total", "tax"),
    [
        ("Mug", "24.00", None, None, 1, "28.50", "4.75"),
        ("Vase", "90.00", "72.00", None, 1, "72.00", "12.00"),
        ("Mugs", "24.00", None, None, 3, "72.00", "12.00"),
        ("Mug", "24.99", None, 15, 1, "25.75", "4.29"),
    ],
)
def test_examples_in_the_pricing_doc(shop, title, price, sale, percent_off, quantity, total, tax):
    product = make_product(title, price=price)
    if percent_off:
        make_offer(benefit=("Percentage", percent_off))
    if sale:
        put_on_sale(product, sale)
    submission = make_submission(make_basket((product, quantity)))

    basket = make_basket((product, quantity))
    totals = totals_of(
        basket, delivery_code="standard",
        shipping_address=submission.shipping_address, user=None,
    )  # fmt: skip

    assert totals.total.incl_tax == Decimal(total)
    assert totals.total.tax == Decimal(tax)


def test_card_buy_box_and_basket_show_the_same_price(vase):
    put_on_sale(vase, "71.99")

    card = cards_for([vase.pk])[0]
    box = buy_box_for(vase)
    line = make_basket((vase, 1)).all_lines()[0]

    assert card.quote.price == box.quote.price == line.unit_price_incl_tax == Decimal("71.99")
