"""The tax return: invoices less credit notes by country, kind and rate, and its staff pages."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from checkout_app.models import PaymentAttempt
from checkout_app.payments import refunds
from commerce.documents.tax_return import (
    distance_sales,
    period_of,
    recent_periods,
    tax_return,
)
from commerce.documents.tax_return import totals_of as sums_of_return
from commerce.models import CommercialDocument, DocumentTax, OwnTaxRate, ShopSettings
from commerce.orders.invariants import broken_invariants
from commerce.taxes.rates import TaxRates
from commerce.taxes.treatments import Destination
from tests.factories import (
    deliver_to,
    make_offer,
    make_paid_order,
    make_product,
    make_user,
    set_shop,
)

pytestmark = pytest.mark.django_db
NET = ShopSettings.PricesAbroad.NET


@pytest.fixture(autouse=True)
def everywhere(shop):
    deliver_to("US", "PT", "JP")


@pytest.fixture
def vase():
    return make_product("Vase", price="120.00", stock=100)


@pytest.fixture
def mug():
    return make_product("Mug", price="24.00", stock=100)


def test_return_is_invoices_less_credit_notes(mug, vase):
    order = make_paid_order((vase, 1), (mug, 1))
    make_paid_order((vase, 1), country="US", postcode="10001")
    attempt = PaymentAttempt.objects.get(order=order)
    terms = refunds.RefundTerms(
        key="1", units={order.lines.get(product=mug).pk: 1}, reason="A chip"
    )
    refunds.request_refund(attempt.pk, terms)
    refunds.send_refunds(attempt)
    assert CommercialDocument.objects.filter(kind="credit_note").count() == 1

    rows = tax_return(period_of(f"{date.today():%Y-%m}"))

    documents = CommercialDocument.objects.exclude(kind="packing_slip")
    net, tax, gross = sums_of_return(rows)["GBP"]
    for name, found in (("net", net), ("tax", tax), ("gross", gross)):
        signed = [
            Decimal(one.facts[name]) * (-1 if one.kind == "credit_note" else 1) for one in documents
        ]
        assert found == sum(signed)
    assert broken_invariants() == []


def test_distance_sales_to_the_azores_count_towards_the_threshold():
    set_shop(country_id="DE")
    order = make_paid_order(
        (make_product("Print", price="119.00"), 1), country="PT", postcode="9500-150"
    )

    assert order.tax.territory == "PT-20"
    assert distance_sales(order.date_placed.year) == Decimal("100.00")


def test_yen_have_no_decimals_abroad_either():
    set_shop(country_id="JP", currency="JPY", tax_percent=Decimal(10), prices_abroad=NET)
    fan = make_product("Fan", price="999")

    price, rate = TaxRates(Destination("US", "10001")).price_of(Decimal(999), fan)

    assert (price, rate.code) == (Decimal(908), "US-0-export")


@pytest.mark.parametrize(
    ("price", "units", "total"), [("1980", 3, "5346"), ("1985", 3, "5360"), ("99", 7, "624")]
)
def test_yen_are_rounded_to_the_yen(price, units, total):
    set_shop(country_id="JP", currency="JPY", tax_percent=Decimal(10))
    fan = make_product("Fan", price=price, stock=100)
    fan.stockrecords.update(price_currency="JPY")
    make_offer("A tenth off", benefit=("Percentage", 10))
    order = make_paid_order((fan, units), country="JP", postcode="100-0001")

    line = order.lines.get()
    assert line.line_price_incl_tax == Decimal(total)
    assert line.line_price_excl_tax == line.line_price_excl_tax.to_integral_value()
    attempt = PaymentAttempt.objects.get(order=order)
    terms = refunds.RefundTerms(key="1", reason="A chip", extra=Decimal(101))
    refunds.request_refund(attempt.pk, terms)
    refunds.send_refunds(attempt)
    [row] = CommercialDocument.objects.get(kind="credit_note").facts["rates"]
    assert (Decimal(row["gross"]), Decimal(row["net"])) == (Decimal(101), Decimal(92))
    assert broken_invariants() == []


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_period_by_name(name, first, last):
    period = period_of(name)

    assert (period.first, period.last) == (first, last)


def test_recent_periods_are_those_of_two_years():
    names = [period.name for period in recent_periods(date(2026, 1, 15))]

    assert names[:2] == ["2026-01", "2025-12"]
    assert names[23] == "2024-02"
    assert names[24:] == ["2026-Q1", "2025-Q4", "2025-Q3", "2025-Q2", "2025-Q1", "2024-Q4",
                          "2024-Q3", "2024-Q2", "2024-Q1", "2026", "2025", "2024"]  # fmt: skip


@pytest.mark.parametrize("name", ["x", "2026-13", "2026-Q5", "2026-0", "99999", "2026-11-1", ""])
def test_unknown_period_is_not_found(client, name):
    client.force_login(make_user("fin@example.com", is_staff=True, is_superuser=True))

    expected = 200 if name == "" else 404
    assert client.get(reverse("staff-tax-return"), {"period": name}).status_code == expected


def test_staff_see_and_download_the_return(client, vase):
    make_paid_order((vase, 1))
    make_paid_order((vase, 1), country="US", postcode="10001")
    client.force_login(make_user("fin@example.com", is_staff=True, is_superuser=True))

    page = client.get(reverse("staff-tax-return")).content.decode()
    assert "VAT charged" in page
    assert "Exports" in page
    assert "£240.00" in page
    file = client.get(reverse("staff-tax-return-file"))
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    assert "GBP,GB,charged,20,1,0,100.00,20.00,120.00" in text
    assert "GBP,US,export,0,1,0,120.00,0.00,120.00" in text


def test_rates_page_names_the_date_and_marks_own_rates(client):
    OwnTaxRate.objects.create(country="DE", percent="18", since=date(2020, 1, 1))
    client.force_login(make_user("fin@example.com", is_staff=True, is_superuser=True))

    page = client.get(reverse("staff-tax-rates")).content.decode()
    assert "28 Nov 2026" in page
    assert "<strong>18 %</strong>" in page


def test_rows_of_documents_are_never_changed(vase):
    make_paid_order((vase, 1))

    with pytest.raises(TypeError):
        DocumentTax.objects.update(tax=0)


def test_missing_row_of_the_return_is_found(vase):
    make_paid_order((vase, 1))
    DocumentTax.objects.all()._raw_delete("default")

    assert any(sentence.startswith("I13") for sentence in broken_invariants())
