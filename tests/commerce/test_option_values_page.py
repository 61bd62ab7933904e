"""The staff page of an option's values: what it refuses to add, it keeps in the form."""

import pytest
from django.urls import reverse

from commerce.models import VariantOption
from tests.crawler import Crawled
from tests.factories import make_user, make_variants

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, shop):
    make_variants("Linen shirt", {"Size": ["S", "M"]})
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    return reverse("staff-option-values", args=[VariantOption.objects.get().pk])


def labels():
    group = VariantOption.objects.get().attribute.option_group
    return sorted(group.options.values_list("option", flat=True))


def test_values_are_added_once(client, page):
    client.post(page, {"action": "add", "values": "L\n\n  L \nM\nXL\n"})

    assert labels() == ["L", "M", "S", "XL"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [("L", "1 value was added."), ("L\nM\nXL", "2 values were added.")],
)
def test_message_counts_the_added_values(client, page, lines, message):
    answer = client.post(page, {"action": "add", "values": lines}, follow=True)

    assert [str(one) for one in answer.context["messages"]] == [message]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("m", "“m” exists already."),
        ("M\ns", "“M”, “s” exist already."),
        (" ", "Enter at least one value."),
    ],
)
def test_values_that_exist_are_refused(client, page, lines, reason):
    answer = client.post(page, {"action": "add", "values": lines})

    assert Crawled(answer).text("#values-error") == reason


def test_values_that_differ_in_case_or_accents_only_are_added_once(client, page):
    client.post(page, {"action": "add", "values": "m\nRed\nred\nRosé\nROSE"})

    assert labels() == ["M", "Red", "Rosé", "S"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["L", "x" * 256], "“xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…” is longer than 255 characters."),
        ([str(n) for n in range(201)], "Add at most 200 values at once; these are 201."),
    ],
)  # fmt: skip
def test_refused_values_stay_in_the_form(client, page, lines, reason):
    answer = client.post(page, {"action": "add", "values": "\n".join(lines)})

    assert labels() == ["M", "S"]
    assert reason in answer.content.decode()
    assert lines[-1] in answer.content.decode()


def values_with(client, page, *new):
    """The fields of the saved form with other labels, in the order of the rows."""
    form = Crawled(client.get(page)).soup.select_one(".variant-grid").find_parent("form")
    fields = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    names = [name for name in fields if name.endswith("-label")]
    return fields | dict(zip(names, new, strict=True)) | {"action": "save"}


@pytest.mark.parametrize("new", [("Red", "Red"), ("Red", "red"), ("Rosé", "rose"), ("M", "L")])
def test_same_label_in_two_rows_is_refused(client, page, new):
    answer = client.post(page, values_with(client, page, *new))

    assert labels() == ["M", "S"]
    assert "Another value has this label." in answer.content.decode()
    assert new[1] in answer.content.decode()


def test_label_changes_its_case(client, page):
    client.post(page, values_with(client, page, "s", "M"))

    assert labels() == ["M", "s"]
