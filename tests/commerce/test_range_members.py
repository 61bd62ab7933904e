"""Our query for the products of ranges agrees with Oscar, for any range, in one query for many."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oscar.core.loading import get_model

from commerce.pricing.range_members import members_of
from tests import factories

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
Range = get_model("offer", "Range")


@pytest.fixture
def catalogue(mug, vase):
    """Two products with variants, two without, two product classes, and nested categories."""
    jug = factories.make_product("Jug", price="30.00", glazes={"ink": 1, "oat": 1})
    dish = factories.make_product("Dish", price="12.00")
    other_kind = ProductClass.objects.create(name="Linen")
    Product.objects.filter(pk__in=(jug.pk, dish.pk)).update(product_class=other_kind)
    table = factories.put_category(mug, "Table")
    below = table.add_child(name="Cups", slug="cups")
    below.refresh_from_db()
    factories.put_category(dish, "Gifts")
    get_model("catalogue", "ProductCategory").objects.create(product=jug, category=below)
    get_model("catalogue", "ProductCategory").objects.create(
        product=jug.children.first(), category=Category.objects.get(name="Gifts")
    )
    return {
        "products": list(Product.objects.order_by("pk")),
        "classes": list(ProductClass.objects.order_by("pk")),
        "categories": list(Category.objects.order_by("pk")),
    }


def some(rows):
    return st.sets(st.integers(0, rows - 1), max_size=3)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_range_agrees_with_oscar(catalogue, data):
    products, classes, categories = (
        catalogue[name] for name in ("products", "classes", "categories")
    )
    row = Range.objects.create(
        name=f"Range {Range.objects.count()}", includes_all_products=data.draw(st.booleans())
    )
    for number in data.draw(some(len(products))):
        row.add_product(products[number])
    row.excluded_products.set([products[n] for n in data.draw(some(len(products)))])
    row.classes.set([classes[n] for n in data.draw(some(len(classes)))])
    row.included_categories.set([categories[n] for n in data.draw(some(len(categories)))])
    row.excluded_categories.set([categories[n] for n in data.draw(some(len(categories)))])
    row = Range.objects.get(pk=row.pk)

    found = members_of([row], [product.pk for product in products])

    assert found == {row.pk: set(row.all_products().values_list("pk", flat=True))}
