"""VAT by product type: basket, delivery, order, invoice and credit note, and where staff set it."""

from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from oscar.core.loading import get_model

from checkout_app.payments import begin, settle
from checkout_app.payments.placement import totals_of
from commerce.documents.sums import rate_of
from commerce.models import AuditEntry, CommercialDocument, ProductTypeTax, TaxClass
from commerce.orders.invariants import broken_invariants
from commerce.shop_values.vat_rates import standard_percent
from commerce.tax import TaxRate, percent_in
from tests.factories import (
    make_basket,
    make_offer,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    make_variants,
    of_class,
    pay,
    set_shop,
)

ProductClass = get_model("catalogue", "ProductClass")
IN_LEIPZIG = {"country": "DE", "postcode": "04109"}


@pytest.fixture
def german(shop):
    set_shop(country_id="DE")


@pytest.fixture
def book(german):
    return of_class(make_product("Novel", price="10.70"), "books")


@pytest.fixture
def mug(german):
    return make_product("Mug", price="23.80")


@pytest.fixture
def voucher(german):
    return of_class(make_product("Gift card", price="50.00"), "none")


# --- The arithmetic -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "gross", "net"),
    [
        ("20", "24.00", "20.00"),
        ("19", "23.80", "20.00"),
        ("7", "10.70", "10.00"),
        ("5.5", "10.55", "10.00"),
        ("0", "50.00", "50.00"),
        ("19", "0.01", "0.01"),
        ("7", "9.99", "9.34"),
        ("19", "19.99", "16.80"),
    ],
)
def test_price_is_split_at_its_rate(percent, gross, net):
    split = TaxRate("DE", Decimal(percent)).split(Decimal(gross))

    assert (split.excl, split.excl + split.tax) == (Decimal(net), Decimal(gross))


@given(st.decimals(min_value=0, max_value=50, places=2))
def test_code_names_its_rate(percent):
    assert percent_in(TaxRate("DE", percent).code) == percent


@pytest.mark.parametrize(
    ("code", "percent"),
    [
        ("GB-standard", 20),
        ("GB-20", 20),
        ("FR-5.5", Decimal("5.5")),
        ("", None),
        (None, None),
        ("GB-x", None),
    ],
)
def test_stored_codes_are_read(code, percent):
    assert percent_in(code) == percent


def test_rate_of_a_code_is_exact_where_cents_would_give_another():
    assert rate_of(Decimal("0.93"), Decimal("1.00"), "DE-7") == Decimal(7)


# --- Basket, order, documents ---------------------------------------------------------------------


@pytest.mark.django_db
def test_each_line_bears_the_rate_of_its_type(book, mug, voucher):
    basket = make_basket((book, 2), (mug, 1), (voucher, 1))

    prices = [line.purchase_info.price for line in basket.all_lines()]
    assert [(price.excl_tax, price.tax_code) for price in prices] == [
        (Decimal("10.00"), "DE-7"),
        (Decimal("20.00"), "DE-19"),
        (Decimal("50.00"), "DE-0"),
    ]
    assert basket.total_tax == Decimal("1.40") + Decimal("3.80")


@pytest.mark.django_db
def test_variant_bears_the_rate_of_its_product(german):
    parent = of_class(make_variants("Atlas", {"Format": ["Hardback"]}, price="10.70"), "books")
    basket = make_basket((parent.children.get(), 1))

    assert basket.all_lines()[0].purchase_info.price.tax_code == "DE-7"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("books", "mugs", "code", "net"),
    [(1, 0, "DE-7", "4.21"), (0, 1, "DE-19", "3.78"), (1, 1, "DE-19", "3.78"),
     (3, 1, "DE-7", "4.21")],
)  # fmt: skip
def test_delivery_bears_the_rate_of_most_of_the_goods(book, mug, books, mugs, code, net):
    basket = make_basket(*[row for row in ((book, books), (mug, mugs)) if row[1]])
    address = get_model("order", "ShippingAddress")(country_id="DE", postcode="04109")

    charge = totals_of(basket, delivery_code="standard", shipping_address=address, user=None).charge

    assert (charge.incl_tax, charge.excl_tax) == (Decimal("4.50"), Decimal(net))
    assert charge.tax_code == code


@pytest.mark.django_db
def test_invoice_and_credit_note_add_up_by_rate(book, mug):
    order = make_paid_order((book, 2), (mug, 1), **IN_LEIPZIG)

    invoice = CommercialDocument.objects.get(order=order, kind="invoice")
    assert invoice.facts["rates"] == [
        {"rate": "19", "code": "DE-19", "net": "23.78", "tax": "4.52", "gross": "28.30"},
        {"rate": "7", "code": "DE-7", "net": "20.00", "tax": "1.40", "gross": "21.40"},
    ]
    assert order.total_incl_tax - order.total_excl_tax == Decimal("5.92")
    assert broken_invariants() == []


@pytest.mark.django_db
def test_rate_changed_between_basket_and_payment_is_the_one_invoiced(book):
    basket = make_basket((book, 1))
    ProductTypeTax.objects.all().delete()
    basket = get_model("basket", "Basket").objects.get(pk=basket.pk)
    basket.strategy = make_basket().strategy

    attempt, _intent = begin.begin(make_submission(basket, **IN_LEIPZIG))
    pay(attempt)
    order = settle.settle(attempt.intent_id).order

    line = order.lines.get()
    assert (line.tax_code, line.line_price_excl_tax) == ("DE-19", Decimal("8.99"))
    assert line.prices.get().tax_code == "DE-19"


@pytest.mark.django_db
def test_order_keeps_its_rate(book):
    order = make_paid_order((book, 1), **IN_LEIPZIG)
    ProductTypeTax.objects.all().delete()

    assert order.lines.get().tax_code == "DE-7"
    document = CommercialDocument.objects.get(order=order, kind="invoice")
    assert {row["rate"] for row in document.facts["rates"]} == {"7"}


def test_isle_of_man_has_the_vat_of_the_united_kingdom():
    assert standard_percent("IM") == standard_percent("GB") == 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("country", "percent", "code"),
    [
        ("GB", None, "GB-20"),
        ("DE", None, "DE-19"),
        ("DE", "16", "DE-16"),
        ("DE", "0", "DE-0"),
    ],
)
def test_standard_rate_is_that_of_the_settings_or_the_country(shop, country, percent, code):
    set_shop(country_id=country, tax_percent=percent and Decimal(percent))
    basket = make_basket((make_product("Mug", price="20.00"), 1))

    assert basket.all_lines()[0].purchase_info.price.tax_code == code


# --- Where staff set it ---------------------------------------------------------------------------


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("mo@example.com", is_staff=True, is_superuser=True))
    return client


def save_type(client, kind, **fields):
    values = {
        "name": kind.name, "requires_shipping": "on", "track_stock": "on",
        "attributes-TOTAL_FORMS": 0, "attributes-INITIAL_FORMS": 0, **fields,
    }  # fmt: skip
    return client.post(reverse("dashboard:catalogue-class-update", args=[kind.pk]), values)


@pytest.mark.django_db
def test_staff_set_and_clear_the_rate_of_a_type(staff):
    kind = ProductClass.objects.create(name="Book")

    books = TaxClass.objects.get(code="books")
    assert save_type(staff, kind, tax_class=books.pk).status_code == 302
    assert ProductTypeTax.objects.get().tax_class == books
    page = staff.get(reverse("dashboard:catalogue-class-update", args=[kind.pk]))
    assert f'<option value="{books.pk}" selected>Books</option>' in page.content.decode()

    assert save_type(staff, kind, tax_class="").status_code == 302
    assert not ProductTypeTax.objects.exists()
    changes = AuditEntry.objects.filter(kind="commerce.producttypetax").order_by("pk")
    assert [entry.act for entry in changes] == ["added", "deleted"]


@pytest.mark.django_db
def test_new_type_is_saved_with_its_rate(staff):
    fields = {
        "name": "Book", "tax_class": TaxClass.objects.get(code="books").pk,
        "attributes-TOTAL_FORMS": 0, "attributes-INITIAL_FORMS": 0,
    }  # fmt: skip

    assert staff.post(reverse("dashboard:catalogue-class-create"), fields).status_code == 302
    row = ProductTypeTax.objects.get()
    assert (row.product_class.name, row.tax_class.code) == ("Book", "books")


@pytest.mark.django_db
def test_name_of_another_type_is_refused(staff):
    ProductClass.objects.create(name="Book")
    kind = ProductClass.objects.create(name="Novel")
    kind.name = "book "

    assert save_type(staff, kind).context["form"].errors["name"]
    kind.name = "NOVEL"
    assert save_type(staff, kind).status_code == 302


@pytest.mark.django_db
def test_unknown_tax_class_is_refused(staff):
    kind = ProductClass.objects.create(name="Book")

    response = save_type(staff, kind, tax_class="999999")

    assert response.status_code == 200
    assert response.context["form"].errors["tax_class"]
    assert not ProductTypeTax.objects.exists()


# --- Rounding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "units", "vat"), [("0.85", 12, "1.70"), ("0.29", 96, "4.64"), ("1.25", 144, "30.00")]
)
def test_tax_of_many_cheap_units_is_that_of_their_sum(shop, price, units, vat):
    order = make_paid_order((make_product("Clip", price=price, stock=500), units))

    line = order.lines.get()
    assert line.line_price_incl_tax - line.line_price_excl_tax == Decimal(vat)
    total = Decimal(price) * units
    assert line.line_price_before_discounts_incl_tax == total
    assert line.line_price_before_discounts_excl_tax == total - Decimal(vat)
    [invoice] = CommercialDocument.objects.filter(order=order, kind="invoice")
    [row] = [row for row in invoice.facts["lines"] if row["quantity"] == units]
    assert Decimal(row["gross"]) - Decimal(row["net"]) == Decimal(vat)
    assert order.total_incl_tax - order.total_excl_tax == sum(
        Decimal(rate["tax"]) for rate in invoice.facts["rates"]
    )
    assert list(broken_invariants()) == []


def test_tax_is_of_what_is_paid_after_discounts(shop):
    make_offer("A third off", benefit=("Percentage", 33))
    order = make_paid_order((make_product("Clip", price="1.25", stock=500), 144))

    line = order.lines.get()
    assert (line.line_price_incl_tax, line.line_price_excl_tax) == (
        Decimal("120.60"),
        Decimal("100.50"),
    )
