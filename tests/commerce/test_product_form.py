"""The dashboard's product form: it invents no values, and saves everything or nothing."""

import re

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.dashboard import products
from commerce.models import FacetAttribute, Listing
from tests.factories import make_glaze_attribute, make_product, make_user, put_category
from tests.product_form import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(shop, client):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def test_attribute_saved_with_its_product_is_found_at_once(client, cup):
    """Oscar writes attributes without a signal, after the product's own signal."""
    oat = cup.children.get(title__iendswith="oat")
    oat.attr.dishwasher_safe = False

    oat.save()

    assert not is_found(client, cup, "glaze=oat&dishwasher_safe=yes")
    assert is_found(client, cup, "glaze=slate&dishwasher_safe=yes")


@pytest.fixture
def cup(shop):
    """A cup in two variants. The product says that all are dishwasher safe."""
    cup = make_product("Cup", price="20.00", glazes={"oat": 3, "slate": 3})
    put_category(cup, "Mugs")
    safe, _new = get_model("catalogue", "ProductAttribute").objects.get_or_create(
        product_class=cup.product_class, code="dishwasher_safe",
        defaults={"name": "Dishwasher safe", "type": "boolean"},
    )  # fmt: skip
    for attribute in (safe, make_glaze_attribute(cup.product_class)):
        FacetAttribute.objects.get_or_create(attribute=attribute)
    cup.attr.dishwasher_safe = True
    cup.save()
    return cup


def address_of(product):
    return reverse("dashboard:catalogue-product", args=[product.pk])


def own_values(product):
    rows = product.attribute_values.filter(attribute__code="dishwasher_safe")
    return [row.value for row in rows]


def is_found(client, product, query):
    page = client.get(f"{reverse('catalogue:index')}?{query}")
    return product.pk in {card.product_id for card in page.context["list_page"].cards}


def test_changing_a_variants_price_keeps_its_inherited_values(staff, cup):
    oat = cup.children.get(title__iendswith="oat")
    assert is_found(staff, cup, "glaze=oat&dishwasher_safe=yes")
    data = form_of(staff, oat) | {"stockrecords-0-price": "21.00"}

    staff.post(address_of(oat), data)

    assert str(oat.stockrecords.get().price) == "21.00"
    assert own_values(oat) == []
    assert is_found(staff, cup, "glaze=oat&dishwasher_safe=yes")


@pytest.mark.parametrize(("said", "kept"), [("True", [True]), ("False", [False]), ("", [])])
def test_variant_may_override_and_inherit_again(staff, cup, said, kept):
    oat = cup.children.get(title__iendswith="oat")
    oat.attr.dishwasher_safe = False
    oat.save()
    assert '<option value="False" selected>No</option>' in staff.get(address_of(oat)).text

    staff.post(address_of(oat), form_of(staff, oat) | {"attr_dishwasher_safe": said})

    assert own_values(oat) == kept
    assert is_found(staff, cup, "glaze=oat&dishwasher_safe=yes") == (said != "False")


def test_form_of_an_overriding_variant_keeps_untouched_values(staff, cup):
    oat = cup.children.get(title__iendswith="oat")
    oat.attr.dishwasher_safe = False
    oat.save()

    staff.post(address_of(oat), form_of(staff, oat) | {"stockrecords-0-price": "21.00"})

    assert own_values(oat) == [False]


def test_product_shows_and_keeps_its_boolean(staff, cup):
    page = staff.get(address_of(cup)).text
    assert '<option value="True" selected>Yes</option>' in page

    staff.post(address_of(cup), form_of(staff, cup) | {"title": "Beaker"})

    cup.refresh_from_db()
    assert (cup.title, own_values(cup)) == ("Beaker", [True])


def test_negative_price_is_refused_and_the_input_stays(staff, cup):
    oat = cup.children.get(title__iendswith="oat")
    data = form_of(staff, oat) | {"stockrecords-0-price": "-5", "title": "Cup of oats"}

    answer = staff.post(address_of(oat), data)

    assert answer.status_code == 200
    assert "price" in answer.context["stockrecord_formset"].errors[0]
    assert answer.context["form"]["title"].value() == "Cup of oats"
    assert str(oat.stockrecords.get().price) == "20.00"
    oat.refresh_from_db()
    assert oat.title == "Cup, Oat"


def test_failing_form_saves_nothing(staff, cup, monkeypatch):
    oat = cup.children.get(title__iendswith="oat")
    data = form_of(staff, oat) | {"title": "Cup of oats", "attr_dishwasher_safe": "False"}

    def break_off(self, *args, **kwargs):
        raise RuntimeError("the disk is full")

    formset = products.ProductCreateUpdateView.stockrecord_formset
    monkeypatch.setattr(formset, "save", break_off)
    with pytest.raises(RuntimeError):
        staff.post(address_of(oat), data)

    oat.refresh_from_db()
    assert (oat.title, own_values(oat)) == ("Cup, Oat", [])
    assert Listing.objects.filter(product=cup).exists()


@pytest.mark.parametrize(("kind", "is_taken"), [("float", False), ("boolean", True)])
def test_numeric_facet_is_refused(staff, shop, kind, is_taken):
    product = make_product("Jug", price="30.00")
    attribute = get_model("catalogue", "ProductAttribute").objects.create(
        product_class=product.product_class, name="Capacity", code="capacity_of_it", type=kind
    )
    address = reverse("wagtailsnippets_commerce_facetattribute:add")

    answer = staff.post(address, {"attribute": attribute.pk, "position": 3})

    assert FacetAttribute.objects.filter(attribute=attribute).exists() == is_taken
    assert ("too many values for a facet" in answer.text) != is_taken


def test_page_facets_and_comparison_agree_on_each_variant(staff, client, cup):
    oat = cup.children.get(title__iendswith="oat")
    address = cup.get_absolute_url()
    row = r"Dishwasher safe</th><td>([^<]*)</td>"
    assert re.search(row, client.get(address).text)[1] == "Yes"  # control: no variant differs

    staff.post(address_of(oat), form_of(staff, oat) | {"attr_dishwasher_safe": "False"})

    for chosen in ("", f"?variant={oat.pk}"):
        assert re.search(row, client.get(address + chosen).text)[1] == "No (Oat); Yes (Slate)"


def test_price_of_zero_needs_confirmation_and_the_input_stays(staff, cup):
    oat = cup.children.get(title__iendswith="oat")
    typed = {
        "stockrecords-0-price": "0",
        "stockrecords-0-num_in_stock": "8",
        "title": "Cup of oats",
    }

    answer = staff.post(address_of(oat), form_of(staff, oat) | typed)

    formset = answer.context["stockrecord_formset"]
    assert "price" in formset.errors[0]
    assert 'name="stockrecords-0-gives_away"' in answer.text
    assert (formset[0]["price"].value(), formset[0]["num_in_stock"].value()) == ("0", "8")
    assert answer.context["form"]["title"].value() == "Cup of oats"
    assert str(oat.stockrecords.get().price) == "20.00"

    meant = form_of(staff, oat) | typed | {"stockrecords-0-gives_away": "on"}
    staff.post(address_of(oat), meant)

    assert oat.stockrecords.get().price == 0
    assert oat.stockrecords.get().num_in_stock == 8


def test_unchanged_price_of_zero_needs_no_confirmation(staff, cup):
    oat = cup.children.get(title__iendswith="oat")
    oat.stockrecords.update(price=0)

    staff.post(address_of(oat), form_of(staff, oat) | {"stockrecords-0-num_in_stock": "9"})

    assert oat.stockrecords.get().num_in_stock == 9


def test_new_stock_record_without_a_price_needs_confirmation(staff, shop):
    jug = make_product("Jug", price="30.00", stock=2)
    typed = {
        "stockrecords-1-partner_sku": "JUG-2",
        "stockrecords-1-num_in_stock": "1",
        "stockrecords-1-price": "0.00",
    }

    answer = staff.post(address_of(jug), form_of(staff, jug) | typed)

    assert "price" in answer.context["stockrecord_formset"].errors[1]
    assert jug.stockrecords.count() == 1


def test_negative_price_from_elsewhere_breaks_no_list(staff, cup):
    record = cup.children.get(title__iendswith="oat").stockrecords.get()
    record.price = -5

    record.save()

    assert is_found(staff, cup, "glaze=oat")


def test_sku_of_another_product_is_refused_in_plain_words(staff, cup):
    oat, slate = cup.children.order_by("pk")
    taken = slate.stockrecords.get().partner_sku

    answer = staff.post(
        address_of(oat), form_of(staff, oat) | {"stockrecords-0-partner_sku": taken}
    )

    errors = answer.context["stockrecord_formset"][0].non_field_errors()
    assert errors == ["Another product has this SKU."]
