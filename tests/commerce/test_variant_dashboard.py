"""Options and variants in the dashboard: declaring, generating, and the grid."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import buy_box_for
from commerce.catalogue.variant_editing import (
    MAX_VARIANTS,
    VariantError,
    combinations_of,
    create_variants,
    options_of_class,
)
from commerce.dashboard.variant_forms import VariantRowForm
from commerce.images.photos import make_image
from commerce.index.refresh import broken_listings
from commerce.models import OptionValueDisplay, ProductPhoto, StockChange, VariantOption
from tests.crawler import Crawled
from tests.factories import (
    add_photo,
    make_option,
    make_user,
    make_value,
    make_variants,
    picture_bytes,
    stockrecord_of,
    variant_of,
)
from tests.product_form import form_of

pytestmark = pytest.mark.django_db
Product, ProductClass = get_model("catalogue", "Product"), get_model("catalogue", "ProductClass")


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def shirt(shop):
    """A product without variants, of a type with two options of three values."""
    kind = ProductClass.objects.create(name="Shirt", track_stock=True)
    for place, (name, labels) in enumerate(
        {"Colour": ("Navy", "White", "Moss"), "Size": ("S", "M", "L")}.items()
    ):
        option = make_option(kind, name, position=place)
        for label in labels:
            make_value(option, label)
    return Product.objects.create(title="Linen shirt", upc="LS", product_class=kind)


def chosen(product, **labels):
    """The generator's fields with some values ticked."""
    return {
        f"option-{option.attribute.pk}": [
            str(value.pk)
            for value in option.values
            if value.option in labels[option.attribute.code]
        ]
        for option in options_of_class(product.product_class)
    }


def combination_keys(page):
    boxes = page.soup.select("input[name=combination]")
    return [box["value"] for box in boxes if not box.has_attr("disabled")]


def url_of(product):
    return reverse("staff-variants", args=[product.pk])


def make_all(staff, product, **labels):
    fields = {**chosen(product, **labels), "price": "40.00", "stock": "7"}
    page = Crawled(staff.post(url_of(product), {**fields, "action": "preview"}))
    keys = combination_keys(page)
    return staff.post(url_of(product), {**fields, "action": "create", "combination": keys})


def test_generator_makes_the_ticked_combinations(staff, shirt):
    fields = {
        **chosen(shirt, colour=["Navy", "White"], size=["S", "M"]),
        "price": "40",
        "stock": "7",
    }
    page = Crawled(staff.post(url_of(shirt), {**fields, "action": "preview"}))
    keys = combination_keys(page)
    assert len(keys) == 4
    assert not shirt.children.exists()

    staff.post(url_of(shirt), {**fields, "action": "create", "combination": keys[:3]})

    shirt.refresh_from_db()
    assert shirt.is_parent
    assert [child.title for child in shirt.children.order_by("pk")] == [
        "Linen shirt, Navy, S", "Linen shirt, Navy, M", "Linen shirt, White, S",
    ]  # fmt: skip
    record = stockrecord_of(variant_of(shirt, "Navy", "M"))
    assert (record.price, record.num_in_stock, record.partner_sku, record.price_currency) == (
        Decimal("40.00"), 7, "LS-NAVY-M", "GBP",
    )  # fmt: skip
    assert StockChange.objects.filter(stockrecord=record, kind="created").count() == 1
    assert buy_box_for(shirt).selected.name == "Navy, S"
    assert list(broken_listings()) == []


def test_existing_combinations_are_not_made_again(staff, shirt):
    make_all(staff, shirt, colour=["Navy"], size=["S", "M"])
    fields = {
        **chosen(shirt, colour=["Navy", "White"], size=["S", "M"]),
        "price": "41",
        "stock": "",
    }

    page = Crawled(staff.post(url_of(shirt), {**fields, "action": "preview"}))

    assert len(combination_keys(page)) == 2
    assert "2 of 4 combinations are new." in page.text("body")
    every = [box["value"] for box in page.soup.select("input[name=combination]")]
    staff.post(url_of(shirt), {**fields, "action": "create", "combination": every})
    assert shirt.children.count() == 4


def test_generator_says_what_is_missing_and_keeps_what_was_typed(staff, shirt):
    fields = {**chosen(shirt, colour=["Navy"], size=[]), "price": "-3", "stock": "2"}

    page = Crawled(staff.post(url_of(shirt), {**fields, "action": "preview"}))

    assert "Choose at least one value." in page.text("body")
    assert "greater than or equal to 0.01" in page.text("body")
    assert page.soup.find("input", {"name": "price"})["value"] == "-3"
    ticked = page.soup.select(".variant-generator__option input[checked]")
    assert len(ticked) == 1


def test_product_that_is_sold_itself_gets_no_variants(staff, shirt):
    partner = get_model("partner", "Partner").objects.create(name="P")
    shirt.stockrecords.create(partner=partner, partner_sku="X", price=5, num_in_stock=3)

    page = Crawled(make_all(staff, shirt, colour=["Navy"], size=["S"]))

    assert "This product is sold itself." in page.text("body")
    assert not shirt.children.exists()


def test_more_variants_than_a_product_can_have_are_refused(shirt):
    for option in options_of_class(shirt.product_class):
        for number in range(47):
            option.attribute.option_group.options.create(option=f"{option.attribute.code} {number}")
    options = options_of_class(shirt.product_class)
    everything = {one.attribute.pk: [value.pk for value in one.values] for one in options}

    with pytest.raises(
        VariantError, match=f"make 2500 variants; a product can have {MAX_VARIANTS}"
    ):
        combinations_of(shirt, options, everything)


def test_two_thousand_variants_are_made_in_batches(shirt, django_assert_max_num_queries):
    for option, count in zip(options_of_class(shirt.product_class), (47, 37), strict=True):
        for number in range(count):
            option.attribute.option_group.options.create(option=f"{option.attribute.code} {number}")
    options = options_of_class(shirt.product_class)
    everything = {one.attribute.pk: [value.pk for value in one.values] for one in options}
    found = combinations_of(shirt, options, everything)
    assert len(found) == 2000

    with django_assert_max_num_queries(400):
        made = create_variants(shirt, options, found, price=Decimal("3.00"), stock=1)

    assert made == shirt.children.count() == 2000
    skus = set(Product.objects.filter(parent=shirt).values_list("upc", flat=True))
    assert len(skus) == 2000


def test_skus_differ_from_every_existing_one(staff, shirt):
    Product.objects.create(title="Other", upc="LS-NAVY-S", product_class=shirt.product_class)

    make_all(staff, shirt, colour=["Navy"], size=["S"])

    assert shirt.children.get().upc == "LS-NAVY-S-2"


# --- The grid -------------------------------------------------------------------------------------


@pytest.fixture
def grid(staff, shop):
    """A poster in two sizes and two frames, and its page."""
    poster = make_variants("Poster", {"Size": ["A4", "A3"], "Frame": ["None", "Oak"]})
    return poster, Crawled(staff.get(url_of(poster)))


def fields_of(page):
    form = page.soup.select_one(".variant-grid").find_parent("form")
    return {
        field["name"]: field.get("value", "on" if field.get("type") == "checkbox" else "")
        for field in form.select("input[name]")
        if field.get("type") not in ("file", "checkbox") or field.has_attr("checked")
    }


def test_grid_saves_what_was_changed(staff, grid):
    poster, page = grid
    oak = variant_of(poster, "A4", "Oak")
    fields = fields_of(page) | {
        f"v{oak.pk}-price": "64.50", f"v{oak.pk}-stock": "3", f"v{oak.pk}-sku": "POSTER-OAK",
    }  # fmt: skip

    response = staff.post(url_of(poster), {**fields, "action": "save"})

    assert response.status_code == 302
    record = stockrecord_of(oak)
    assert (record.price, record.num_in_stock, record.partner_sku) == (
        Decimal("64.50"), 3, "POSTER-OAK",
    )  # fmt: skip
    assert StockChange.objects.filter(stockrecord=record).latest("pk").in_stock_after == 3
    others = poster.children.exclude(pk=oak.pk)
    assert {stockrecord_of(child).price for child in others} == {Decimal("20.00")}
    assert str(buy_box_for(poster, selected=oak.pk).quote.price) == "64.50"


def test_grid_does_not_undo_an_order_made_meanwhile(staff, grid):
    poster, page = grid
    oak = variant_of(poster, "A4", "Oak")
    fields = fields_of(page) | {f"v{oak.pk}-price": "30.00"}
    stockrecord_of(oak).__class__.objects.filter(product=oak).update(num_in_stock=4)

    staff.post(url_of(poster), {**fields, "action": "save"})

    record = stockrecord_of(oak)
    assert (record.price, record.num_in_stock) == (Decimal("30.00"), 4)


def test_grid_does_not_undo_an_import_made_meanwhile(staff, grid):
    poster, page = grid
    oak = variant_of(poster, "A4", "Oak")
    fields = fields_of(page) | {f"v{oak.pk}-stock": "3"}
    records = stockrecord_of(oak).__class__.objects
    records.filter(product__parent=poster).update(price=Decimal("31.00"))
    records.filter(product=oak).update(partner_sku="IMPORTED")
    Product.objects.filter(pk=oak.pk).update(is_public=False)

    staff.post(url_of(poster), {**fields, "action": "save"})

    record = stockrecord_of(oak)
    assert (record.price, record.partner_sku, record.num_in_stock) == (
        Decimal("31.00"), "IMPORTED", 3,
    )  # fmt: skip
    assert not Product.objects.get(pk=oak.pk).is_public
    assert {stockrecord_of(child).price for child in poster.children.all()} == {Decimal("31.00")}


def test_value_for_all_rows_applies_to_the_filtered_ones(staff, grid):
    poster, _page = grid
    size = poster.product_class.attributes.get(code="size")
    a3 = size.option_group.options.get(option="A3")
    url = f"{url_of(poster)}?o{size.pk}={a3.pk}"
    page = Crawled(staff.get(url))
    assert len(page.soup.select(".variant-grid tbody tr")) == 2

    staff.post(url, {**fields_of(page), "fill_price": "35", "action": "save"})

    prices = {child.title: stockrecord_of(child).price for child in poster.children.all()}
    assert prices == {
        "Poster, A4, None": Decimal("20.00"), "Poster, A4, Oak": Decimal("20.00"),
        "Poster, A3, None": Decimal("35.00"), "Poster, A3, Oak": Decimal("35.00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("price", "-5", "greater than or equal to 0"),
        ("price", "0", "This would make it free."),
        ("price", "1e20", "no more than 12 digits"),
        ("stock", "many", "Enter a whole number."),
        ("sku", "", "This field is required."),
    ],
)
def test_wrong_row_is_explained_and_nothing_is_saved(staff, grid, field, value, sentence):
    poster, page = grid
    first, last = poster.children.order_by("pk").first(), poster.children.order_by("pk").last()
    fields = fields_of(page) | {f"v{first.pk}-price": "77.00", f"v{last.pk}-{field}": value}

    response = staff.post(url_of(poster), {**fields, "action": "save"})

    page = Crawled(response)
    assert sentence in page.text(".variant-grid")
    assert page.soup.find("input", {"name": f"v{first.pk}-price"})["value"] == "77.00"
    assert stockrecord_of(first).price == Decimal("20.00")


def test_sku_of_another_product_is_refused(staff, grid, vase):
    poster, page = grid
    first = poster.children.order_by("pk").first()
    taken = stockrecord_of(vase).partner_sku
    fields = fields_of(page) | {f"v{first.pk}-sku": taken}

    page = Crawled(staff.post(url_of(poster), {**fields, "action": "save"}))

    assert "Another product has this SKU." in page.text(".variant-grid")


def test_same_new_sku_in_two_rows_is_refused_and_nothing_is_saved(staff, grid):
    poster, page = grid
    first, second = poster.children.order_by("pk")[:2]
    fields = fields_of(page) | {
        f"v{first.pk}-sku": "NEW", f"v{second.pk}-sku": "new", f"v{first.pk}-price": "77.00",
    }  # fmt: skip

    page = Crawled(staff.post(url_of(poster), {**fields, "action": "save"}))

    assert page.text(".variant-grid").count("Another product has this SKU.") == 2
    assert page.soup.find("input", {"name": f"v{second.pk}-sku"})["value"] == "new"
    assert stockrecord_of(first).price == Decimal("20.00")


def test_grid_says_how_many_variants_lost_their_price(staff, grid):
    poster, page = grid
    first, last = poster.children.order_by("pk").first(), poster.children.order_by("pk").last()
    fields = fields_of(page) | {f"v{first.pk}-price": "", f"v{last.pk}-price": "21.00"}

    answer = staff.post(url_of(poster), {**fields, "action": "save"}, follow=True)

    assert stockrecord_of(first).price is None
    assert [str(message) for message in answer.context["messages"]] == [
        "2 variants were saved. 1 of them has no price and cannot be bought."
    ]


def test_grid_saves_all_rows_or_none(staff, grid, monkeypatch):
    poster, page = grid
    first, last = poster.children.order_by("pk").first(), poster.children.order_by("pk").last()
    fields = fields_of(page) | {f"v{first.pk}-price": "77.00", f"v{last.pk}-price": "78.00"}
    save = VariantRowForm.save_record

    def fail_at_last(row, locked):
        if row.variant.pk == last.pk:
            raise RuntimeError("lost connection")
        save(row, locked)

    monkeypatch.setattr(VariantRowForm, "save_record", fail_at_last)
    with pytest.raises(RuntimeError, match="lost connection"):
        staff.post(url_of(poster), {**fields, "action": "save"})

    assert stockrecord_of(first).price == Decimal("20.00")


def test_uploaded_photograph_replaces_the_first_one_only(staff, grid):
    poster, page = grid
    oak = variant_of(poster, "A4", "Oak")
    first, second = add_photo(oak, "tan"), add_photo(oak, "teal")
    upload = SimpleUploadedFile("red.png", picture_bytes("red"), content_type="image/png")

    staff.post(url_of(poster), {**fields_of(page), f"v{oak.pk}-photo": upload, "action": "save"})

    photos = ProductPhoto.objects.filter(product_image__product=oak)
    shown = list(photos.order_by("product_image__display_order", "product_image_id"))
    assert [photo.image_id for photo in shown][1:] == [second.pk]
    assert shown[0].image_id != first.pk
    assert "the others stay" in page.text("body")


# --- Options --------------------------------------------------------------------------------------


def test_option_is_declared_with_its_values(staff, shop):
    kind = ProductClass.objects.create(name="Candle")
    url = reverse("staff-options", args=[kind.pk])

    staff.post(url, {"action": "add", "name": "Scent", "values": "Fig\nPlain\n\nFig\n"})

    (option,) = options_of_class(kind)
    assert (option.attribute.code, [value.option for value in option.values]) == (
        "scent", ["Fig", "Plain"],
    )  # fmt: skip
    page = Crawled(staff.post(url, {"action": "add", "name": "Scent", "values": ""}))
    assert "has an attribute with this name already" in page.text("body")
    assert "Enter at least one value." in page.text("body")


def test_options_change_their_order_name_and_control(staff, grid):
    poster, _page = grid
    size, frame = VariantOption.objects.order_by("position")
    fields = {
        "action": "save",
        f"o{size.pk}-name": "Format", f"o{size.pk}-position": "5",
        f"o{size.pk}-control": "select", f"o{size.pk}-meaning": "size",
        f"o{frame.pk}-name": "Frame", f"o{frame.pk}-position": "1",
        f"o{frame.pk}-control": "auto", f"o{frame.pk}-meaning": "",
    }  # fmt: skip

    staff.post(reverse("staff-options", args=[poster.product_class.pk]), fields)

    controls = buy_box_for(poster).controls
    assert [control.option.name for control in controls] == ["Frame", "Format"]
    assert controls[1].option.shown_as == "select"


def test_values_get_order_labels_and_swatches(staff, grid):
    poster, _page = grid
    frame = VariantOption.objects.get(attribute__code="frame")
    none, oak = OptionValueDisplay.objects.filter(value__group__name="Frame").order_by("position")
    url = reverse("staff-option-values", args=[frame.pk])
    fields = {"action": "save"}
    for display, label, place, colour in ((none, "Unframed", 9, ""), (oak, "Oak", 1, "#C9A24B")):
        prefix = f"v{display.value_id}"
        fields |= {
            f"{prefix}-label": label, f"{prefix}-position": place, f"{prefix}-colour": colour,
        }  # fmt: skip

    assert staff.post(url, fields).status_code == 302

    values = buy_box_for(poster).controls[1].option.values
    assert [(value.label, value.swatch) for value in values] == [
        ("Oak", "#c9a24b"), ("Unframed", ""),
    ]  # fmt: skip
    wrong = fields | {f"v{oak.value_id}-colour": "teal", f"v{none.value_id}-label": "oak"}
    page = Crawled(staff.post(url, wrong))
    assert "Enter a colour such as #4f8794" in page.text("body")
    assert "Another value has this label." in page.text("body")


def test_values_show_their_swatch_as_shoppers_see_it(staff, grid):
    frame = VariantOption.objects.get(attribute__code="frame")
    none, oak = OptionValueDisplay.objects.filter(value__group__name="Frame").order_by("position")
    picture = make_image(picture_bytes("tan"), filename="oak.png", title="Oak")
    OptionValueDisplay.objects.filter(pk=oak.pk).update(picture=picture, colour="#c9a24b")
    OptionValueDisplay.objects.filter(pk=none.pk).update(colour="#f4eee1")

    page = Crawled(staff.get(reverse("staff-option-values", args=[frame.pk])))

    plain, pictured = page.soup.select(".variant-grid__disc")
    assert (plain.name, plain.path["fill"]) == ("svg", "#f4eee1")
    assert pictured["src"] == picture.file.url


def test_grid_shows_the_photographs_that_shoppers_see(staff, grid):
    poster, _page = grid
    oak = make_value(VariantOption.objects.get(attribute__code="frame").attribute, "Oak")
    image = add_photo(poster, "tan")
    ProductPhoto.objects.get(image=image).options.add(oak)

    page = Crawled(staff.get(url_of(poster)))

    shown = {
        row.th.get_text(strip=True): row.td.img
        for row in page.soup.select(".variant-grid tbody tr")
    }
    assert {name for name, photo in shown.items() if photo} == {"A4, Oak", "A3, Oak"}


def test_same_values_twice_are_refused_with_a_sentence(staff, grid):
    poster, _page = grid
    oak, none = variant_of(poster, "A4", "Oak"), variant_of(poster, "A4", "None")
    url = reverse("dashboard:catalogue-product", args=[none.pk])
    fields = form_of(staff, none)
    value = poster.product_class.attributes.get(code="frame").option_group.options.get(option="Oak")

    response = staff.post(url, {**fields, "attr_frame": value.pk})

    assert "This product has a variant with these values already: A4, Oak." in (
        response.content.decode()
    )
    assert variant_of(poster, "A4", "Oak") == oak
