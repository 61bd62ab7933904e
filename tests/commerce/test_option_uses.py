"""Options of variants in the dashboard: where they are edited, and that needed ones are not removed."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import VariantOption
from tests.crawler import Crawled
from tests.factories import make_user, make_value, make_variants

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def shirt(shop):
    return make_variants("Linen shirt", {"Colour": ["Navy", "Red"], "Size": ["S", "M", "L"]})


def option_named(name):
    return VariantOption.objects.get(attribute__name=name)


def delete_value(staff, label):
    """Tick "Delete?" of a value in Oscar's form of its group and save."""
    value = get_model("catalogue", "AttributeOption").objects.get(option=label)
    address = reverse("dashboard:catalogue-attribute-option-group-update", args=[value.group_id])
    formset = staff.get(address).context["attribute_option_formset"]
    data = {field.html_name: field.value() or "" for field in formset.management_form}
    for form in formset:
        data |= {field.html_name: field.value() or "" for field in form}
        if form.instance.pk == value.pk:
            data[f"{form.prefix}-DELETE"] = "on"
    return staff.post(address, data | {"name": value.group.name})


def labels_of(name):
    return set(option_named(name).attribute.option_group.options.values_list("option", flat=True))


def test_value_in_use_is_not_deleted(staff, shirt):
    answer = delete_value(staff, "Red")

    assert labels_of("Colour") == {"Navy", "Red"}
    messages = [str(message) for message in answer.context["messages"]]
    assert "“Red” cannot be deleted: 3 products use it. Give them another value first." in messages


def test_value_that_no_product_has_is_deleted(staff, shirt):
    make_value(option_named("Colour").attribute, "Moss")

    delete_value(staff, "Moss")

    assert labels_of("Colour") == {"Navy", "Red"}


def remove(staff, *names):
    """Tick "Remove" of options of a product type and save."""
    address = reverse("staff-options", args=[option_named(names[0]).attribute.product_class_id])
    data = {"action": "save"}
    for row in staff.get(address).context["rows"]:
        data |= {
            field.html_name: "" if field.value() is None else field.value()
            for field in row if field.name != "remove"
        }  # fmt: skip
        if row.instance.attribute.name in names:
            data[f"{row.prefix}-remove"] = "on"
    return staff.post(address, data)


def test_option_that_tells_variants_apart_is_not_removed(staff, shirt):
    answer = remove(staff, "Size")

    assert VariantOption.objects.count() == 2
    error = Crawled(answer).soup.select_one(".errorlist").text
    assert error == "Without this option, variants of “Linen shirt” could not be told apart."


def test_option_in_which_no_variants_differ_is_removed(staff, shop):
    make_variants("Linen shirt", {"Colour": ["Navy"], "Size": ["S", "M", "L"]})

    remove(staff, "Colour")

    assert [option.attribute.name for option in VariantOption.objects.all()] == ["Size"]


def test_all_options_are_removed_at_once(staff, shirt):
    """The select attributes are the options of a type that declares none."""
    remove(staff, "Colour", "Size")

    assert not VariantOption.objects.exists()


def test_page_of_a_product_type_leads_to_the_options_of_its_variants(staff, shirt):
    kind = shirt.product_class
    page = Crawled(staff.get(reverse("dashboard:catalogue-class-update", args=[kind.pk])))

    link = page.soup.find("a", href=reverse("staff-options", args=[kind.pk]))
    assert link.text == "Edit the options of variants"
    assert "Details of the type" in page.text("#product_class_details")
    assert page.text("label[for=id_options]").strip() == "Personal options"


def test_new_product_type_has_no_options_page_yet(staff):
    page = staff.get(reverse("dashboard:catalogue-class-create"))

    assert page.status_code == 200
    assert "Edit the options of variants" not in page.text


def delete_attribute(staff, attribute, **answers):
    """Tick "Delete?" of an attribute on the page of its product type and save."""
    address = reverse("dashboard:catalogue-class-update", args=[attribute.product_class_id])
    page = staff.get(address)
    data = {}
    for form in (page.context["form"], page.context["attributes_formset"].management_form):
        data |= {field.html_name: field.value() for field in form}
    for form in page.context["attributes_formset"]:
        data |= {field.html_name: field.value() for field in form}
        if form.instance.pk == attribute.pk:
            data[f"{form.prefix}-DELETE"] = "on"
    filled = {name: value for name, value in data.items() if value}
    return staff.post(address, filled | answers)


def test_attribute_is_deleted_with_its_values_only_after_a_confirmation(staff, shirt):
    care = shirt.product_class.attributes.create(code="care", name="Care", type="text")
    shirt.attr.care = "Wash cold"
    shirt.save()

    page = Crawled(delete_attribute(staff, care))

    assert "“Care” has a value for 1 product, which would be deleted too." in page.texts(
        ".error-block"
    )
    assert care.productattributevalue_set.count() == 1
    delete_attribute(staff, care, removes_values=str(care.pk))
    assert not shirt.product_class.attributes.filter(code="care").exists()


def test_attribute_without_values_is_deleted_at_once(staff, shirt):
    care = shirt.product_class.attributes.create(code="care", name="Care", type="text")

    delete_attribute(staff, care)

    assert not shirt.product_class.attributes.filter(code="care").exists()


def test_confirmation_counts_for_the_attributes_it_names(staff, shirt):
    care, fit = (
        shirt.product_class.attributes.create(code=code, name=code.title(), type="text")
        for code in ("care", "fit")
    )
    for code in ("care", "fit"):
        setattr(shirt.attr, code, "Loose")
    shirt.save()

    delete_attribute(staff, fit, removes_values=str(care.pk))

    assert fit.productattributevalue_set.count() == 1


def test_option_is_not_deleted_as_an_attribute(staff, shirt):
    colour = option_named("Colour").attribute

    page = Crawled(delete_attribute(staff, colour, removes_values=str(colour.pk)))

    text = "Without this option, variants of “Linen shirt” could not be told apart."
    assert text in page.texts(".error-block")
    assert option_named("Colour")


def test_group_in_use_is_not_deleted(staff, shirt):
    """Oscar hides the button, but deletes the group with all values of all products."""
    group = option_named("Colour").attribute.option_group
    address = reverse("dashboard:catalogue-attribute-option-group-delete", args=[group.pk])

    staff.post(address)

    assert labels_of("Colour") == {"Navy", "Red"}
