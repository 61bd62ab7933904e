"""Tax by country, class and date: basket, order, invoice, credit note, checkout and the return."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.payments.placement import totals_of
from commerce.clock import shop_time
from commerce.documents.pdf import render
from commerce.documents.tax_return import (
    distance_sales,
    period_of,
    tax_return,
)
from commerce.exceptions import TaxUnavailable
from commerce.models import (
    CommercialDocument,
    DeliveryMethod,
    OrderTax,
    OwnTaxRate,
    ProductDetails,
    ShopSettings,
    TaxClass,
)
from commerce.orders.invariants import broken_invariants
from commerce.taxes.providers import TaxProvider
from commerce.taxes.rates import TaxRates
from commerce.taxes.treatments import Destination
from tests.factories import (
    ADDRESS,
    deliver_to,
    make_basket,
    make_delivery,
    make_paid_order,
    make_product,
    of_class,
    set_shop,
)
from tests.shopper import give_details, press_pay, reach_payment, see_payment

pytestmark = pytest.mark.django_db
ProductClass = get_model("catalogue", "ProductClass")
Country = get_model("address", "Country")
NET = ShopSettings.PricesAbroad.NET


@pytest.fixture(autouse=True)
def everywhere(shop):
    deliver_to("US", "NL", "FR", "IE", "JE", "PT", "IM", "JP")


@pytest.fixture
def mug():
    return make_product("Mug", price="24.00", stock=100)


@pytest.fixture
def vase():
    return make_product("Vase", price="120.00", stock=100)


@pytest.fixture
def book():
    return of_class(make_product("Book", price="12.00", stock=100), "books")


def invoice_of(order):
    return CommercialDocument.objects.get(order=order, kind="invoice")


def rates_of(order):
    return {row["code"]: (row["net"], row["tax"]) for row in invoice_of(order).facts["rates"]}


# --- By country and class ---------------------------------------------------------------------------


def test_book_and_mug_have_two_rates(book, mug):
    order = make_paid_order((book, 1), (mug, 1))

    assert rates_of(order) == {"GB-0": ("12.00", "0.00"), "GB-20": ("23.75", "4.75")}
    assert order.total_tax == Decimal("4.75")  # 4.00 in the mug, 0.75 in its delivery
    assert broken_invariants() == []


@pytest.mark.parametrize(("kept", "total"), [("gross", "120.00"), ("net", "100.00")])
def test_export_bears_no_vat(vase, kept, total):
    set_shop(prices_abroad=kept)
    order = make_paid_order((vase, 1), country="US", postcode="10001")

    line = order.lines.get()
    assert (line.line_price_incl_tax, line.line_price_excl_tax) == (Decimal(total), Decimal(total))
    assert (line.tax_code, order.shipping_tax_code) == ("US-0-export", "US-0-export")
    assert order.total_tax == 0
    assert order.tax.territory == "US"
    assert broken_invariants() == []
    assert render(invoice_of(order).facts).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("country", "postcode", "code", "tax"),
    [
        ("IE", "D02 AF30", "IE-0-export", "0.00"),
        ("DE", "04109", "DE-0-export", "0.00"),
        ("JE", "JE2 3QA", "JE-0-export", "0.00"),
        ("GB", "JE2 3QA", "JE-0-export", "0.00"),
        ("GB", "BT1 5GS", "XI-20", "20.00"),
    ],
)
def test_shop_in_great_britain_charges_vat_only_in_the_united_kingdom(
    vase, country, postcode, code, tax
):
    order = make_paid_order((vase, 1), country=country, postcode=postcode)

    assert order.lines.get().tax_code == code
    assert order.total_tax == Decimal(tax)


def test_what_is_collected_is_supplied_in_the_shop(vase):
    DeliveryMethod.objects.filter(code="standard").update(is_pickup=True)
    order = make_paid_order((vase, 1), country="US", postcode="10001")

    assert order.lines.get().tax_code == "GB-20"
    assert order.tax.territory == "GB"


def test_print_and_book_in_germany():
    set_shop(country_id="DE")
    print_, book = make_product("Print", price="119.00"), make_product("Roman", price="21.40")
    of_class(book, "books")
    order = make_paid_order((print_, 1), (book, 1), country="DE", postcode="04109")

    assert rates_of(order) == {"DE-19": ("100.00", "19.00"), "DE-7": ("20.00", "1.40")}


@pytest.mark.parametrize("kept", ["gross", "net"])
def test_business_in_another_member_state_accounts_for_the_vat(kept):
    set_shop(country_id="DE", prices_abroad=kept, oss_since=date(2021, 7, 1))
    order = make_paid_order(
        (make_product("Print", price="119.00"), 1),
        country="NL", postcode="1012 JS", vat_number="NL004495445B01",
    )  # fmt: skip

    assert order.basket_total_incl_tax == Decimal("100.00")
    assert rates_of(order) == {"NL-0-reverse": ("100.00", "0.00")}
    facts = invoice_of(order).facts
    assert facts["customer_vat_number"] == "NL004495445B01"
    assert order.tax.vat_number == "NL004495445B01"
    assert (order.total_tax, broken_invariants()) == (0, [])


@pytest.mark.parametrize(
    ("kept", "oss_since", "code", "gross", "net"),
    [
        ("gross", None, "DE-19", "119.00", "100.00"),
        ("net", None, "DE-19", "119.00", "100.00"),
        ("gross", date(2021, 7, 1), "FR-20", "119.00", "99.17"),
        ("net", date(2021, 7, 1), "FR-20", "120.00", "100.00"),
    ],
)
def test_distance_sale_bears_its_destinations_vat_above_the_threshold(
    kept, oss_since, code, gross, net
):
    set_shop(country_id="DE", prices_abroad=kept, oss_since=oss_since)
    print_ = make_product("Print", price="119.00")
    order = make_paid_order((print_, 1), country="FR", postcode="75001")

    line = order.lines.get()
    assert line.tax_code == code
    assert (line.line_price_incl_tax, line.line_price_excl_tax) == (Decimal(gross), Decimal(net))
    assert distance_sales(order.date_placed.year) == (Decimal(net) if code == "DE-19" else 0)


def test_one_stop_shop_begins_at_midnight_of_the_shop(mug):
    set_shop(country_id="DE", oss_since=date(2027, 1, 1), time_zone="Europe/Berlin")
    rates = {}
    for moment in ("2026-12-31 22:59:59", "2026-12-31 23:00:00", "2026-12-31 23:00:01"):
        with shop_time(datetime.fromisoformat(moment).replace(tzinfo=UTC)):
            rates[moment[-8:]] = TaxRates(Destination("FR", "75001")).rate_of(mug).code

    assert rates == {"22:59:59": "DE-19", "23:00:00": "FR-20", "23:00:01": "FR-20"}


def test_download_is_supplied_where_its_buyer_is():
    set_shop(country_id="DE", oss_since=date(2021, 7, 1))
    ebook = of_class(make_product("E-Book", price="10.70"), "ebooks")
    ProductDetails.objects.update_or_create(product=ebook, defaults={"is_shipped": False})

    codes = {
        country: TaxRates(Destination(country, postcode)).rate_of(ebook).code
        for country, postcode in (("DE", ""), ("FR", ""), ("GB", "BT1 5GS"), ("CH", ""))
    }

    assert codes == {"DE": "DE-7", "FR": "FR-5.5", "GB": "XI-0-outside", "CH": "CH-0-outside"}


def test_delivery_of_an_export_is_one_too(vase):
    set_shop(prices_abroad=NET)
    DeliveryMethod.objects.filter(code="standard").update(price="12.00", free_over=None)
    address = get_model("order", "ShippingAddress")(country_id="US", postcode="10001")
    charge = totals_of(
        make_basket((vase, 1)), delivery_code="standard", shipping_address=address, user=None
    ).charge

    assert (charge.incl_tax, charge.excl_tax) == (Decimal("10.00"), Decimal("10.00"))
    assert charge.tax_code == "US-0-export"


@pytest.mark.parametrize(
    ("country", "postcode"), [("GB", "NR23 1AH"), ("GB", "BT1 5GS"), ("IM", "IM1 1AA")]
)
@pytest.mark.parametrize("percent", ["17.5", "0"])
def test_territories_that_share_rates_share_those_of_the_shop(
    vase, book, country, postcode, percent
):
    set_shop(tax_percent=Decimal(percent))
    taxes = TaxRates(Destination(country, postcode))

    assert taxes.rate_of(vase).percent == Decimal(percent)
    assert taxes.rate_of(book).percent == 0


def test_own_rate_of_a_country_is_also_that_of_its_parts(book):
    books = TaxClass.objects.get(code="books")
    OwnTaxRate.objects.create(country="GB", tax_class=books, percent="5", since=date(2020, 1, 1))

    assert TaxRates(Destination("GB", "BT1 5GS")).rate_of(book).code == "XI-5"


def test_shop_that_charges_no_vat_charges_none_on_any_class():
    set_shop(country_id="DE", tax_percent=Decimal(0))
    book = of_class(make_product("Roman", price="21.40"), "books")

    assert TaxRates(Destination("DE")).rate_of(book).code == "DE-0"
    assert TaxRates(Destination("FR")).rate_of(book).code == "DE-0"


@pytest.mark.parametrize("kept", ["gross", "net"])
def test_gift_card_costs_its_value_everywhere(kept):
    set_shop(country_id="DE", prices_abroad=kept)
    card = make_product("Gift card", price="100.00")
    ProductDetails.objects.update_or_create(
        product=card, defaults={"is_shipped": False, "gift_card_value": Decimal(100)}
    )
    taxes = TaxRates(Destination("FR", "75001", "FR83404833048"))

    price, rate = taxes.price_of(Decimal("100.00"), card)
    assert (price, rate.code) == (Decimal("100.00"), "DE-0")


def test_delivery_bears_the_rate_of_what_is_delivered(mug):
    set_shop(country_id="DE")
    film = make_product("Film", price="119.00")
    ProductDetails.objects.update_or_create(product=film, defaults={"is_shipped": False})
    taxes = TaxRates(Destination("GB", "BT1 5GS"))

    _price, rate = taxes.delivery_price(
        Decimal("5.95"), [(mug, Decimal("24.00")), (film, Decimal("119.00"))]
    )
    assert rate.code == "DE-19"


def test_order_of_downloads_costs_the_same_after_collection_was_chosen(client, vase):
    set_shop(prices_abroad=NET)
    DeliveryMethod.objects.filter(code="standard").update(is_pickup=True)
    DeliveryMethod.objects.create(
        code="digital", name="By email", price=0, is_digital=True, min_days=0, max_days=0
    ).countries.set(Country.objects.all())
    film = make_product("Film", price="120.00")
    ProductDetails.objects.update_or_create(product=film, defaults={"is_shipped": False})
    start(client, vase, country="US", postcode="10001", state="NY", line4="New York")
    client.post(reverse("checkout:shipping-method"), {"method": "standard"})
    client.post(reverse("basket:clear"))
    client.post(reverse("basket:add", args=[film.pk]), {"quantity": 1, "next": "/"})

    page = see_payment(client)

    assert page.context["summary"].total == Decimal("100.00")
    assert press_pay(client).status_code == 200


def test_collection_that_the_country_does_not_have_taxes_nothing_at_home(client, vase):
    set_shop(prices_abroad=NET)
    make_delivery("collect", price="0.00").countries.set(["GB"])
    DeliveryMethod.objects.filter(code="collect").update(is_pickup=True)
    start(client, vase)
    client.post(reverse("checkout:shipping-method"), {"method": "collect"})
    start(client, vase, country="US", postcode="10001", state="NY", line4="New York")

    page = client.get(reverse("checkout:shipping-method"))
    assert page.context["summary"].tax == 0


# --- Rates that staff entered -----------------------------------------------------------------------


def test_own_rate_applies_from_its_first_to_its_last_day(book, mug):
    OwnTaxRate.objects.create(
        country="GB", percent="17.5", since=date(2026, 12, 1), until=date(2026, 12, 2)
    )
    books = TaxClass.objects.get(code="books")
    OwnTaxRate.objects.create(country="GB", tax_class=books, percent="5", since=date(2026, 12, 2))

    found = []
    for days in range(4):
        with shop_time(datetime(2026, 11, 30, 12, tzinfo=UTC) + timedelta(days=days)):
            taxes = TaxRates()
            found.append((taxes.rate_of(mug).code, taxes.rate_of(book).code))

    assert found == [
        ("GB-20", "GB-0"),
        ("GB-17.5", "GB-0"),
        ("GB-17.5", "GB-5"),
        ("GB-20", "GB-5"),
    ]


def test_class_of_the_shops_own_has_the_rates_that_staff_enter(mug):
    wine = TaxClass.objects.create(code="wine", name="Wine")
    of_class(mug, "wine")
    OwnTaxRate.objects.create(country="PT", tax_class=wine, percent="13", since=date(2020, 1, 1))
    set_shop(country_id="PT")

    assert TaxRates().rate_of(mug).code == "PT-13"
    assert TaxRates(Destination("PT", "9500-150")).rate_of(mug).code == "PT-20-16"


def test_last_day_before_the_first_is_refused():
    with pytest.raises(ValidationError, match="before the first"):
        OwnTaxRate(
            country="DE", percent="19", since=date(2026, 2, 1), until=date(2026, 1, 1)
        ).full_clean()


class CountyTax(TaxProvider):
    """A provider that knows one postcode."""

    def percent(self, destination, tax_class, on):
        return Decimal("8.875") if destination.postcode == "10001" else None


def test_provider_decides_where_the_shop_is_registered(mug, settings):
    settings.TAX_PROVIDER = f"{__name__}.CountyTax"
    set_shop(tax_registrations="US 12-3456789", prices_abroad=NET)

    known = TaxRates(Destination("US", "10001"))
    assert known.rate_of(mug).percent == Decimal("8.875")
    assert known.price_of(Decimal("24.00"), mug)[0] == Decimal("21.78")
    assert TaxRates(Destination("US", "94016")).rate_of(mug).code == "US-0"
    order = make_paid_order((mug, 3), country="US", postcode="10001")
    assert order.lines.get().tax_code == "US-8.875"
    assert rates_of(order) == {"US-8.875": ("60.01", "5.33")}
    [row] = tax_return(period_of(f"{order.date_placed:%Y-%m}"))
    assert (row.country, row.percent, row.tax) == ("US", Decimal("8.875"), Decimal("5.33"))
    assert invoice_of(order).facts["seller"]["vat_number"] == "12-3456789"


class SilentService(TaxProvider):
    """A provider that cannot answer."""

    def percent(self, destination, tax_class, on):
        raise TaxUnavailable("no answer")


def test_nothing_is_sold_with_a_guessed_tax(client, vase, settings):
    assert reach_payment(client, vase).status_code == 200
    settings.TAX_PROVIDER = f"{__name__}.SilentService"

    page = client.get(reverse("basket:summary"))
    assert page.status_code == 503
    assert "We can’t work out the tax" in page.content.decode()
    answer = press_pay(client)
    assert answer.status_code == 503
    assert "We can’t work out the tax" in answer.json()["error"]
    assert not get_model("order", "Order").objects.exists()

    settings.TAX_PROVIDER = "commerce.taxes.providers.TaxProvider"
    assert press_pay(client).status_code == 200


# --- Rounding ---------------------------------------------------------------------------------------


def test_rounded_for_the_sum_of_each_rate_the_lines_add_up_to_it():
    set_shop(tax_rounding=ShopSettings.TaxRounding.TOTAL)
    clips = [make_product(f"Clip {n}", price="0.29", stock=10) for n in range(7)]
    order = make_paid_order(*[(clip, 1) for clip in clips])

    goods = sum(line.line_price_excl_tax for line in order.lines.all())
    assert goods == Decimal("1.69")  # 2.03 / 1.2; line by line it is 7 × 0.24 = 1.68
    assert rates_of(order) == {"GB-20": ("5.44", "1.09")}  # 6.53 / 1.2 with its delivery
    assert broken_invariants() == []


# --- The checkout -----------------------------------------------------------------------------------


def start(client, product, **fields):
    client.post(reverse("basket:add", args=[product.pk]), {"quantity": 1, "next": "/"})
    return client.post(
        reverse("checkout:shipping-address"),
        {**ADDRESS, "country": "GB", "email": "ada@example.com", "billing_same": "on", **fields},
    )


def test_checkout_shows_what_the_destination_bears_and_why(client, vase):
    set_shop(prices_abroad=NET)
    assert (
        start(
            client, vase, country="US", postcode="10001", state="NY", line4="New York"
        ).status_code
        == 302
    )

    page = client.get(reverse("checkout:shipping-method")).content.decode()
    assert "Export: import VAT and duty may be due on arrival." in page
    assert "£100" in page
    assert "£120" not in page
    basket = client.get(reverse("basket:summary")).content.decode()
    assert "£100" in basket
    assert "price has dropped" not in basket


def test_summary_follows_the_country_that_is_being_chosen(client, vase):
    client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1, "next": "/"})

    pages = {
        country: client.get(
            reverse("checkout:shipping-address") + f"?country={country}"
        ).content.decode()
        for country in ("GB", "US")
    }
    assert "including 20% VAT" in pages["GB"]
    assert "No VAT" in pages["US"]


def test_vat_number_is_checked_and_kept_in_the_form(client, vase):
    refused = start(client, vase, vat_number="DE1")
    assert refused.status_code == 422
    assert "This isn’t a VAT number." in refused.content.decode()
    assert 'value="DE1"' in refused.content.decode()

    assert start(client, vase, vat_number="de 136695976").status_code == 302
    page = client.get(reverse("checkout:shipping-address")).content.decode()
    assert 'value="DE136695976"' in page


def test_vat_number_changed_in_another_tab_is_told(client, vase):
    set_shop(country_id="DE")
    where = {"country": "NL", "postcode": "1012 JS", "line4": "Amsterdam"}
    reach_payment(client, vase, **where)
    give_details(client, vat_number="NL004495445B01", **where)

    answer = press_pay(client)

    assert answer.status_code == 409
    assert "The VAT number is now NL004495445B01." in answer.json()["error"]
    assert "Vase now costs £100.84 instead of £120." in answer.json()["error"]
    see_payment(client)
    assert press_pay(client).status_code == 200
    assert OrderTax.objects.get().vat_number == "NL004495445B01"
