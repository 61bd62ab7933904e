"""Options of any number: the chooser, its states, and what variants are called."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.compare import compare
from commerce.catalogue.product_detail import SOME_VARIANTS, buy_box_for, buy_boxes_for
from commerce.catalogue.product_lists import products_in
from commerce.index.listings import cards_for, line_displays, product_url
from commerce.index.refresh import broken_listings
from commerce.models import (
    FacetAttribute,
    OptionValueDisplay,
    ProductPhoto,
    SearchSynonym,
    VariantOption,
)
from commerce.options.chooser import controls_for
from commerce.options.option_sets import OptionSet
from commerce.orders import mails
from commerce.orders.order_summary import order_rows
from tests.crawler import Crawled, offers_of
from tests.factories import (
    add_photo,
    make_paid_order,
    make_product,
    make_value,
    make_variants,
    stockrecord_of,
    variant_of,
)

pytestmark = pytest.mark.django_db

SHIRT = {"Colour": ["Navy", "White"], "Size": ["S", "M", "L"]}


@pytest.fixture
def shirt(shop):
    """A shirt in two colours and three sizes; white L does not exist, navy M is sold out."""
    return make_variants(
        "Linen shirt", SHIRT, without=[("White", "L")],
        stock=lambda colour, size: 0 if (colour, size) == ("Navy", "M") else 9,
        price=lambda colour, size: "45.00" if size == "L" else "40.00",
    )  # fmt: skip


def options_of(product):
    return OptionSet.from_json(get_model("commerce", "Listing").objects.get(pk=product.pk).variants)


def states(product, *labels):
    """``{option: {value: (is selected, is possible, is sold out)}}`` with a variant selected."""
    controls = controls_for(options_of(product), variant_of(product, *labels).pk)
    return {
        control.option.name: {
            choice.value.label: (choice.is_selected, choice.is_possible, choice.is_sold_out)
            for choice in control.choices
        }
        for control in controls
    }


def test_chooser_has_one_control_per_option_in_their_order(shirt):
    box = buy_box_for(shirt)

    assert [
        (control.option.name, [choice.value.label for choice in control.choices])
        for control in box.controls
    ] == [("Colour", ["Navy", "White"]), ("Size", ["S", "M", "L"])]
    assert box.selected.name == "Navy, S"


def test_chooser_marks_sold_out_and_missing_combinations(shirt):
    assert states(shirt, "Navy", "S")["Size"] == {
        "S": (True, True, False), "M": (False, True, True), "L": (False, True, False),
    }  # fmt: skip
    assert states(shirt, "White", "S")["Size"]["L"] == (False, False, False)
    assert states(shirt, "Navy", "L")["Colour"] == {
        "Navy": (True, True, False), "White": (False, False, False),
    }  # fmt: skip


def test_choosing_a_value_keeps_the_other_choices(shirt):
    white_m = variant_of(shirt, "White", "M")
    controls = controls_for(options_of(shirt), white_m.pk)

    chosen = {
        control.option.name: {choice.value.label: choice.product_id for choice in control.choices}
        for control in controls
    }

    assert chosen["Colour"]["Navy"] == variant_of(shirt, "Navy", "M").pk
    assert chosen["Size"]["S"] == variant_of(shirt, "White", "S").pk
    # There is no large one in white: the size is what was just chosen.
    assert chosen["Size"]["L"] == variant_of(shirt, "Navy", "L").pk


def test_missing_combination_leads_to_an_available_variant_that_keeps_earlier_options(shop):
    poster = make_variants(
        "Poster", {"Size": ["A4", "A3"], "Frame": ["None", "Oak"], "Paper": ["Matt", "Glossy"]},
        without=[("A3", "Oak", "Glossy"), ("A3", "Oak", "Matt")],
        stock=lambda size, frame, paper: 0 if (size, frame, paper) == ("A4", "Oak", "Matt") else 3,
    )  # fmt: skip
    chosen = variant_of(poster, "A3", "None", "Glossy")
    frames = controls_for(options_of(poster), chosen.pk)[1]

    oak = next(choice for choice in frames.choices if choice.value.label == "Oak")

    assert not oak.is_possible
    assert oak.product_id == variant_of(poster, "A4", "Oak", "Glossy").pk


def test_page_has_links_for_every_value_that_work_without_scripts(client, shirt):
    navy_l = variant_of(shirt, "Navy", "L")

    page = Crawled(client.get(buy_box_for(shirt).url, {"variant": navy_l.pk}))

    assert page.texts(".buy-box--page .option__label") == ["Colour: Navy", "Size: L"]
    links = page.soup.select(".buy-box--page [data-variant]")
    assert len(links) == 5
    assert [link["data-choice"] for link in links] == ["1-1", "1-2", "2-1", "2-2", "2-3"]
    for link in links:
        assert client.get(link["href"]).status_code == 200
    current = [link.get_text(strip=True) for link in links if link.has_attr("aria-current")]
    assert current == ["Navy", "L"]
    assert "£45" in page.text(".buy-box--page .price")


def test_each_variant_costs_the_same_on_every_surface(client, shirt):
    page = Crawled(client.get(buy_box_for(shirt).url))
    offers = {offer["sku"]: offer["price"] for offer in offers_of(page.product())}

    box = buy_boxes_for([shirt.pk])[shirt.pk]

    assert len(box.variants) == 5
    assert offers == {variant.sku: str(variant.quote.price) for variant in box.variants}
    assert page.product()["variesBy"] == ["https://schema.org/color", "https://schema.org/size"]
    large = next(one for one in page.product()["hasVariant"] if one["name"].endswith("Navy, L"))
    assert (large["color"], large["size"]) == ("Navy", "L")


def test_basket_line_names_all_values(client, shirt):
    client.post(
        reverse("basket:add", args=[shirt.pk]),
        {"quantity": 1, "child_id": variant_of(shirt, "White", "M").pk},
    )

    page = Crawled(client.get("/basket/"))

    assert "White, M" in page.text("main")


def test_order_line_keeps_its_words_when_the_variant_is_gone(shirt):
    child = variant_of(shirt, "White", "M")
    order = make_paid_order((child, 1))

    shirt.children.all().delete()

    assert order.lines.get().title == "Linen shirt, White, M"
    assert [item.title for item in order_rows([order])[0].items] == ["Linen shirt, White, M"]


def test_variant_is_titled_after_its_options_until_the_merchant_titles_it(shirt):
    child = variant_of(shirt, "White", "M")
    assert child.title == "Linen shirt, White, M"

    value = make_value(shirt.product_class.attributes.get(code="colour"), "White")
    value.option = "Chalk"
    value.save()
    child.refresh_from_db()
    assert child.title == "Linen shirt, Chalk, M"

    shirt.title = "Summer shirt"
    shirt.save()
    child.refresh_from_db()
    assert child.title == "Summer shirt, Chalk, M"

    child.title = "The shirt in the window"
    child.save()
    shirt.save()
    child.refresh_from_db()
    assert child.title == "The shirt in the window"


def test_card_has_dots_for_colours_and_a_range_for_sizes(shirt):
    card = cards_for([shirt.pk])[0]

    assert [dot.name for dot in card.dots] == ["Navy", "White"]
    assert [(of.name, of.total, of.first, of.last) for of in card.ranges] == [("Size", 3, "S", "L")]
    assert card.variant_count == 5
    assert card.is_from


def test_value_without_a_swatch_has_a_dot_beside_others(shirt):
    """It is hatched, as in the chooser; a range of colours would say less."""
    display = OptionValueDisplay.objects.get(value__option="White")
    display.colour = ""
    display.save()

    dots = cards_for([shirt.pk])[0].dots
    assert [(dot.name, bool(dot.swatch)) for dot in dots] == [("Navy", True), ("White", False)]


def test_dot_leads_to_a_variant_in_stock(shop):
    cup = make_variants(
        "Cup", SHIRT, stock=lambda _colour, size: 5 if size == "L" else 0, price="9.00"
    )

    assert [dot.product_id for dot in cards_for([cup.pk])[0].dots] == [
        variant_of(cup, "Navy", "L").pk, variant_of(cup, "White", "L").pk,
    ]  # fmt: skip


def test_filters_of_two_options_match_one_variant(shirt):
    for attribute in shirt.product_class.attributes.filter(type="option"):
        FacetAttribute.objects.create(attribute=attribute)

    def total(**filters):
        return products_in(filters=filters).total

    assert total(colour=["white"], size=["m"]) == 1
    assert total(colour=["white"], size=["l"]) == 0
    sizes = products_in().facet("size")
    assert [value.name for value in sizes.values] == ["S", "M", "L"]
    assert products_in(filters={"colour": ["white"]}).facet("size").values[-1].count == 0


def test_facet_values_follow_their_order_and_show_swatches(shirt):
    colour = shirt.product_class.attributes.get(code="colour")
    FacetAttribute.objects.create(attribute=colour)
    OptionValueDisplay.objects.filter(value__option="White").update(position=0, colour="")
    display = OptionValueDisplay.objects.get(value__option="Navy")
    display.position, display.colour = 5, "#112233 #ffffff"
    display.save()

    values = products_in().facet("colour").values

    assert [(value.name, value.swatch) for value in values] == [
        ("White", ""), ("Navy", "#112233 #ffffff"),
    ]  # fmt: skip


def test_comparison_has_a_row_per_option(shirt):
    mug = make_product("Mug", price="24.00", glazes={"oat": 3})

    rows = {row.name: row.texts for row in compare([shirt.pk, mug.pk]).rows}

    assert rows["Colour"] == ["Navy, White", ""]
    assert rows["Size"] == ["S, M, L", ""]
    assert rows["Glaze"] == ["", "Oat"]


# --- Catalogues as they are -----------------------------------------------------------------------


def test_option_with_one_value_is_text(client, shop):
    scarf = make_variants("Scarf", {"Colour": ["Navy", "White"], "Size": ["One size"]})

    box = buy_box_for(scarf)
    page = Crawled(client.get(box.url))

    assert [control.is_fixed for control in box.controls] == [False, True]
    assert page.texts(".option__label") == ["Colour: Navy", "Size: One size"]
    assert len(page.soup.select(".buy-box--page [data-variant]")) == 2
    assert cards_for([scarf.pk])[0].ranges == ()


def test_child_without_a_value_can_be_chosen(client, shop):
    print_ = make_variants("Print", {"Frame": ["Oak", None]})
    bare = print_.children.exclude(attribute_values__value_option__option="Oak").get()

    box = buy_box_for(print_, selected=bare.pk)
    page = Crawled(client.get(box.url, {"variant": bare.pk}))

    assert [choice.value and choice.value.label for choice in box.controls[0].choices] == [
        "Oak",
        None,
    ]
    assert box.selected.product_id == bare.pk
    assert page.texts(".option__label") == ["Frame: –"]


def test_variants_with_the_same_values_are_told_apart_by_sku(client, shop):
    cup = make_variants("Cup", {"Colour": ["Navy", "White"]})
    twin = variant_of(cup, "White")
    colour = cup.product_class.attributes.get()
    twin.attribute_values.update(value_option=make_value(colour, "Navy"))
    twin.save()

    box = buy_box_for(cup)

    assert [control.option.code for control in box.controls] == ["colour", ""]
    assert [choice.value.label for choice in box.controls[1].choices] == [
        stockrecord_of(child).partner_sku for child in cup.children.order_by("pk")
    ]
    assert client.get(box.url, {"variant": twin.pk}).status_code == 200
    assert list(broken_listings()) == []


def test_variant_whose_option_was_deleted_is_still_sold(client, shirt):
    make_value(shirt.product_class.attributes.get(code="size"), "M").delete()

    box = buy_box_for(shirt)

    assert len(box.variants) == 5
    sizes = box.controls[1]
    assert [choice.value and choice.value.label for choice in sizes.choices] == ["S", "L", None]
    assert client.get(box.url, {"variant": sizes.choices[-1].product_id}).status_code == 200
    assert list(broken_listings()) == []


def test_variants_without_any_option_are_told_apart_by_sku(client, shop):
    pair = make_variants("Pair", {"Colour": ["Navy", "White"]})
    pair.product_class.attributes.all().delete()

    box = buy_box_for(pair)

    assert [control.option.code for control in box.controls] == [""]
    assert len(box.controls[0].choices) == 2
    assert client.get(box.url).status_code == 200
    assert list(broken_listings()) == []


def test_undeclared_select_attributes_are_options_until_one_is_declared(shirt):
    VariantOption.objects.filter(attribute__code="colour").delete()
    assert [option.code for option in options_of(shirt).options] == ["size", ""]

    VariantOption.objects.all().delete()
    assert [option.code for option in options_of(shirt).options] == ["colour", "size"]


def test_control_follows_the_number_of_values(shop):
    few = make_variants("Few", {"Length": [f"{n} cm" for n in range(12)]})
    many = make_variants("Many", {"Width": [f"{n} cm" for n in range(13)]})
    OptionValueDisplay.objects.update(colour="")
    for display in OptionValueDisplay.objects.all():
        display.save()

    shown = [buy_box_for(product).controls[0].option.shown_as for product in (few, many)]

    assert shown == ["buttons", "select"]


def test_drop_down_list_works_as_a_form(client, shop):
    ribbon = make_variants("Ribbon", {"Width": [f"{n} mm" for n in range(13)]})
    VariantOption.objects.update(control="select")
    VariantOption.objects.get().save()

    page = Crawled(client.get(buy_box_for(ribbon).url))

    form = page.soup.select_one(".option--select")
    options = form.select("option")
    assert (form["method"], len(options)) == ("get", 13)
    chosen = options[4]["value"]
    page = Crawled(client.get(form["action"], {"variant": chosen}))
    assert page.soup.select_one("option[selected]")["value"] == chosen


def test_photo_follows_the_option_it_is_for(shirt):
    front, navy, white = (add_photo(shirt, colour) for colour in ("grey", "navy", "white"))
    for photo, label in ((navy, "Navy"), (white, "White")):
        value = make_value(shirt.product_class.attributes.get(code="colour"), label)
        ProductPhoto.objects.get(image=photo).options.add(value)

    box = buy_box_for(shirt, selected=variant_of(shirt, "White", "S").pk)
    displays = line_displays(list(shirt.children.select_related("parent")))

    assert [photo.pk for photo in box.photos] == [white.pk, front.pk, navy.pk]
    assert {
        child.pk: displays[child.pk].photo.pk for child in shirt.children.all()
    } == {
        child.pk: white.pk if child in shirt.children.filter(
            attribute_values__value_option__option="White"
        ) else navy.pk
        for child in shirt.children.all()
    }  # fmt: skip


def test_order_mail_shows_the_photo_of_the_variant(shirt, monkeypatch):
    add_photo(shirt, "grey")
    white = add_photo(shirt, "white")
    value = make_value(shirt.product_class.attributes.get(code="colour"), "White")
    ProductPhoto.objects.get(image=white).options.add(value)
    monkeypatch.setattr(mails, "mail_photo_url", lambda image: f"photo {image.pk}")

    order = make_paid_order((variant_of(shirt, "White", "S"), 1))

    shown = [line["photo_url"] for line in mails.order_facts(order)["lines"]]
    assert shown == [f"photo {white.pk}"]


def test_large_products_read_the_variants_that_a_page_needs(client, shop):
    bolt = make_variants(
        "Bolt", {"Diameter": [f"M{n}" for n in range(20)], "Length": [f"{n} mm" for n in range(10)]},
        price=lambda diameter, _length: "1.00" if diameter == "M19" else "2.00",
    )  # fmt: skip
    last = variant_of(bolt, "M19", "9 mm")

    box = buy_box_for(bolt, selected=last.pk)

    assert len(options_of(bolt).variants) == 200
    assert len(box.variants) == SOME_VARIANTS + 1
    assert box.selected.product_id == last.pk
    assert (str(box.quote.price), str(box.lowest.price), box.is_from) == ("1.00", "1.00", True)
    assert len(buy_boxes_for([bolt.pk], whole=True)[bolt.pk].variants) == 200
    assert client.get(box.url, {"variant": last.pk}).status_code == 200


# --- Cards and search -----------------------------------------------------------------------------


def test_search_shows_the_variant_that_the_words_name(client, shirt):
    for attribute in shirt.product_class.attributes.filter(type="option"):
        FacetAttribute.objects.create(attribute=attribute)
    add_photo(shirt, "grey")
    SearchSynonym.objects.create(words="blue, navy")

    def found(query):
        return products_in(query=query).cards[0]

    navy_s, white_s = variant_of(shirt, "Navy", "S"), variant_of(shirt, "White", "S")
    assert found("shirt").url == product_url(shirt.pk, shirt.slug)
    assert found("white shirt").url.endswith(f"?variant={white_s.pk}")
    assert found("blue shirt").url.endswith(f"?variant={navy_s.pk}")
    suggested = client.get("/search/suggest/", {"q": "white shirt"}).content.decode()
    assert f"?variant={white_s.pk}" in suggested


def test_filter_decides_over_the_words_of_a_search(shirt):
    for attribute in shirt.product_class.attributes.filter(type="option"):
        FacetAttribute.objects.create(attribute=attribute)

    card = products_in(query="white shirt", filters={"colour": ["navy"]}).cards[0]

    assert card.url.endswith(f"?variant={variant_of(shirt, 'Navy', 'S').pk}")


def test_card_of_a_variant_never_shows_another_ones_photo(shirt):
    colour = shirt.product_class.attributes.get(code="colour")
    FacetAttribute.objects.create(attribute=colour)
    add_photo(shirt, "grey")
    white = add_photo(shirt, "white")
    ProductPhoto.objects.get(image=white).options.add(make_value(colour, "White"))

    card = products_in(filters={"colour": ["white"]}).cards[0]

    assert white.file.url in card.photo
    assert card.second_photo == ""


def test_card_adds_what_needs_no_choice(client, shirt, vase):
    single = make_variants("Scarf", {"Colour": ["Navy"]})
    gone = make_product("Gone", price="5.00", stock=0)
    page = Crawled(client.get("/catalogue/"))

    def control(product):
        card = page.soup.find("a", class_="card__link", href=product_url(product.pk, product.slug))
        return card.find_parent("article").select_one(".card__add")

    assert control(shirt).name == "quick-add"
    assert control(gone) is None
    for product, variant in ((vase, None), (single, single.children.get())):
        form = control(product).form
        fields = {field["name"]: field["value"] for field in form.select("input")}
        assert fields.get("child_id") == (str(variant.pk) if variant else None)
        client.post(form["action"], fields)
    lines = client.get("/basket/").context["basket"].all_lines()
    assert {line.product_id for line in lines} == {vase.pk, single.children.get().pk}
