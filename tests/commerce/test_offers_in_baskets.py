"""Edge cases of offers and of items in baskets and orders."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from oscar.core.loading import get_class, get_model

from commerce.basket.lines import lines_of
from commerce.orders.order_summary import order_rows
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Product = get_model("catalogue", "Product")


def total(*lines):
    basket = factories.make_basket(*lines)
    get_class("offer.applicator", "Applicator")().apply(basket, AnonymousUser(), None)
    return basket.total_incl_tax


def test_order_names_the_glaze_of_a_discontinued_variant(mug):
    oat = mug.children.get(title__iendswith="oat")
    order = factories.make_order(oat)
    assert order_rows([order])[0].items[0].option == "Oat"

    oat.is_public = False
    oat.save()

    order = get_model("order", "Order").objects.get(pk=order.pk)
    assert order_rows([order])[0].items[0].option == "Oat"


def test_basket_names_the_glaze_of_a_discontinued_variant(mug):
    oat = mug.children.get(title__iendswith="oat")
    basket = factories.make_basket((oat, 1))
    oat.is_public = False
    oat.save()
    basket.reset_offer_applications()

    assert [line.option for line in lines_of(basket)] == ["Oat"]


def test_exclusion_from_an_offer_works_from_both_sides(caching, vase):
    caching()
    offer = factories.make_offer()
    assert total((vase, 1)) == Decimal("81.00")

    vase.excludes.add(offer.condition.range)

    assert total((vase, 1)) == Decimal("90.00")


def test_product_joins_an_offer_from_both_sides(caching, vase, mug):
    caching()
    row = get_model("offer", "Range").objects.create(name="Some")
    row.add_product(mug)
    factories.make_offer(on=row)
    assert total((vase, 1)) == Decimal("90.00")

    vase.includes.add(row)

    assert total((vase, 1)) == Decimal("81.00")


class Moons:
    """A custom range class, which also includes variants."""

    name = "Moons"

    def contains_product(self, product):
        return (product.parent or product).title.startswith("Harbour")

    def num_products(self):
        return self.all_products().count()

    def all_products(self):
        return Product.objects.filter(title__startswith="Harbour", parent=None)


def test_custom_range_decides_what_it_contains(caching, mug):
    caching()
    row = get_model("offer", "Range").objects.create(
        name="Moons", proxy_class="tests.commerce.test_offers_in_baskets.Moons"
    )
    factories.make_offer(on=row)

    assert total((mug.children.first(), 1)) == Decimal("21.60")


def test_moved_category_takes_its_products_into_the_offer(caching, vase):
    caching()
    Category = get_model("catalogue", "Category")
    factories.put_category(vase, "Vases")
    table = Category.add_root(name="Table")
    row = get_model("offer", "Range").objects.create(name="Table")
    row.included_categories.add(table)
    factories.make_offer(on=row)
    assert total((vase, 1)) == Decimal("90.00")

    Category.objects.get(name="Vases").move(Category.objects.get(name="Table"), "first-child")

    assert total((vase, 1)) == Decimal("81.00")


def test_offer_of_an_unknown_type_does_not_affect_others(vase, caplog):
    factories.make_offer("Ten off")
    strange = factories.make_offer("Strange")
    type(strange.condition).objects.filter(pk=strange.condition_id).update(type="Moonlight")

    assert total((vase, 1)) == Decimal("81.00")
    assert f"The offer {strange.pk} is ignored" in caplog.text
