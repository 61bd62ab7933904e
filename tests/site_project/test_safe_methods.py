"""GET requests by guests and customers change no table."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from oscar.core.loading import get_model

from commerce.permissions.table import area_of
from tests.factories import make_offer, make_paid_order, make_user
from tests.site_project.test_permissions import writes_of

#: Stripe returns by GET, and settling is idempotent (docs/architecture.md).
SETTLES = "checkout:return"


def shop_urls(resolver=None, prefix="", spaces=()):
    """``(route, name)`` of every URL but staff pages."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from shop_urls(pattern, route, inner)
        elif not area_of(route):
            yield route, ":".join((*spaces, pattern.name or ""))


@pytest.fixture
def addresses(shop, site_root, vase):
    """A URL for every route, with existing objects."""
    ada = make_user("ada@example.com")
    order = make_paid_order((vase, 1), user=ada)
    offer = make_offer()
    wish_list = get_model("wishlists", "WishList").objects.create(owner=ada, name="Gifts")
    address = ada.addresses.create(
        first_name="A", last_name="B", line1="1", postcode="NR23 1AH", country_id="GB"
    )
    alert = get_model("customer", "ProductAlert").objects.create(
        product=vase, user=ada, key="k" * 20
    )
    words = {
        "product_slug": vase.slug, "pk": vase.pk, "product_pk": vase.pk, "slug": offer.slug,
        "order_number": order.number, "order": order.number, "number": order.number,
        "token": "nobody", "key": alert.key, "line_id": order.lines.get().pk, "action": "default_for_billing",
        "section": "products", "category_slug": "a", "path": "images/nothing.png", "uidb36": "1",
        "hash": "a", "intent_id": "pi_x", "provider": "google",
    }  # fmt: skip
    keys = {
        "customer:address-detail": address.pk,
        "customer:address-delete": address.pk,
        "customer:address-change-status": address.pk,
        "customer:alerts-cancel-by-pk": alert.pk,
    }
    lists = {"customer:wishlists-detail", "customer:wishlists-update", "customer:wishlists-delete"}

    def fill(route, name):
        def value(match):
            argument = match[1]
            if argument == "pk" and name in keys:
                return str(keys[name])
            if argument == "key" and (name in lists or "wishlist" in name):
                return wish_list.key
            return str(words.get(argument, 1))

        path = re.sub(r"\(\?P<(\w+)>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", value, route)
        path = re.sub(r"<(?:\w+:)?(\w+)>", value, path)
        path = re.sub(r"\(\\d\+\)", "1", path)
        path = re.sub(r"\([^)]*\)\*?\)?", "", path)
        return "/" + re.sub(r"[\^$\\?]", "", path)

    return ada, {name or route: fill(route, name) for route, name in shop_urls()}


@pytest.mark.parametrize("who", ["guest", "customer"])
def test_get_requests_of_the_shop_change_no_table(addresses, client, who):
    ada, paths = addresses
    client.raise_request_exception = False
    written, broken = {}, {}

    for name, path in paths.items():
        if who == "customer":
            client.force_login(ada)
        if name == SETTLES:
            continue
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path, headers={"sec-fetch-site": "cross-site"})
        if statements := writes_of(captured.captured_queries):
            written[name, path] = statements
        if response.status_code >= 500 and response.status_code != 503:
            broken[name, path] = response.status_code

    assert len(paths) > 90
    assert not written, "\n".join(map(str, written.items()))
    assert not broken, "\n".join(map(str, broken.items()))


def test_first_visit_sets_no_cookie(client, site_root, vase):
    for path in (
        "/",
        reverse("catalogue:index"),
        vase.get_absolute_url(),
        "/search/?q=vase",
        "/basket/",
    ):
        response = client.get(path)
        assert not response.cookies, (path, response.cookies)
