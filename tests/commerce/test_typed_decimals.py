"""Decimal numbers that staff type: a comma is never dropped, and a price has a limit."""

from decimal import Decimal

import pytest
from django import forms
from django.urls import reverse
from django.utils import translation
from oscar.core.loading import get_class, get_model
from wagtail.admin.forms.models import WagtailAdminModelForm

from checkout_app.dashboard.forms import CaptureForm, ReceivedForm, RefundForm
from commerce.dashboard.decimal_fields import DecimalField
from commerce.dashboard.variant_forms import GeneratorForm, VariantRowForm
from commerce.models import DeliveryMethod, SalePrice, ShopSettings
from tests.factories import make_product, make_user, stockrecord_of

FORMS = [
    *(CaptureForm, GeneratorForm, ReceivedForm, RefundForm, VariantRowForm),
    *(get_class("dashboard.catalogue.forms", name) for name in ("OptionForm",)),
]


def typed(text, language="en-gb"):
    with translation.override(language):
        return DecimalField(max_digits=12, decimal_places=2).clean(text)


def test_comma_is_understood_by_language_or_refused():
    assert typed("2.95") == typed("2,95", "de") == typed("2.95", "de") == Decimal("2.95")
    with pytest.raises(forms.ValidationError):
        typed("2,95")


def decimals_of(form):
    return [field for field in form.values() if isinstance(field, forms.DecimalField)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_no_number_field_of_a_browser_drops_the_comma(form):
    fields = decimals_of(form.base_fields)

    assert fields
    assert all(field.localize and field.widget.input_type == "text" for field in fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "number"),
    [("BenefitForm", "value"), ("ConditionForm", "value"), ("RestrictionsForm", "max_discount")],
)
def test_values_of_offers_are_text_fields(name, number):
    field = get_class("dashboard.offers.forms", name)().fields[number]

    assert (field.localize, field.widget.input_type) == (True, "text")


@pytest.mark.django_db
def test_number_of_an_attribute_is_a_text_field(mug):
    """A height of 12,5 became 125 in the specification and the drawing."""
    mug.product_class.attributes.create(code="height", name="Height", type="float")
    form = get_class("dashboard.catalogue.forms", "ProductForm")(
        mug.product_class, data=None, instance=mug
    )

    field = form.fields["attr_height"]
    assert (field.localize, field.widget.input_type) == (True, "text")
    with translation.override("de"):
        assert field.clean("12,5") == field.clean("12.5") == 12.5


@pytest.mark.parametrize("model", [SalePrice, DeliveryMethod, ShopSettings])
def test_pages_of_wagtail_have_text_fields(model):
    decimals = [f.name for f in model._meta.fields if f.get_internal_type() == "DecimalField"]
    form = forms.modelform_factory(model, WagtailAdminModelForm, fields=decimals)

    assert all(field.widget.input_type == "text" for field in decimals_of(form.base_fields))
    assert len(decimals_of(form.base_fields)) == len(decimals) > 0


@pytest.mark.django_db
def test_price_above_the_limit_is_refused(client, shop):
    product = make_product("Bowl", price="20.00")
    client.force_login(make_user("mo@example.com", is_staff=True, is_superuser=True))
    record = stockrecord_of(product)

    form = VariantRowForm(product, record, {
        f"v{product.pk}-{name}": value
        for name, value in {"sku": record.partner_sku, "price": "1e9", "stock": "10"}.items()
    })  # fmt: skip
    assert form.errors["price"] == ["A price can be at most 99999999.99."]
    page = client.get(reverse("dashboard:catalogue-product", args=[product.pk]))
    assert 'inputmode="decimal"' in page.content.decode()
    assert get_model("partner", "StockRecord").objects.get().price == Decimal("20.00")


@pytest.mark.django_db
def test_details_follow_the_product_type_by_name(client, shop):
    product = make_product("Bowl", price="20.00")
    client.force_login(make_user("mo@example.com", is_staff=True, is_superuser=True))

    page = client.get(reverse("dashboard:catalogue-product", args=[product.pk])).content.decode()

    assert page.count("As the product type says</option>") == 2
    assert ">Unknown<" not in page
