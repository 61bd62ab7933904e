"""Shared passwords of pages and documents are asked for on a page in the shop's design."""

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from home.models import StandardPage

pytestmark = pytest.mark.django_db
PASSWORD = "hush"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def private_page(site_root):
    page = site_root.add_child(instance=StandardPage(title="Trade prices", slug="trade"))
    PageViewRestriction.objects.create(page=page, restriction_type="password", password=PASSWORD)
    return page


@pytest.fixture
def private_document(site_root):
    collection = Collection.get_first_root_node().add_child(name="Trade")
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="password", password=PASSWORD
    )
    return get_document_model().objects.create(
        title="Prices", file=ContentFile(b"a;b", name="prices.csv"), collection=collection
    )


def text_of(response):
    return response.content.decode()


def test_private_page_asks_in_the_shops_design(client, private_page):
    page = client.get("/trade/")

    assert 'class="site-header"' in text_of(page)
    assert "This page is private" in text_of(page)
    assert "Trade prices" not in text_of(page)


def test_private_document_asks_in_the_shops_design(client, private_document):
    page = client.get(private_document.url)

    assert 'class="site-header"' in text_of(page)
    assert "This document is private" in text_of(page)


def test_wrong_password_shows_an_error_and_the_right_one_redirects(client, private_page):
    restriction = PageViewRestriction.objects.get()
    url = reverse("wagtailcore_authenticate_with_password", args=[restriction.pk, private_page.pk])

    wrong = client.post(url, {"password": "guess", "return_url": "/trade/"})
    right = client.post(url, {"password": PASSWORD, "return_url": "/trade/"})

    assert "That password isn’t right" in text_of(wrong)
    assert 'aria-invalid="true"' in text_of(wrong)
    assert right["Location"] == "/trade/"
    assert "Trade prices" in text_of(client.get("/trade/"))
