"""Facets in the admin: attributes of one name are told apart by their product types."""

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.models import FacetAttribute
from tests.crawler import Crawled
from tests.factories import make_option, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, site_root):
    client.force_login(make_user("admin@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def colours(shop):
    """The attribute Colour of two product types."""
    ProductClass = get_model("catalogue", "ProductClass")
    return [make_option(ProductClass.objects.create(name=name), "Colour") for name in "XA"]


def test_choices_name_the_product_type(admin, colours):
    page = Crawled(admin.get(reverse("wagtailsnippets_commerce_facetattribute:add")))

    labels = page.texts("select[name=attribute] option")
    assert labels[1:] == ["Colour (A)", "Colour (X)"]


def test_list_names_the_product_type(admin, colours):
    for attribute in colours:
        FacetAttribute.objects.create(attribute=attribute)

    page = Crawled(admin.get(reverse("wagtailsnippets_commerce_facetattribute:list")))

    rows = [row.split() for row in page.texts("table.listing tbody tr")]
    assert sorted("X" if "X" in row else "A" if "A" in row else "" for row in rows) == ["A", "X"]
