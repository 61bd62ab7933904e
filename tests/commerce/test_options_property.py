"""Random options and variants: every surface agrees on price, stock and picture of each variant."""

import random
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from commerce.catalogue.feed import feed_parts
from commerce.catalogue.product_detail import buy_box_for
from commerce.catalogue.product_lists import products_in
from commerce.images.pictures import largest
from commerce.index.listings import cards_for, line_displays
from commerce.index.refresh import broken_listings
from commerce.models import FacetAttribute, ProductPhoto
from commerce.options.chooser import controls_for
from commerce.options.option_sets import OptionSet
from tests.crawler import Crawled, offers_of
from tests.factories import add_photo, make_value, make_variants, pretend_rendered, stockrecord_of

pytestmark = pytest.mark.django_db

NAMES = ("Colour", "Size", "Material", "Length")
G = "{http://base.google.com/ns/1.0}"


class Case:
    """A product with random options: some combinations missing, some sold out, prices by value."""

    def __init__(self, seed):
        dice = random.Random(seed)
        count = dice.randint(1, 3)
        self.options = {
            name: [f"{name[0]}{n}" for n in range(dice.randint(1, 4))]
            + [None] * (dice.random() < 0.2)
            for name in dice.sample(NAMES, count)
        }
        price = {label: Decimal(dice.randint(1, 30)) for v in self.options.values() for label in v}
        self.stock = {}
        self.price = {}
        combinations = [[]]
        for labels in self.options.values():
            combinations = [[*one, label] for one in combinations for label in labels]
        keys = [tuple(one) for one in combinations]
        self.missing = {key for key in keys if dice.random() < 0.25} if len(keys) > 2 else set()
        if len(self.missing) == len(keys):
            self.missing.discard(keys[0])
        for key in keys:
            self.stock[key] = 0 if dice.random() < 0.3 else dice.randint(1, 20)
            self.price[key] = sum((price[label] for label in key), Decimal(5))
        self.product = make_variants(
            f"Thing {seed}", self.options, without=self.missing,
            price=lambda *key: self.price[key], stock=lambda *key: self.stock[key],
        )  # fmt: skip
        self.photo_of = {}
        self.add_photos(dice)

    def add_photos(self, dice):
        """One photo for each value of one option, and one for all."""
        add_photo(self.product, "grey")
        name = dice.choice(list(self.options))
        attribute = self.product.product_class.attributes.get(code=name.lower())
        for n, label in enumerate(filter(None, self.options[name])):
            photo = add_photo(self.product, (n * 40, 90, 120))
            ProductPhoto.objects.get(image=photo).options.add(make_value(attribute, label))
            self.photo_of[label] = photo
        for attribute in self.product.product_class.attributes.filter(type="option"):
            FacetAttribute.objects.get_or_create(attribute=attribute)
        pretend_rendered()

    @property
    def variants(self):
        """``{child: labels}``, in the order of creation."""
        keys = [key for key in self.stock if key not in self.missing]
        return dict(zip(self.product.children.order_by("pk"), keys, strict=True))

    def photo(self, labels):
        return next((self.photo_of[label] for label in labels if label in self.photo_of), None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_every_surface_agrees_on_every_variant(client, shop, seed):
    case = Case(seed)
    product, variants = case.product, case.variants
    box = buy_box_for(product)
    feed = feed_items()
    displays = line_displays(list(product.children.select_related("parent")))
    offers = {offer["sku"]: offer for offer in offers_of(Crawled(client.get(box.url)).product())}

    assert len(box.variants) == len(variants)
    for child, labels in variants.items():
        sku, price = stockrecord_of(child).partner_sku, case.price[labels]
        is_gone = case.stock[labels] == 0
        page = Crawled(client.get(box.url, {"variant": child.pk}))
        shown = buy_box_for(product, selected=child.pk)
        assert shown.selected.product_id == child.pk
        assert shown.quote.price == price
        assert shown.can_be_bought is not is_gone
        assert Decimal(re.search(r"£([\d.]+)", page.text(".buy-box--page .price"))[1]) == price
        assert ("Add to basket" in page.text(".buy-box--page")) is not is_gone
        assert Decimal(offers[sku]["price"]) == price
        assert offers[sku]["availability"].endswith("OutOfStock" if is_gone else "InStock")
        assert feed[sku]["price"] == f"{price:.2f} GBP"
        assert feed[sku]["availability"] == ("out_of_stock" if is_gone else "in_stock")
        if photo := case.photo(labels):
            assert shown.photos[0] == displays[child.pk].photo == photo
            assert feed[sku]["image_link"].endswith(largest(photo, "jpeg").url)
        check_basket(client, product, child, price, is_gone=is_gone)
    check_chooser(case)
    check_facets(case)
    assert cards_for([product.pk])[0].quote.price == min(
        case.price[key] for key in variants.values()
    )
    assert list(broken_listings()) == []


def feed_items():
    root = ElementTree.fromstring("".join(feed_parts()))  # noqa: S314  our own
    rows = [{child.tag.removeprefix(G): child.text for child in item} for item in root.iter("item")]
    return {row["id"]: row for row in rows}


def check_basket(client, product, child, price, *, is_gone):
    client.cookies.clear()
    client.post(reverse("basket:add", args=[product.pk]), {"quantity": 1, "child_id": child.pk})
    lines = list(client.get("/basket/").context["basket"].all_lines())
    assert [line.unit_price_incl_tax for line in lines] == ([] if is_gone else [price])


def check_chooser(case):
    """Each choice leads to an existing variant with the chosen value; exact ones keep the others."""
    options = OptionSet.from_json(
        case.product.__class__.objects.get(pk=case.product.pk).listing.variants
    )
    by_key = {child.pk: labels for child, labels in case.variants.items()}
    for child, labels in by_key.items():
        for place, control in enumerate(controls_for(options, child)):
            if not control.option.code:
                continue
            column = list(case.options).index(control.option.name)
            for choice in control.choices:
                target = by_key[choice.product_id]
                wanted = choice.value.label if choice.value else None
                assert target[column] == wanted
                exact = (*labels[:column], wanted, *labels[column + 1 :])
                assert choice.is_possible == (exact in by_key.values()), (place, labels, wanted)
                if choice.is_possible:
                    assert target == exact
                    assert choice.is_sold_out == (case.stock[exact] == 0)


def check_facets(case):
    """The list filtered by any value shows the product if one of its variants has it."""
    labels = {label for key in case.variants.values() for label in key if label}
    for name, values in case.options.items():
        for label in labels.intersection(values):
            found = products_in(filters={name.lower(): [label.lower()]})
            shown = [card for card in found.cards if card.product_id == case.product.pk]
            cheapest = min(
                (case.stock[key] == 0, case.price[key])
                for key in case.variants.values()
                if label in key
            )
            assert [card.quote.price for card in shown] == [cheapest[1]]
