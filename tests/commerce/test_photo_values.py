"""Which values of options a photograph shows: staff choose them, and variants share photographs."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.product_detail import buy_box_for
from commerce.index.listings import line_displays
from commerce.models import OptionValueDisplay, ProductPhoto
from commerce.options.option_sets import names_in
from tests.crawler import Crawled
from tests.factories import (
    add_photo,
    make_product,
    make_user,
    make_value,
    make_variants,
    picture_bytes,
    put_category,
    variant_of,
)
from tests.product_form import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def shirt(shop):
    product = make_variants("Linen shirt", {"Colour": ["Navy", "Red"], "Size": ["S", "L"]})
    put_category(product, "Shirts")
    return product


def value_named(product, label):
    colour = product.product_class.attributes.get(code="colour")
    return make_value(colour, label)


def save(staff, product, **changes):
    address = reverse("dashboard:catalogue-product", args=[product.pk])
    response = staff.post(address, {**form_of(staff, product), **changes})
    assert response.status_code == 302, response.context["image_formset"].errors
    return response


def labels_of(image):
    photo = ProductPhoto.objects.get(image=image)
    return sorted(photo.options.values_list("option", flat=True))


def test_staff_choose_the_values_that_a_photograph_shows(staff, shirt):
    add_photo(shirt, "grey")
    red = add_photo(shirt, "red")

    save(staff, shirt, **{"images-1-values": [value_named(shirt, "Red").pk]})

    assert labels_of(red) == ["Red"]
    large = variant_of(shirt, "Red", "L")
    assert line_displays([large])[large.pk].photo.pk == red.pk


def test_editor_offers_the_values_of_variants_by_option(staff, shirt):
    value_named(shirt, "Moss")
    add_photo(shirt, "grey")

    page = Crawled(staff.get(reverse("dashboard:catalogue-product", args=[shirt.pk])))

    offered = {
        group["label"]: [option.text for option in group.select("option")]
        for group in page.soup.select("[name=images-0-values] optgroup")
    }
    assert offered == {"Colour": ["Navy", "Red"], "Size": ["S", "L"]}


def test_saving_without_a_change_keeps_the_values(staff, shirt):
    """Also a value that no variant has any more."""
    image = add_photo(shirt, "grey")
    for label in ("Red", "Moss"):
        ProductPhoto.objects.get(image=image).options.add(value_named(shirt, label))

    save(staff, shirt, title="Shirt")
    assert labels_of(image) == ["Moss", "Red"]

    save(staff, shirt, **{"images-0-values": []})
    assert labels_of(image) == []


def test_new_photograph_is_saved_with_its_values(staff, shirt):
    upload = SimpleUploadedFile("red.png", picture_bytes("red"), content_type="image/png")

    save(
        staff, shirt,
        **{"images-0-original": upload, "images-0-values": [value_named(shirt, "Red").pk]},
    )  # fmt: skip

    assert labels_of(ProductPhoto.objects.get().image) == ["Red"]


def test_product_without_variants_asks_for_no_values(staff, shop):
    jug = make_product("Jug", price="30.00")
    add_photo(jug, "grey")

    page = Crawled(staff.get(reverse("dashboard:catalogue-product", args=[jug.pk])))

    assert not page.soup.select("[name=images-0-values]")


# --- Variants without a photograph ----------------------------------------------------------------


def first_photos(product):
    """The photograph that each variant shows first, ``{(colour, size): image key}``."""
    displays = line_displays(list(product.children.select_related("parent")))
    names = {pk: tuple(name.split(", ")) for pk, name in names_in(listed(product)).items()}
    return {names[pk]: one.photo.pk for pk, one in displays.items() if one.photo}


def listed(product):
    return get_model("commerce", "Listing").objects.get(pk=product.pk).variants


def test_variant_without_a_photo_shows_that_of_its_colour(shirt):
    """Of the first variant of the colour that has one; the product's own comes after it."""
    navy = add_photo(variant_of(shirt, "Navy", "S"), "navy")
    assert first_photos(shirt) == {("Navy", size): navy.pk for size in "SL"}
    red = add_photo(variant_of(shirt, "Red", "L"), "red")
    front = add_photo(shirt, "grey")

    assert first_photos(shirt) == {
        **{("Navy", size): navy.pk for size in "SL"},
        **{("Red", size): red.pk for size in "SL"},
    }
    box = buy_box_for(shirt, selected=variant_of(shirt, "Red", "S").pk)
    assert [photo.pk for photo in box.photos][:2] == [red.pk, front.pk]


def test_photo_for_a_colour_and_a_size_serves_the_other_sizes(shirt):
    add_photo(shirt, "grey")
    red = add_photo(shirt, "red")
    for code, label in (("colour", "Red"), ("size", "L")):
        value = make_value(shirt.product_class.attributes.get(code=code), label)
        ProductPhoto.objects.get(image=red).options.add(value)

    found = first_photos(shirt)

    assert found["Red", "S"] == found["Red", "L"] == red.pk
    assert found["Navy", "L"] != red.pk


def test_size_does_not_decide_over_a_photo(shop):
    """Without a colour or swatches, variants do not share photographs."""
    boots = make_variants("Boots", {"Size": ["40", "41"]})
    OptionValueDisplay.objects.update(colour="")
    small = add_photo(variant_of(boots, "40"), "tan")
    front = add_photo(boots, "grey")

    assert first_photos(boots) == {("40",): small.pk, ("41",): front.pk}
