"""A year of random orders, refunds and cancellations: the tax return is the invoices less the credit notes."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.exceptions import RefundRefused
from checkout_app.models import PaymentAttempt
from checkout_app.payments import begin, refunds, settle
from commerce.documents.tax_return import period_of, tax_return, totals_of
from commerce.models import CommercialDocument, ShopSettings
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from tests.factories import (
    deliver_to,
    make_basket,
    make_offer,
    make_product,
    make_submission,
    make_voucher,
    of_class,
    pay,
    set_shop,
)

#: Where orders go: country, postcode, VAT number.
PLACES = (
    ("DE", "04109", ""), ("DE", "27498", ""), ("FR", "75001", ""), ("PT", "9500-150", ""),
    ("NL", "1012 JS", "NL004495445B01"), ("GB", "NR23 1AH", ""), ("GB", "BT1 5GS", ""), ("US", "10001", ""),
)  # fmt: skip
FIRST = datetime(2027, 1, 1, 12, tzinfo=UTC)


def order_at(goods, draw, voucher):
    """Place and pay an order of some goods, which may use the voucher."""
    country, postcode, number = draw.choice(PLACES)
    lines = [(one, draw.randint(1, 7)) for one in draw.sample(goods, draw.randint(1, 3))]
    basket = make_basket(*lines)
    if draw.random() < 0.3:
        basket.vouchers.add(voucher)
    where = {"country": country, "postcode": postcode, "vat_number": number}
    attempt, _intent = begin.begin(make_submission(basket, **where))
    pay(attempt)
    settle.settle(attempt.intent_id)
    return attempt.order_id


def refund_some(order, draw, key):
    """Refund some units, the delivery, or a sum that belongs to no line."""
    attempt = PaymentAttempt.objects.get(order=order)
    left = refunds.refundable_units(order)
    units = {
        pk: draw.randint(1, count) for pk, count in left.items() if count and draw.random() < 0.6
    }
    shipping = refunds.refundable_shipping(order) if draw.random() < 0.3 else Decimal(0)
    extra = Decimal("0.01") if not units and not shipping else Decimal(0)
    terms = refunds.RefundTerms(
        key=key, reason="A chip", units=units, shipping=shipping, extra=extra
    )
    refunds.request_refund(attempt.pk, terms)
    attempt.refresh_from_db()
    refunds.send_refunds(attempt)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("abroad", "rounding", "oss_since"),
    [("gross", "line", None), ("net", "total", FIRST.date() + timedelta(days=180))],
    ids=["same price everywhere", "net price, rounded by rate, One Stop Shop in July"],
)
def test_tax_return_of_a_year_is_its_documents(shop, monkeypatch, abroad, rounding, oss_since):
    draw = Random(f"{abroad} {rounding}")
    set_shop(country_id="DE", prices_abroad=ShopSettings.PricesAbroad(abroad),
             tax_rounding=ShopSettings.TaxRounding(rounding), oss_since=oss_since)  # fmt: skip
    deliver_to("DE", "FR", "PT", "NL", "GB", "US")
    goods = [make_product(f"Print {n}", price=f"{3 + 7 * n}.{n}9", stock=999) for n in range(4)]
    goods += [
        of_class(make_product(f"Roman {n}", price=f"1{n}.95", stock=999), "books") for n in range(3)
    ]
    make_offer("A seventh off", benefit=("Percentage", 14))
    voucher = make_voucher("SPRING", percent=7, start=-999, end=9999)
    for month in range(12):
        for _order in range(3):
            moment = FIRST + timedelta(days=30 * month + draw.randint(0, 27))
            monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
            pk = order_at(goods, draw, voucher)
            order = get_model("order", "Order").objects.get(pk=pk)
            later = moment + timedelta(days=draw.randint(1, 40))
            monkeypatch.setattr(timezone, "now", lambda later=later: later)
            fate = draw.random()
            if fate < 0.45:
                refund_some(order, draw, f"first {pk}")
            if fate < 0.15:
                order.refresh_from_db()
                with suppress(RefundRefused):  # if everything is refunded already
                    refund_some(order, draw, f"second {pk}")
            elif fate > 0.9:
                move_order(pk, "Cancelled")

    documents = CommercialDocument.objects.exclude(kind="packing_slip")
    assert documents.filter(kind="credit_note").count() > 8
    expected = dict.fromkeys(("net", "tax", "gross"), Decimal(0))
    for document in documents:
        sign = -1 if document.kind == "credit_note" else 1
        for name in expected:
            expected[name] += sign * Decimal(document.facts[name])
    months = [f"{year}-{month:02d}" for year in (2027, 2028) for month in range(1, 13)]
    rows = [row for name in months for row in tax_return(period_of(name))]
    [(net, tax, gross)] = totals_of(rows).values()
    assert {"net": net, "tax": tax, "gross": gross} == expected
    assert {row.relief for row in rows} == {"", "export", "reverse"}
    yearly = [row for name in ("2027", "2028") for row in tax_return(period_of(name))]
    assert totals_of(yearly) == totals_of(rows)
    assert broken_invariants() == []
