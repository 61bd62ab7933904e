"""Collections defined by a rule: always current. Their pages, blocks, links and staff forms."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oscar.core.loading import get_model

from commerce.catalogue.collection_search import search_collections
from commerce.catalogue.collections import cards_in, collection_url, rule_of, value_choices
from commerce.catalogue.list_rules import ListRule, products_of_rule
from commerce.catalogue.product_lists import products_in
from commerce.index.facet_index import facet_index
from commerce.index.refresh import rebuild_listings
from commerce.models import (
    FacetAttribute,
    ProductCollection,
    SalePrice,
    SearchMiss,
    SearchSynonym,
)
from commerce.search.misses import flush_misses
from tests import factories
from tests.caching import PLACES
from tests.clock import at_time

Product = get_model("catalogue", "Product")


@pytest.fixture
def shelf(mug, vase):
    """A mug in two variants at £24, a vase at £90, a dish of another class at £12, a sold-out jug."""
    dish = factories.make_product("Salt dish", price="12.00")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Dishes", track_stock=True)
    dish.product_class = kind
    dish.save()
    jug = factories.make_product("Quay jug", price="58.00", stock=0)
    table = factories.put_category(mug, "Tableware")
    cups = table.add_child(name="Cups", slug="cups")
    get_model("catalogue", "ProductCategory").objects.create(product=dish, category=cups)
    FacetAttribute.objects.get_or_create(attribute=mug.product_class.attributes.get(code="glaze"))
    rebuild_listings()
    return {"mug": mug, "vase": vase, "dish": dish, "jug": jug, "table": table, "kind": kind}


def titles(**fields):
    """The titles in a collection with these fields, in its order."""
    collection = ProductCollection.objects.create(title="Some", slug="some", **fields)
    cards, total = cards_in(collection, count=12)
    assert total == len(cards)
    return sorted(card.title for card in cards)


def test_empty_rule_matches_everything(shelf):
    assert titles() == ["Harbour mug", "Moon vase", "Quay jug", "Salt dish"]


def test_category_includes_its_descendants(shelf):
    assert titles(category=shelf["table"]) == ["Harbour mug", "Salt dish"]


def test_rule_for_a_product_class(shelf):
    assert titles(product_class=shelf["kind"]) == ["Salt dish"]


def test_rule_follows_a_changed_product_class(shelf):
    shelf["vase"].product_class = shelf["kind"]
    shelf["vase"].save()

    assert titles(product_class=shelf["kind"]) == ["Moon vase", "Salt dish"]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (None, "24.00", ["Harbour mug", "Salt dish"]),
        ("24.00", None, ["Harbour mug", "Moon vase", "Quay jug"]),
        ("24.01", "89.99", ["Quay jug"]),
        ("12.00", "12.00", ["Salt dish"]),
    ],
)
def test_price_range_includes_both_ends(shelf, low, high, found):
    assert titles(price_from=low, price_to=high) == found


def test_rule_for_products_in_stock(shelf):
    assert titles(is_in_stock=True) == ["Harbour mug", "Moon vase", "Salt dish"]


def test_rule_for_products_on_sale_follows_the_time(shelf):
    start = timezone.now() + timedelta(hours=1)
    record = factories.stockrecord_of(shelf["vase"])
    SalePrice.objects.create(stockrecord=record, price=Decimal(20), start=start)
    collection = ProductCollection.objects.create(
        title="Sale", slug="sale", is_on_sale=True, price_to=25
    )

    assert cards_in(collection, count=4) == ([], 0)
    cards, total = at_time(start + timedelta(minutes=1), cards_in, collection, count=4)
    assert ([card.title for card in cards], total) == (["Moon vase"], 1)


def test_values_of_one_attribute_add_up_and_the_variant_is_shown(shelf):
    assert titles(values=["glaze:oat", "glaze:slate"]) == ["Harbour mug"]
    oat = ProductCollection.objects.create(title="Slate", slug="slate", values=["glaze:slate"])
    card = cards_in(oat, count=1)[0][0]
    assert card.url.endswith(f"?variant={shelf['mug'].children.order_by('pk').last().pk}")


def test_one_variant_has_to_match_everything(shelf):
    slate = shelf["mug"].children.order_by("pk").last()
    record = factories.stockrecord_of(slate)
    record.num_in_stock = 0
    record.save()

    assert titles(values=["glaze:slate"], is_in_stock=True) == []


def test_collections_order(shelf):
    cheap_first = ProductCollection.objects.create(title="Some", slug="some", sort="price-low")

    cards, total = cards_in(cheap_first, count=2)

    assert [card.title for card in cards] == ["Salt dish", "Harbour mug"]
    assert total == 4


def test_hidden_collection_is_empty(shelf, client):
    hidden = ProductCollection.objects.create(title="Some", slug="some", is_public=False)

    assert cards_in(hidden, count=4) == ([], 0)
    assert client.get(collection_url(hidden)).status_code == 404


def test_price_range_must_be_in_order():
    with pytest.raises(ValidationError, match="must not be lower"):
        ProductCollection(title="A", slug="a", price_from=2, price_to=1).full_clean()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_rule_matches_the_sql_result(shelf, data):
    """Uses products without variants, so that a single SQL condition expresses the rule."""
    price = st.one_of(
        st.none(), st.sampled_from([Decimal(n) for n in ("11", "12", "50", "58", "91")])
    )
    rule = ListRule(
        category=data.draw(st.sampled_from([None, shelf["table"].pk])),
        kind=data.draw(st.sampled_from([None, shelf["kind"].pk])),
        price_from=data.draw(price),
        price_to=data.draw(price),
        is_in_stock=data.draw(st.booleans()),
    )
    wanted = Q(structure="standalone")
    if rule.category:
        wanted &= Q(categories__path__startswith=shelf["table"].path)
    if rule.kind:
        wanted &= Q(product_class=rule.kind)
    if rule.price_from is not None:
        wanted &= Q(stockrecords__price__gte=rule.price_from)
    if rule.price_to is not None:
        wanted &= Q(stockrecords__price__lte=rule.price_to)
    if rule.is_in_stock:
        wanted &= Q(stockrecords__num_in_stock__gt=0)

    members = at_time(timezone.now(), products_of_rule, rule, facet_index()).listings()

    lone = set(Product.objects.filter(structure="standalone").values_list("pk", flat=True))
    assert set(members) & lone == set(Product.objects.filter(wanted).values_list("pk", flat=True))


# --- Its page -----------------------------------------------------------------------------------------


@pytest.fixture
def presents(shelf, site_root):
    return ProductCollection.objects.create(
        title="Presents", slug="presents", description="Under sixty.", price_to=60, sort="price-low"
    )


def shown(response):
    """The titles of the cards on a page."""
    cards = BeautifulSoup(response.content, "html.parser").select(".cards .card__title")
    return [card.get_text(strip=True) for card in cards]


def test_page_is_a_list_with_filters_in_the_collections_order(client, presents):
    page = client.get(collection_url(presents))

    assert shown(page) == ["Salt dish", "Harbour mug", "Quay jug"]
    soup = BeautifulSoup(page.content, "html.parser")
    assert soup.h1.get_text(strip=True) == "Presents"
    assert soup.select_one("[name=description]")["content"] == "Under sixty."
    assert soup.select_one("[rel=canonical]")["href"].endswith(collection_url(presents))
    assert "/catalogue/collections/presents_" in collection_url(presents)


def test_filters_and_sort_orders_combine_with_the_rule(client, presents):
    in_stock = client.get(f"{collection_url(presents)}?stock=in-stock")
    recommended = client.get(f"{collection_url(presents)}?sort=recommended&stock=in-stock")

    assert shown(in_stock) == ["Salt dish", "Harbour mug"]
    assert sorted(shown(recommended)) == ["Harbour mug", "Salt dish"]
    links = [a["href"] for a in BeautifulSoup(recommended.content, "html.parser").select(".chip")]
    assert links == ["?sort=recommended"]


def test_old_slug_redirects_to_the_new_one(client, presents):
    old = collection_url(presents)
    presents.slug = "gifts"
    presents.save()

    answer = client.get(f"{old}?stock=in-stock")

    assert answer.status_code == 301
    assert answer["Location"] == f"{collection_url(presents)}?stock=in-stock"


def test_unknown_keys_are_404s(client, presents):
    for key in ("0", "9" * 40):
        assert client.get(f"/catalogue/collections/presents_{key}/").status_code == 404


def test_sitemap_lists_the_collection(client, presents):
    hidden = ProductCollection.objects.create(title="B", slug="hidden", is_public=False)

    text = _sitemaps(client)

    assert collection_url(presents) in text
    assert collection_url(hidden) not in text


def _sitemaps(client):
    """Every URL of the sitemap, with the files that contain it."""
    files = re.findall(r"<loc>[a-z]+://[^/]+(/[^<]+)</loc>", client.get("/sitemap.xml").text)
    return "".join(client.get(file).text for file in files)


# --- Blocks and links ---------------------------------------------------------------------------------


def block(collection, **fields):
    value = {"collection": collection.pk, "heading": "", "count": "4"} | fields
    return {"type": "collection", "value": value}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.django_db(transaction=True)
def test_block_follows_a_change_at_the_next_request(caching, presents, site_root, shelf, place):
    caching(place)
    site_root.body = [block(presents)]
    site_root.save_revision().publish()
    assert shown(Client().get("/")) == shown(Client().get("/")) == [
        "Salt dish", "Harbour mug", "Quay jug",
    ]  # fmt: skip

    record = factories.stockrecord_of(shelf["vase"])
    record.price = Decimal(59)
    record.save()
    assert "Moon vase" in shown(Client().get("/"))

    record.price = Decimal(61)
    record.save()
    assert "Moon vase" not in shown(Client().get("/"))
    assert "Moon vase" not in shown(Client().get(collection_url(presents)))

    presents.price_to = 20
    presents.save()
    assert shown(Client().get("/")) == ["Salt dish"]


def test_block_counts_its_products_and_hides_if_empty(client, presents, site_root):
    site_root.body = [block(presents, heading="For others")]
    site_root.save()
    full = client.get("/")
    presents.price_to = 1
    presents.save()
    empty = client.get("/")

    assert "For others" in full.text
    assert "For others" not in empty.text


def test_block_links_to_the_products_it_does_not_show(client, presents, site_root, shelf):
    for number in range(3):
        factories.make_product(f"Cup {number}", price="9.00")
    site_root.body = [block(presents)]
    site_root.save()

    soup = BeautifulSoup(client.get("/").content, "html.parser")

    assert len(soup.select(".cards > li")) == 4
    link = soup.select_one(".head .more")
    assert link["href"] == collection_url(presents)
    assert "6" in link.text


def test_link_works_while_the_collection_is_shown(presents):
    from home.links import LinkBlock

    link = LinkBlock().to_python({"label": "Presents", "collection": presents.pk})

    assert link.url == collection_url(presents)
    link["collection"].is_public = False
    assert link.url == ""


# --- Staff --------------------------------------------------------------------------------------------


def test_staff_create_a_collection(admin_client, shelf, site_root):
    url = reverse("wagtailsnippets_commerce_productcollection:add")
    page = admin_client.get(url)
    assert "glaze:oat" in page.text

    answer = admin_client.post(
        url,
        {
            "title": "In oat", "slug": "in-oat", "description": "", "category": "", "product_class": "",
            "price_from": "", "price_to": "30", "values": ["glaze:oat"], "sort": "newest",
            "is_public": "on",
        },
    )  # fmt: skip

    assert answer.status_code == 302
    collection = ProductCollection.objects.get(slug="in-oat")
    assert rule_of(collection) == ListRule(values=("glaze:oat",), price_to=Decimal("30.00"))
    listing = admin_client.get(reverse("wagtailsnippets_commerce_productcollection:list"))
    assert "In oat" in listing.text


def test_invalid_prices_keep_the_input(admin_client, shelf, site_root):
    url = reverse("wagtailsnippets_commerce_productcollection:add")

    page = admin_client.post(
        url,
        {"title": "In oat", "slug": "in-oat", "price_from": "30", "price_to": "3",
         "values": ["glaze:oat"], "sort": "newest"},
    )  # fmt: skip

    soup = BeautifulSoup(page.content, "html.parser")
    assert "This must not be lower than" in page.text
    assert soup.select_one("[name=values][value='glaze:oat']").has_attr("checked")


def test_value_without_products_stays_selected(shelf):
    groups = dict(value_choices(chosen=["glaze:gone"]))

    assert ("glaze:gone", "glaze:gone") in groups["—"]
    assert ("glaze:oat", "Oat") in groups["Glaze"]


def test_deleted_category_deletes_its_collection(shelf):
    """Without its category the rule would match everything."""
    collection = ProductCollection.objects.create(title="T", slug="t", category=shelf["table"])
    shelf["table"].delete()

    assert not ProductCollection.objects.filter(pk=collection.pk).exists()


def test_rule_of_a_list_preselects_its_filters(shelf):
    names = {facet.name for facet in products_in(rule=ListRule(is_in_stock=True)).facets}

    assert "stock" not in names


@pytest.fixture
def gifts(shelf):
    about = "For a godchild. It changes with every firing."
    return ProductCollection.objects.create(
        title="Small presents", slug="small", description=about, price_to=30
    )


@pytest.mark.parametrize(
    "words", ["small presents", "present", "pres", "SMALL", "godchild", "gift"]
)
def test_search_finds_a_collection_by_its_words(client, gifts, words):
    SearchSynonym.objects.create(words="gift, present")

    results = client.get(reverse("search:search"), {"q": words})
    suggested = client.get(reverse("search:suggest"), {"q": words})

    for answer in (results, suggested):
        assert f'href="{collection_url(gifts)}"' in answer.text
    assert "Nothing found" not in results.text
    flush_misses()
    assert not SearchMiss.objects.filter(words=words.lower()).exists()


@pytest.mark.parametrize("words", ["zzzzz", "small zzzzz", "mall", "god"])
def test_collection_is_found_by_whole_words_and_all_of_them(client, gifts, words):
    assert client.get(reverse("search:search"), {"q": words}).context["collections"] == []


def test_hidden_collection_is_not_found(client, gifts):
    gifts.is_public = False
    gifts.save()

    assert client.get(reverse("search:search"), {"q": "presents"}).context["collections"] == []


def test_collection_with_the_words_in_its_title_comes_first(gifts):
    ProductCollection.objects.create(title="A shelf", slug="a", description="Presents of all sizes")

    found = search_collections("present", count=4)

    assert [page.title for page in found] == ["Small presents", "A shelf"]
