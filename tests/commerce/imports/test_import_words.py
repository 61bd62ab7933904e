"""The words of import pages: columns, differences and refusals that staff can read."""

import pytest
from django.urls import reverse

from commerce.imports.kinds.base import kinds
from commerce.imports.names import COLUMNS
from commerce.imports.report import differences
from commerce.imports.runs import create_run, start_check
from commerce.models import ImportRun
from tests.commerce.imports.files import as_csv
from tests.commerce.imports.test_export import run_file
from tests.crawler import Crawled
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, shop):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def test_every_column_has_a_label():
    known = {name for kind in kinds().values() for name in kind.known_columns()}

    assert known <= COLUMNS.keys()


def test_mapping_offers_columns_in_words(staff):
    content = as_csv(("Gewicht g", "option:Farbe"), [{"Gewicht g": "5", "option:Farbe": "rot"}])
    run = create_run(
        kind="products", profile="plain", file_name="x.csv", data=[content], options={}, user=None
    )

    page = Crawled(staff.get(reverse("staff-import-settings", args=[run.pk])))

    labels = {option["value"]: option.text for option in page.soup.select(".import-mapping option")}
    assert labels["weight_g"] == "Weight (g)"
    assert labels["variant_public"] == "Variant shown"
    assert labels["option:Farbe"] == "Option: Farbe"


def test_differences_are_named_in_words():
    brand = {"name": "Brand", "type": "text", "value": "Quay"}
    variant = {"options": {"Colour": "Navy"}, "price": "5.00", "details": {"weight": 150}}
    before = {"title": "Cup", "attributes": {}, "variants": {"A-1": variant}}
    after = {
        "title": "Mug",
        "attributes": {"brand": brand},
        "variants": {"A-1": {**variant, "price": "6.00", "details": {"weight": 160}}},
    }

    assert [tuple(one) for one in differences(before, after)] == [
        ("Title", "Cup", "Mug"),
        ("Brand", "", "Quay"),
        ("A-1: Price", "5.00", "6.00"),
        ("A-1: Weight (g)", "150", "160"),
    ]
    assert ("A-1: Colour", "", "Navy") in list(differences(None, after))


@pytest.mark.parametrize(
    ("profile", "row", "problem"),
    [
        ("plain", {"sku": "A", "title": ""}, (2, "title", "The product needs a title.")),
        ("plain", {"sku": "A", "price": "5"}, (2, "", "The product needs a title.")),
        (
            "shopify", {"Handle": "a", "Title": "", "Variant Price": "5"},
            (2, "Title", "The first row of a product needs a title."),
        ),
    ],
)  # fmt: skip
def test_missing_title_is_named_once(shop, profile, row, problem):
    run = run_file(as_csv(list(row), [row]), profile=profile)

    assert [tuple(one) for one in run.rows.get().problems] == [problem]


def test_waiting_check_says_that_it_waits(staff):
    run = create_run(
        kind="products",
        profile="plain",
        file_name="x.csv",
        data=[b"sku\nA\n"],
        options={},
        user=None,
    )
    start_check(run.pk)
    assert ImportRun.objects.get(pk=run.pk).total == 0

    page = staff.get(reverse("staff-import-progress", args=[run.pk])).text

    assert "Waiting: the file has not been read yet." in page
    assert "0 of 0" not in page
