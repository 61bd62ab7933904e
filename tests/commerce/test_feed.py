"""The product feed: the page's price, one item per variant, constant queries and memory."""

from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from commerce.catalogue import feed
from commerce.catalogue.product_detail import buy_box_for
from commerce.catalogue.structured_data import product_data
from commerce.index.listings import product_url
from commerce.models import SalePrice, ShopSettings
from commerce.shop_settings.current import current_shop
from tests.clock import at_time
from tests.crawler import Crawled, amounts
from tests.factories import make_product, set_shop, stockrecord_of

pytestmark = pytest.mark.django_db
G = "{http://base.google.com/ns/1.0}"


def items(**options):
    """The feed's items as dicts, by SKU."""
    root = ElementTree.fromstring("".join(feed.feed_parts(**options)))  # noqa: S314  our own
    rows = [{child.tag.removeprefix(G): child.text for child in item} for item in root.iter("item")]
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


def test_each_variant_is_an_item_in_its_group(mug, vase):
    oat, slate = mug.children.order_by("pk")
    found = items()

    assert set(found) == {f"SKU-{pk}" for pk in (oat.pk, slate.pk, vase.pk)}
    item = found[f"SKU-{slate.pk}"]
    assert (item["title"], item["color"], item["item_group_id"]) == (
        "Harbour mug, Slate", "Slate", str(mug.pk),
    )  # fmt: skip
    assert item["link"] == f"http://testserver{product_url(mug.pk, mug.slug)}?variant={slate.pk}"
    assert "item_group_id" not in found[f"SKU-{vase.pk}"]
    assert (item["brand"], item["condition"], item["availability"]) == (
        "Saltmarsh", "new", "in_stock",
    )  # fmt: skip


def test_brand_is_the_products_own_or_the_shops(mug, vase):
    set_shop(brand_attribute="brand")
    oat, slate = mug.children.order_by("pk")
    set_brand(mug, "Quay & Co")
    set_brand(slate, "Harbour Works")

    brands = {sku: item["brand"] for sku, item in items().items()}

    assert brands == {
        f"SKU-{oat.pk}": "Quay & Co", f"SKU-{slate.pk}": "Harbour Works",
        f"SKU-{vase.pk}": "Saltmarsh",
    }  # fmt: skip
    data = product_data(buy_box_for(mug, selected=slate.pk))
    assert data["brand"]["name"] == "Quay & Co"
    named = [one.get("brand", {}).get("name") for one in data["hasVariant"]]
    assert named == ["Harbour Works", None]


def set_brand(product, value):
    """Give a product or variant a brand."""
    kind = product.get_product_class()
    attribute, _new = kind.attributes.get_or_create(code="brand", name="Brand", type="text")
    product.attribute_values.create(attribute=attribute, value_text=value)


def test_price_equals_the_page_price(client, mug, vase):
    start = timezone.now() - timedelta(hours=1)
    until = timezone.now() + timedelta(days=3)
    slate = mug.children.order_by("pk").last()
    SalePrice.objects.create(
        stockrecord=stockrecord_of(slate), price=Decimal("17.35"), start=start, until=until
    )

    for sku, item in items().items():
        shown = amounts(Crawled(client.get(item["link"])).text(".buy-box--page .price"))
        now = item.get("sale_price", item["price"])
        assert now == f"{shown[0]:.2f} GBP", sku
        assert item["price"] == f"{shown[-1]:.2f} GBP", sku
    sale = items()[f"SKU-{slate.pk}"]
    first, last = sale["sale_price_effective_date"].split("/")
    assert first == timezone.localtime(start).strftime("%Y-%m-%dT%H:%M%z")
    assert last == timezone.localtime(until).strftime("%Y-%m-%dT%H:%M%z")


def test_sale_without_an_end_has_no_dates(vase):
    start = timezone.now() - timedelta(hours=1)
    SalePrice.objects.create(stockrecord=stockrecord_of(vase), price=Decimal("80"), start=start)

    item = items()[f"SKU-{vase.pk}"]

    assert item["sale_price"] == "80.00 GBP"
    assert "sale_price_effective_date" not in item


def test_feed_for_a_time_has_the_prices_of_that_time(vase):
    start = timezone.now() + timedelta(days=1)
    SalePrice.objects.create(stockrecord=stockrecord_of(vase), price=Decimal("80"), start=start)

    assert "sale_price" not in items()[f"SKU-{vase.pk}"]
    assert at_time(start, items)[f"SKU-{vase.pk}"]["sale_price"] == "80.00 GBP"


def test_feed_includes_sold_out_and_excludes_hidden_or_unpriced_products(mug, vase):
    oat, slate = mug.children.order_by("pk")
    stockrecord_of(oat).__class__.objects.filter(product=oat).update(num_in_stock=0)
    slate.is_public = False
    slate.save()
    vase.stockrecords.update(price=None)

    found = items()

    assert set(found) == {f"SKU-{oat.pk}"}
    assert found[f"SKU-{oat.pk}"]["availability"] == "out_of_stock"


def test_item_has_the_delivery_price_of_one_unit(mug):
    root = ElementTree.fromstring("".join(feed.feed_parts()))  # noqa: S314  our own

    shipping = next(root.iter(f"{G}shipping"))

    assert [part.text for part in shipping] == ["GB", "Standard", "4.50 GBP"]


def test_product_with_a_landing_page_links_there(vase):
    found = items(pages={vase.pk: "/the-vase/"})

    assert found[f"SKU-{vase.pk}"]["link"] == "http://testserver/the-vase/"


def test_characters_invalid_in_xml_are_removed(vase):
    vase.title = "Vase \x0b<&>\x00\ufffe ü"
    vase.save()

    assert items()[f"SKU-{vase.pk}"]["title"] == "Vase <&> ü"


def test_more_products_need_no_more_queries(shop, django_assert_num_queries):
    def queries_for(count):
        for n in range(count):
            make_product(f"Mug {n}", price="24.00", glazes={"oat": 2, "ink": 0})
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            assert "".join(feed.feed_parts())
        return len(captured)

    ShopSettings.objects.update(brand_attribute="brand")
    current_shop()  # read once in a transaction
    assert queries_for(2) == queries_for(12) <= 13


def test_feed_is_built_in_batches_while_it_is_sent(shop, monkeypatch):
    monkeypatch.setattr(feed, "BATCH", 2)
    for n in range(5):
        make_product(f"Mug {n}", price="24.00")
    looked_up = []
    boxes_for = feed.buy_boxes_for
    monkeypatch.setattr(
        feed, "buy_boxes_for", lambda ids, **rest: looked_up.append(ids) or boxes_for(ids, **rest)
    )

    parts = feed.feed_parts()
    next(parts), next(parts)

    assert [len(ids) for ids in looked_up] == [2]
    assert "".join(parts).count("<item>") == 4
    assert [len(ids) for ids in looked_up] == [2, 2, 1]


@pytest.mark.parametrize(
    ("upc", "gtin"),
    [("4006381333931", "4006381333931"), ("4006381333930", ""), ("MUG-1", ""), (None, "")],
)
def test_barcode_is_in_the_feed_and_in_the_pages_data(client, vase, upc, gtin):
    vase.upc = upc
    vase.save()

    item = items()[f"SKU-{vase.pk}"]

    assert item.get("gtin", "") == gtin
    assert ("identifier_exists" in item) == (not gtin)
    page = Crawled(client.get(product_url(vase.pk, vase.slug)))
    assert page.product().get("gtin", "") == gtin
