"""What a card adds with one click, and which products ask for something first."""

from decimal import Decimal

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.index.listings import cards_for
from commerce.index.refresh import broken_listings, refresh_listings
from commerce.models import OptionPrice, ProductDetails
from tests.crawler import Crawled
from tests.factories import make_product, make_variants

pytestmark = pytest.mark.django_db
Option = get_model("catalogue", "Option")


@pytest.fixture
def engraving(shop):
    """A required text that is engraved for £6.00."""
    option = Option.objects.create(name="Engraving", code="engraving", type="text", required=True)
    OptionPrice.objects.create(option=option, price=Decimal("6.00"))
    return option


def card_of(product):
    return cards_for([product.pk])[0]


def control_of(client, product):
    """The control at the corner of the card's photograph in the list of all products."""
    page = Crawled(client.get(reverse("catalogue:index")))
    link = page.soup.find("a", class_="card__link", string=product.title)
    return link.find_parent("article").select_one(".card__add")


def units_after_click(client, control):
    """Submit the form of a card; returns the units in the basket."""
    fields = {field["name"]: field["value"] for field in control.form.select("input")}
    client.post(control.form["action"], fields)
    return client.get("/basket/").context["basket"].num_items


def test_card_of_a_product_that_asks_leads_to_its_page(client, engraving):
    pen = make_product("Pen", price="9.00")
    pen.product_options.add(engraving)

    control = control_of(client, pen)

    assert (control.name, control.form) == ("div", None)
    assert control.a["href"] == pen.get_absolute_url()
    assert control.get_text(strip=True) == "Personalise Pen"


def test_card_of_variants_that_ask_leads_to_the_page_too(client, engraving):
    scarf = make_variants("Scarf", {"Colour": ["Navy", "White"]})
    scarf.product_class.options.add(engraving)

    assert control_of(client, scarf).name == "div"


def test_optional_text_leaves_the_one_click(client, engraving):
    Option.objects.filter(pk=engraving.pk).update(required=False)
    pen = make_product("Pen", price="9.00")
    pen.product_options.add(engraving)

    assert units_after_click(client, control_of(client, pen)) == 1


@pytest.mark.parametrize("of", ["product", "type"])
@pytest.mark.parametrize("side", ["owner", "option"])
def test_card_follows_the_options_of_its_product_and_type(engraving, of, side):
    pen = make_product("Pen", price="9.00")
    owner = pen if of == "product" else pen.product_class
    options = pen.product_options if of == "product" else owner.options
    owners = engraving.product_set if of == "product" else engraving.productclass_set
    links, other = (options, engraving) if side == "owner" else (owners, owner)
    seen = [card_of(pen).needs_choice]

    links.add(other)
    seen.append(card_of(pen).needs_choice)
    links.remove(other)
    seen.append(card_of(pen).needs_choice)
    links.set([other])
    seen.append(card_of(pen).needs_choice)
    links.clear()
    seen.append(card_of(pen).needs_choice)

    assert seen == [False, True, False, True, False]
    assert list(broken_listings()) == []


def test_card_follows_a_changed_or_deleted_option(engraving):
    pen = make_product("Pen", price="9.00")
    pen.product_class.options.add(engraving)
    seen = [card_of(pen).needs_choice]

    engraving.required = False
    engraving.save()
    seen.append(card_of(pen).needs_choice)
    engraving.required = True
    engraving.save()
    seen.append(card_of(pen).needs_choice)
    engraving.delete()
    seen.append(card_of(pen).needs_choice)

    assert seen == [True, False, True, False]


@pytest.mark.parametrize(
    ("details", "units"),
    [
        ({}, 1),
        ({"min_quantity": 5}, 5),
        ({"step_quantity": 6}, 6),
        ({"min_quantity": 10, "step_quantity": 6}, 12),
    ],
)
def test_one_click_adds_the_fewest_units_that_are_sold(client, shop, details, units):
    tile = make_product("Tile", price="2.00", stock=500)
    if details:
        ProductDetails.objects.create(product=tile, **details)

    control = control_of(client, tile)

    assert units_after_click(client, control) == units
    name = f"Add {units} × Tile to the basket" if units > 1 else "Add Tile to the basket"
    assert " ".join(control.button.get_text().split()) == name


def test_single_variant_takes_the_fewest_units_of_its_product(client, shop):
    scarf = make_variants("Scarf", {"Colour": ["Navy"]})
    details = ProductDetails.objects.create(product=scarf, min_quantity=2)
    seen = [card_of(scarf).least]

    ProductDetails.objects.create(product=scarf.children.get(), min_quantity=4)
    seen.append(card_of(scarf).least)
    details.delete()
    seen.append(card_of(scarf).least)
    ProductDetails.objects.all().delete()
    refresh_listings([scarf.pk])
    seen.append(card_of(scarf).least)

    assert seen == [2, 4, 4, 1]


def test_more_products_need_no_more_queries(engraving, django_assert_max_num_queries):
    for number in range(12):
        book = make_product(f"Book {number}", price="9.00")
        book.product_options.add(engraving)
    keys = list(get_model("catalogue", "Product").objects.values_list("pk", flat=True))

    with django_assert_max_num_queries(40) as few:
        refresh_listings(keys[:2])
    with django_assert_max_num_queries(len(few)):
        refresh_listings(keys)
