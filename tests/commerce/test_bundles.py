"""Bundles: their price is their own, their parts leave the stock."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.payments.placement import place_order
from checkout_app.storefront.refusals import shortage_text
from commerce.documents.issuing import packing_facts
from commerce.exceptions import OutOfStock
from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings
from commerce.models import BundlePart, ProductDetails, ReturnRequest, StockChange
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.orders.shipments import ship
from commerce.returns.returns import Received, receive_return
from tests.crawler import Crawled
from tests.factories import (
    make_basket,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    make_variants,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db
StockRecord = get_model("partner", "StockRecord")


@pytest.fixture
def teapot(shop):
    return make_product("Teapot", price="60.00", stock=7)


@pytest.fixture
def tea_set(mug, teapot, django_capture_on_commit_callbacks):
    """A teapot and two mugs for £75; ten mugs and seven teapots are in stock."""
    product = make_product("Tea set", price="75.00", stock=0)
    mug_part = mug.children.first() if mug.is_parent else mug
    with django_capture_on_commit_callbacks(execute=True):
        BundlePart.objects.create(bundle=product, part=teapot, quantity=1)
        BundlePart.objects.create(bundle=product, part=mug_part, quantity=2)
        set_stock(mug_part, 10)
    product.mug = mug_part
    return product


def set_stock(product, units):
    record = stockrecord_of(product)
    record.num_in_stock = units
    record.save()


def numbers(*products):
    records = [stockrecord_of(product) for product in products]
    return [(record.num_in_stock, record.num_allocated or 0) for record in records]


def test_stock_of_a_bundle_follows_its_parts(
    client, tea_set, teapot, django_capture_on_commit_callbacks
):
    assert numbers(tea_set) == [(5, 0)]
    with django_capture_on_commit_callbacks(execute=True):
        set_stock(teapot, 3)
    assert numbers(tea_set) == [(3, 0)]
    assert cards_for([tea_set.pk])[0].availability == "low"

    with django_capture_on_commit_callbacks(execute=True):
        set_stock(teapot, 0)

    assert cards_for([tea_set.pk])[0].availability == "sold_out"
    assert "Sold out" in Crawled(client.get(tea_set.get_absolute_url())).text(".buy-box--page")
    assert list(broken_listings()) == []


def test_typed_stock_of_a_bundle_does_not_stay(tea_set, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        set_stock(tea_set, 99)

    assert numbers(tea_set) == [(5, 0)]


def test_parts_are_reserved_and_leave_the_stock(
    tea_set, teapot, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        order = make_paid_order((tea_set, 2), (tea_set.mug, 1))
    line = order.lines.get(product=tea_set)
    assert line.line_price_incl_tax == Decimal("150.00")
    assert numbers(tea_set, teapot, tea_set.mug) == [(2, 0), (7, 2), (10, 5)]
    assert broken_invariants() == []

    with django_capture_on_commit_callbacks(execute=True):
        ship(order.pk, units={line.pk: 1})
    assert numbers(tea_set, teapot, tea_set.mug) == [(2, 0), (6, 1), (8, 3)]
    with django_capture_on_commit_callbacks(execute=True):
        ship(order.pk)

    assert numbers(tea_set, teapot, tea_set.mug) == [(2, 0), (5, 0), (5, 0)]
    assert broken_invariants() == []
    kinds = StockChange.objects.filter(stockrecord=stockrecord_of(tea_set)).values_list("kind")
    assert ("parts",) in set(kinds)


def test_cancelling_returns_the_parts_as_they_were_ordered(
    tea_set, teapot, django_capture_on_commit_callbacks
):
    order = make_paid_order((tea_set, 1))
    BundlePart.objects.filter(part=teapot).update(quantity=3)

    with django_capture_on_commit_callbacks(execute=True):
        move_order(order.pk, "Cancelled")

    assert numbers(teapot, tea_set.mug) == [(7, 0), (10, 0)]
    assert numbers(tea_set) == [(2, 0)]
    assert broken_invariants() == []


def test_returned_bundle_restocks_its_parts(tea_set, teapot, django_capture_on_commit_callbacks):
    order = make_paid_order((tea_set, 2))
    ship(order.pk)
    line = order.lines.get()
    request = ReturnRequest.objects.create(number="R-1", key="r", order=order, state="approved")
    row = request.lines.create(line=line, quantity=2)

    with django_capture_on_commit_callbacks(execute=True):
        receive_return(request.pk, {row.pk: Received(1, restock=True)}, user=None)

    assert numbers(teapot, tea_set.mug) == [(6, 0), (8, 0)]
    assert numbers(tea_set) == [(4, 0)]
    assert broken_invariants() == []


def test_parts_of_a_deleted_bundle_still_leave_the_stock(tea_set, teapot):
    order = make_paid_order((tea_set, 2))
    mug = tea_set.mug
    tea_set.delete()

    ship(order.pk)

    assert numbers(teapot, mug) == [(5, 0), (6, 0)]
    assert broken_invariants() == []


def test_part_without_a_stock_record_refuses_the_bundle(tea_set, teapot):
    basket = make_basket((tea_set, 1))
    submission = make_submission(basket)
    stockrecord_of(teapot).delete()

    with pytest.raises(OutOfStock, match="Tea set: 0 of 1"):
        place_order(submission)


def test_bundle_cannot_be_sold_without_stock(tea_set):
    for fields in ({"later": "backorder"}, {"is_stock_counted": False}, {"is_shipped": False}):
        with pytest.raises(ValidationError, match="sold from stock only"):
            ProductDetails(product=tea_set, **fields).full_clean()


def test_product_of_variants_keeps_its_bundles_and_parts_possible(shop):
    parent = make_variants("Cup", {"Colour": ["Navy", "White"]})
    bundle, part = parent.children.order_by("pk")
    saucer = make_product("Saucer", price="3.00", stock=9)
    BundlePart.objects.create(bundle=bundle, part=saucer)
    BundlePart.objects.create(bundle=make_product("Set", price="30.00"), part=part)
    refused = {
        "backorder": ("sold from stock only", {"later": "backorder"}),
        "posted": ("sent by post", {"is_shipped": False}),
        "counted": ("sent by post", {"is_stock_counted": False}),
    }
    for text, fields in refused.values():
        with pytest.raises(ValidationError, match=text):
            ProductDetails(product=parent, **fields).full_clean()
    ProductDetails(product=part, later="backorder").full_clean()
    with pytest.raises(ValidationError, match="Parts of bundles have stock"):
        ProductDetails(product=saucer, is_shipped=False).full_clean()
    own = ProductDetails.objects.create(product=bundle, later="no")
    ProductDetails(product=parent, later="backorder").full_clean()
    ProductDetails.objects.create(product=parent, later="backorder")

    own.later = ""
    with pytest.raises(ValidationError, match="sold from stock only"):
        own.full_clean()


def test_first_details_of_a_bundle_are_checked_in_the_editor(staff, tea_set):
    form = staff.get(reverse("dashboard:catalogue-product", args=[tea_set.pk])).context["form"]
    sent = {name: form.initial.get(name) for name in form.fields if form.initial.get(name)}
    bound = type(form)(
        tea_set.product_class, data=sent | {"details-later": "backorder"}, instance=tea_set
    )

    assert "sold from stock only" in str(bound.errors["details-later"])
    assert not ProductDetails.objects.exists()


def test_product_without_parts_has_no_stock(staff, tea_set):
    for part in list(tea_set.bundle_parts.all()):
        staff.post(
            reverse("staff-bundle", args=[tea_set.pk]), {"action": "remove", "part_id": part.pk}
        )

    assert numbers(tea_set) == [(0, 0)]


def test_part_sold_elsewhere_refuses_the_bundle(tea_set, teapot):
    basket = make_basket((tea_set, 3))
    submission = make_submission(basket)
    make_paid_order((teapot, 5))
    with pytest.raises(OutOfStock, match="Tea set: 2 of 3"):
        place_order(submission)
    assert numbers(teapot, tea_set.mug) == [(7, 5), (10, 0)]


@pytest.mark.parametrize(
    ("bought", "teapots", "mugs", "text"),
    [
        ({"set": 3}, 2, 10, "only 2 of Tea set left (too few: Teapot)"),
        ({"set": 3}, 7, 1, "Tea set is sold out (missing: Harbour mug, Slate)"),
        ({"set": 3}, 2, 3, "only 1 of Tea set left (too few: Harbour mug, Slate; Teapot)"),
        (
            {"set": 3, "mug": 5},
            7,
            10,
            "only 10 of Harbour mug, Slate left, including those for Tea set",
        ),
        ({"set": 1, "mug": 1}, 7, 0, "Harbour mug, Slate is sold out, also for Tea set"),
        ({"teapot": 3}, 2, 10, "only 2 of Teapot left"),
    ],
)
def test_refusal_names_what_the_shopper_bought(tea_set, teapot, bought, teapots, mugs, text):
    products = {"set": tea_set, "mug": tea_set.mug, "teapot": teapot}
    basket = make_basket(*((products[name], count) for name, count in bought.items()))
    submission = make_submission(basket)
    for product, units in ((teapot, teapots), (tea_set.mug, mugs)):  # as another process does
        records = StockRecord.objects.filter(product=product)
        records.update(num_in_stock=units)

    with pytest.raises(OutOfStock) as refusal:
        place_order(submission)

    assert f": {text}." in shortage_text(refusal.value)


def test_each_of_two_short_products_with_one_title_is_named(shop):
    """Only one was named, and the shopper was refused again."""
    bowls = [make_product("Bowl", price="9.00", stock=5) for _number in range(2)]
    submission = make_submission(make_basket(*((bowl, 3) for bowl in bowls)))
    for bowl, units in zip(bowls, (1, 2), strict=True):
        StockRecord.objects.filter(product=bowl).update(num_in_stock=units)

    with pytest.raises(OutOfStock) as refusal:
        place_order(submission)

    assert "only 1 of Bowl left" in shortage_text(refusal.value)
    assert "only 2 of Bowl left" in shortage_text(refusal.value)


def test_page_and_packing_slip_name_the_parts(client, tea_set):
    page = Crawled(client.get(tea_set.get_absolute_url()))
    assert page.texts(".bundle li")[0].split() == ["1", "×", "Teapot"]
    order = make_paid_order((tea_set, 1))

    facts = packing_facts(order, [(order.lines.get(), 1)])

    assert facts["lines"][0]["title"].startswith("Tea set (1 × Teapot, 2 × ")


# --- In the dashboard -----------------------------------------------------------------------------


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def test_staff_put_a_bundle_together(staff, teapot, vase):
    box = make_product("Gift box", price="80.00", stock=0)
    url = reverse("staff-bundle", args=[box.pk])
    for part, quantity in ((teapot, 1), (vase, 2)):
        sku = stockrecord_of(part).partner_sku
        staff.post(url, {"action": "add", "sku": f" {sku} ", "quantity": quantity})
    assert [str(part) for part in box.bundle_parts.all()] == ["1 × Teapot", "2 × Moon vase"]
    assert numbers(box) == [(min(7, stockrecord_of(vase).num_in_stock // 2), 0)]

    staff.post(url, {"action": "remove", "part_id": box.bundle_parts.get(part=vase).pk})

    assert numbers(box) == [(7, 0)]
    page = Crawled(staff.get(reverse("dashboard:catalogue-product", args=[box.pk])))
    assert page.soup.select_one("input[name$=num_in_stock]").has_attr("disabled")


@pytest.mark.parametrize(
    ("sku_of", "quantity", "sentence"),
    [
        ("nothing", 1, "No product has the SKU “nothing”."),
        ("tea_set", 1, "“Tea set” is a bundle itself."),
        ("teapot", 1, "“Teapot” is part of this bundle already."),
        ("service", 1, "“Service” has no stock, so it can’t be part of a bundle."),
        ("vase", 0, "greater than or equal to 1"),
    ],
)
def test_impossible_parts_are_refused(staff, tea_set, teapot, vase, sku_of, quantity, sentence):
    service = make_product("Service", price="5.00", track_stock=False)
    products = {"tea_set": tea_set, "teapot": teapot, "vase": vase, "service": service}
    sku = stockrecord_of(products[sku_of]).partner_sku if sku_of in products else sku_of

    page = staff.post(
        reverse("staff-bundle", args=[tea_set.pk]),
        {"action": "add", "sku": sku, "quantity": quantity},
    )

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert tea_set.bundle_parts.count() == 2


def test_part_of_a_bundle_is_not_deleted(staff, tea_set, teapot, vase):
    url = reverse("dashboard:catalogue-product-delete", args=[teapot.pk])

    page = staff.post(url, follow=True)

    assert "It is part of Tea set." in page.content.decode()
    assert type(teapot).objects.filter(pk=teapot.pk).exists()
    staff.post(reverse("dashboard:catalogue-product-delete", args=[vase.pk]))
    assert not type(vase).objects.filter(pk=vase.pk).exists()


def test_part_of_a_bundle_cannot_be_a_bundle(staff, tea_set, teapot, vase):
    url = reverse("staff-bundle", args=[teapot.pk])
    sku = stockrecord_of(vase).partner_sku

    page = staff.post(url, {"action": "add", "sku": sku, "quantity": 1})

    assert "it can’t be one itself" in page.content.decode()
    assert not teapot.bundle_parts.exists()


def test_part_needs_a_quantity(tea_set, vase):
    with pytest.raises(ValidationError):
        BundlePart(bundle=tea_set, part=vase, quantity=0).full_clean()
