"""The shop stores nothing in browsers at first, and later only what its cookie page lists."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from commerce.privacy.browser_storage import STORED, stored_for_shoppers
from tests.factories import put_category
from tests.shopper import put_in_basket
from tests.test_architecture import ROOT, files

pytestmark = pytest.mark.django_db
NAMES = {row.name for row in STORED}


@pytest.fixture
def addresses(shop, site_root, vase):
    """Public pages that visitors may open first."""
    category = put_category(vase, "Vases")
    names = ("basket:summary", "find-order", "account_login", "account_signup", "stored", "compare")
    return [
        "/", vase.get_absolute_url(), category.get_absolute_url(), reverse("search:search"),
        "/?utm_source=letter", "/nothing-is-here/", *map(reverse, names),
    ]  # fmt: skip


#: Pages with a form that needs a cookie.
FORMS = {"find-order", "account_login", "account_signup"}


def test_first_visit_stores_nothing(client, addresses):
    stored = {}
    for address in addresses:
        response = type(client)().get(address)
        stored[address] = set(response.cookies)

    forms = {reverse(name) for name in FORMS}
    assert {
        address: names for address, names in stored.items() if names and address not in forms
    } == {}
    assert all(stored[address] <= {settings.CSRF_COOKIE_NAME} for address in forms)


def test_shopper_cookies_are_on_the_list(client, vase):
    put_in_basket(client, vase)
    client.get(reverse("basket:summary"))
    client.get(reverse("compare"), {"add": vase.pk})

    assert "basket_units" in client.cookies
    assert set(client.cookies) <= NAMES


def test_every_cookie_and_key_in_the_code_is_on_the_list():
    python = "".join(
        path.read_text("utf-8")
        for path in files(".py", folders=("commerce", "checkout_app", "home", "site_project"))
    )
    scripts = "".join(path.read_text("utf-8") for path in files(".js", folders=("static",)))
    found = set(re.findall(r"^(?:[A-Z]+_)?COOKIE = \"(\w+)\"", python, re.MULTILINE))
    stores = re.findall(r"^const KEY = \"([\w-]+)\"", scripts, re.MULTILINE)

    assert found == {"basket_units", "prices_read", "compared", "device", "staff_seen"}
    assert found | set(stores) <= NAMES
    assert set(stores) == {"compare", "looked-at"}


def test_only_two_elements_write_storage():
    writers = {
        path.name
        for path in files(".js", folders=("static",))
        if re.search(
            r"(?:local|session)Storage\.setItem|document\.cookie\s*=|indexedDB",
            path.read_text("utf-8"),
        )
    }

    assert writers == {"compare-choice.js", "recently-viewed.js"}


def test_page_lists_what_is_stored(client, db, shop):
    response = client.get(reverse("stored"))

    text = response.content.decode()
    assert all(f"<code>{row.name}</code>" in text for row in stored_for_shoppers())
    assert "__stripe_mid" not in text


def test_footer_of_every_page_links_to_the_list(client, site_root, shop):
    assert f'href="{reverse("stored")}"' in client.get("/").content.decode()


def test_shop_with_card_payments_lists_stripes_cookies(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_x"

    assert "__stripe_mid, __stripe_sid" in {row.name for row in stored_for_shoppers()}


def test_doc_matches_the_page():
    text = Path(ROOT, "docs/privacy.md").read_text("utf-8")

    lines = [f"| `{r.name}` | {r.place} | {r.set_by} | {r.lasts} | {r.need} |" for r in STORED]
    assert [line for line in lines if line not in text] == []
