"""Pages for signed-in shoppers: always current, and without other shoppers' data."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.catalogue.wishlists import save_to_lists
from tests import factories
from tests.home.bodies import buy, row

#: Nothing is cached inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signed_in(shop):
    client = Client()
    client.force_login(factories.make_user())
    return client


@pytest.fixture
def shelves(caching, mug, vase, site_root):
    caching()
    table = factories.put_category(mug, "Tableware")
    factories.put_category(vase, "Tableware")
    site_root.body = [row(mug.pk, vase.pk), buy(mug.pk)]
    site_root.save_revision().publish()
    return {
        "home": "/",
        "list": table.get_absolute_url(),
        "product": mug.get_absolute_url(),
        "search": f"{reverse('search:search')}?q=mug",
        "suggestions": f"{reverse('search:suggest')}?q=mu",
    }


def test_signed_in_shopper_sees_a_new_price_at_once(shelves, signed_in, mug):
    for path in shelves.values():
        signed_in.get(path)
        assert "£24" in signed_in.get(path).text

    for record in get_model("partner", "StockRecord").objects.filter(product__parent=mug):
        record.price = Decimal("31.00")
        record.save()

    for name, path in shelves.items():
        page = signed_in.get(path).text
        assert "£31" in page, name
        assert "£24" not in page, name


def test_wish_lists_appear_only_for_their_owner(shelves, signed_in, mug):
    owner = factories.make_user("owner@example.test")
    kept = mug.children.order_by("pk").first()
    save_to_lists(owner, kept, [], new_name="Secret garden")
    theirs = Client()
    theirs.force_login(owner)

    for client, is_kept in ((theirs, True), (signed_in, False), (theirs, True), (Client(), False)):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(shelves["product"]).text
        assert ("On “Secret garden”" in page) is is_kept
        assert ("Save to wish list" in page) is not is_kept
        asked = [query["sql"] for query in queries if "wishlists" in query["sql"]]
        assert len(asked) == ("Sign in" not in page)  # no query for guests


def test_review_link_is_for_buyers_only(shelves, signed_in, mug):
    path = shelves["product"]
    buyer = factories.make_user("bo@example.com")
    factories.make_order(mug.children.first(), user=buyer)
    client = Client()
    client.force_login(buyer)

    pages = [who.get(path).content.decode() for who in (client, signed_in, Client(), client)]

    assert ["Write a review" in page for page in pages] == [True, False, False, True]


def test_preview_of_a_draft_is_not_served_to_others(shelves, site_root, vase, rf, settings):
    Client().get("/")
    site_root.body = [buy(vase.pk)]
    editors = rf.get("/admin/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}=editor"})
    mode = site_root.default_preview_mode
    preview = site_root.make_preview_request(original_request=editors, preview_mode=mode)

    page = Client().get("/").content

    assert b"Harbour mug" in page
    assert b"Harbour mug" not in preview.content
