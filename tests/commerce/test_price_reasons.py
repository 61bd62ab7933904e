"""The pages that explain a price to staff: each stage with its rule."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.models import OrderLinePricing, SalePrice
from commerce.pricing.explained import explain, explain_line
from commerce.taxes.treatments import Destination
from tests.factories import (
    make_offer,
    make_paid_order,
    make_product,
    make_user,
    make_variants,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def vase(shop):
    return make_product("Vase", price="90.00", stock=20)


@pytest.fixture
def sale(vase):
    start = timezone.now() - timedelta(days=1)
    return SalePrice.objects.create(stockrecord=stockrecord_of(vase), price="72.00", start=start)


@pytest.fixture
def staff(client):
    client.force_login(make_user("mo@example.com", is_staff=True, is_superuser=True))
    return client


def steps_of(steps):
    return [(step.name, f"{step.amount:.2f}") for step in steps]


def test_each_stage_of_a_price_is_named_with_its_rule(vase, sale):
    offer = make_offer("A tenth off", benefit=("Percentage", 10))

    [found] = explain([vase], Destination())

    assert steps_of(found.steps) == [
        ("List price", "90.00"),
        ("Sale price", "72.00"),
        ("Automatic offer", "64.80"),
        ("VAT in it", "10.80"),
    ]
    assert [step.rules for step in found.steps[1:3]] == [
        (("sale", sale.pk),),
        (("offer", offer.pk),),
    ]
    assert found.steps[2].reason == "A tenth off"
    assert found.quote.was == Decimal("90.00")


def test_destination_is_a_stage_of_its_own(vase):
    [found] = explain([vase], Destination("US", "10001"))

    assert steps_of(found.steps)[-2:] == [("At the destination", "90.00"), ("VAT in it", "0.00")]
    assert "Export" in found.steps[-2].reason


def test_page_shows_another_moment(staff, vase, sale):
    url = reverse("staff-prices", args=[vase.pk])

    now = staff.get(url).content.decode()
    assert "£72.00" in now
    assert reverse("wagtailsnippets_commerce_saleprice:edit", args=[sale.pk]) in now
    assert "Shown as reduced from £90.00" in now
    before = (timezone.localtime() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S")
    assert "£72.00" not in staff.get(url, {"at": before}).content.decode().split("Price history")[0]


def test_page_of_variants_has_one_table_each(staff, shop):
    shirt = make_variants("Shirt", {"Size": ["S", "M"]}, price="40.00")

    page = staff.get(reverse("staff-prices", args=[shirt.pk])).content.decode()
    assert page.count("List price") == 2


@pytest.mark.parametrize("query", [{"at": "yesterday"}, {"country": "XX"}])
def test_wrong_input_is_said_and_kept(staff, vase, query):
    response = staff.get(reverse("staff-prices", args=[vase.pk]), query)

    assert response.status_code == 200
    assert response.context["form"].errors


def test_number_of_queries_does_not_grow_with_variants(
    staff, shop, django_assert_max_num_queries, client
):
    shirt = make_variants("Shirt", {"Size": [f"Size {n}" for n in range(12)]}, price="40.00")

    with django_assert_max_num_queries(30):
        staff.get(reverse("staff-prices", args=[shirt.pk]))


def test_line_of_an_order_keeps_its_stages(staff, vase, sale):
    make_offer("A tenth off", benefit=("Percentage", 10))
    order = make_paid_order((vase, 2))
    sale.delete()
    line = order.lines.get()

    assert steps_of(explain_line(line)) == [
        ("List price", "90.00"),
        ("Sale price", "72.00"),
        ("2 units", "144.00"),
        ("Discount", "129.60"),
        ("VAT in it", "21.60"),
    ]
    page = staff.get(reverse("staff-order-prices", args=[order.number])).content.decode()
    assert "£129.60" in page
    assert "A tenth off" in page
    link = reverse("staff-order-prices", args=[order.number])
    assert (
        link in staff.get(reverse("dashboard:order-detail", args=[order.number])).content.decode()
    )


def test_line_without_stages_begins_with_its_unit_price(vase):
    order = make_paid_order((vase, 1))
    OrderLinePricing.objects.all().delete()
    line = get_model("order", "Line").objects.get(order=order)

    assert steps_of(explain_line(line))[0] == ("Each, with VAT", "90.00")
