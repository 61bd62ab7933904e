"""After a price change in the dashboard the next request shows the new price.

This applies to every page and each of four workers, with a warm page cache.
"""

import json
import re

import pytest
import requests
from bs4 import BeautifulSoup
from django.urls import reverse

from tests import factories
from tests.caching import REDIS, needs_redis
from tests.home.bodies import buy, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

#: Requests per page: enough to reach each of four workers.
TIMES = 12


class Merchandiser:
    """Changes prices with the dashboard's own form, over HTTP."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def sign_in(self, email, password):
        form = self.form_of("/accounts/login/", "login")
        self.send("/accounts/login/", {**form, "login": email, "password": password})
        assert "sessionid" in self.session.cookies

    def change_price(self, product, price):
        path = reverse("dashboard:catalogue-product", args=[product.pk])
        form = self.form_of(path, "stockrecords-0-price")
        answer = self.send(path, {**form, "stockrecords-0-price": price, "action": "save"})
        assert answer.status_code == 302, BeautifulSoup(answer.text, "html.parser").get_text()[
            :2000
        ]

    def form_of(self, path, field):
        """The unchanged data of the form that contains a field."""
        page = self.session.get(self.url + path, timeout=60)
        form = (
            BeautifulSoup(page.text, "html.parser").find(attrs={"name": field}).find_parent("form")
        )
        data = {}
        for box in form.select("input[name], textarea[name], select[name]"):
            kind = box.get("type", box.name)
            if kind in ("submit", "file", "button") or (
                kind in ("checkbox", "radio") and not box.has_attr("checked")
            ):
                continue
            if box.name == "select":
                chosen = box.find("option", selected=True)
                data[box["name"]] = chosen["value"] if chosen else ""
            else:
                unsaid = "on" if kind == "checkbox" else ""
                text = box.text if box.name == "textarea" else box.get("value", unsaid)
                data[box["name"]] = text
        return data

    def send(self, path, data):
        headers = {"Referer": self.url + path}
        return self.session.post(
            self.url + path, data=data, headers=headers, timeout=60, allow_redirects=False
        )


@pytest.fixture
def surfaces(shop, site_root):
    """The product whose price changes, and the URL of each page that shows it."""
    vase = factories.make_product("Moon vase", price="370.00")
    table = factories.put_category(vase, "Tableware")
    site_root.body = [row(vase.pk), buy(vase.pk)]
    site_root.save_revision().publish()
    return vase, {
        "product": vase.get_absolute_url(),
        "list": table.get_absolute_url(),
        "block": "/",
        "search": f"{reverse('search:search')}?q=moon",
        "suggestions": f"{reverse('search:suggest')}?q=moo",
        "feed": reverse("product-feed"),
    }


def prices_in(name, page):
    """The product's prices on a page, as numbers."""
    if name == "feed":
        return set(re.findall(r"<g:price>(37[\d.]+) GBP</g:price>", page))
    shown = {f"{float(found):.2f}" for found in re.findall(r"£(37\d(?:\.\d\d)?)(?![\d.])", page)}
    if name == "product":
        for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S):
            shown |= {offer["price"] for offer in json.loads(text).get("offers", ())}
    return shown


@pytest.mark.parametrize("store", ["file", pytest.param("redis", marks=needs_redis)])
def test_next_request_shows_the_new_price_on_every_page(surfaces, served, settings, store):
    vase, paths = surfaces
    # The served site does not know the password hasher of the tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    factories.make_user("staff@example.com", is_staff=True, is_superuser=True)
    extra = {"REDIS_URL": REDIS} if store == "redis" else {}

    with served(workers=4, threads=2, **extra) as site:
        staff = Merchandiser(site.url)
        staff.sign_in("staff@example.com", factories.PASSWORD)
        for price in ("371.00", "372.50", "373.00"):
            staff.change_price(vase, price)

            for name, path in paths.items():
                pages = [requests.get(site.url + path, timeout=60) for _n in range(TIMES)]
                found = [prices_in(name, page.text) for page in pages]
                assert found == [{price}] * TIMES, name
                # All but the feed are cached, otherwise this test would prove nothing.
                kept = {page.headers["Cache-Control"].startswith("public") for page in pages}
                assert kept == {name != "feed"}, name
