"""Options of imported variants that the product type has as select attributes already."""

import pytest
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import buy_box_for
from commerce.imports.product_merging import Catalogue
from commerce.imports.product_types import Types
from commerce.models import VariantOption
from tests.commerce.imports.files import as_csv
from tests.commerce.imports.test_export import outcomes, run_file
from tests.factories import make_variants

pytestmark = pytest.mark.django_db
Product = get_model("catalogue", "Product")


def declared(kind):
    rows = VariantOption.objects.filter(attribute__product_class=kind)
    return list(rows.values_list("attribute__name", flat=True))


def shown(product):
    return [option.name for option in buy_box_for(product).options.options]


def import_shirts(kind, title="Coat", price="5.00"):
    rows = [
        {"product": title.lower(), "sku": f"{title}-{size}-{colour}", "title": title,
         "type": kind.name, "price": price, "option:Size": size, "option:Colour": colour}
        for size in ("S", "M") for colour in ("Navy", "Ecru")
    ]  # fmt: skip
    assert "refused" not in outcomes(run_file(as_csv(rows[0].keys(), rows))).values()
    return Product.objects.get(title=title)


def test_select_attribute_that_becomes_an_option_is_declared(shop):
    kind = make_variants("Shirt", {"Size": ["S", "M"]}).product_class
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Colour")
    kind.attributes.create(code="colour", name="Colour", type="option", option_group=group)

    coat = import_shirts(kind)

    assert declared(kind) == ["Size", "Colour"]
    assert VariantOption.objects.get(attribute__name="Colour").meaning == "color"
    assert shown(coat) == ["Size", "Colour"]


def test_first_declared_option_takes_those_that_worked_undeclared_with_it(shop):
    shirt = make_variants("Shirt", {"Size": ["S", "M"], "Cut": ["Slim", "Wide"]})
    kind = shirt.product_class
    VariantOption.objects.all().delete()

    coat = import_shirts(kind)

    assert declared(kind) == ["Size", "Cut", "Colour"]
    assert shown(coat) == ["Size", "Colour"]
    assert shown(shirt) == ["Size", "Cut"]


def test_change_of_a_price_declares_nothing(shop):
    shirt = make_variants("Shirt", {"Size": ["S", "M"], "Colour": ["Navy", "Ecru"]})
    kind = shirt.product_class
    coat = import_shirts(kind)
    VariantOption.objects.filter(attribute__name="Colour").delete()

    import_shirts(kind, price="7.00")

    assert str(coat.children.first().stockrecords.get().price) == "7.00"
    assert declared(kind) == ["Size"]


def test_values_that_a_database_may_call_equal_are_one(shop):
    group = get_model("catalogue", "AttributeOptionGroup").objects.create(name="Colour")
    types = Types(Catalogue())

    keys = {types.value(group.pk, label) for label in ("Rosé", "ROSE", "rose")}

    assert len(keys) == 1
    assert [option.option for option in group.options.all()] == ["Rosé"]
