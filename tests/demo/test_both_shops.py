"""Every page of both demo shops: status, language, prices, tax, and no word of the other shop."""

import re
from collections import deque
from dataclasses import dataclass
from io import StringIO
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.core.management import call_command
from oscar.core.loading import get_model

from commerce.models import Listing
from tests.factories import pretend_rendered

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: Words that are on shop pages, of one language only.
ENGLISH = re.compile(
    r"\b(the|and|your|you|with|basket|checkout|search|orders?|delivery|sign in|please|choose|add|for"
    r"|this|from|are|reviews?|sold|stock|items?|filters|close|next|previous|free|until|price|size|colour"
    r"|select|remove|update|save|cancel|edit|delete|view|yes|none|been|account and|when|what|where|more"
    r"|other|address|password|every|try|continue|have|has|was an?|of the)\b"
)
GERMAN = re.compile(
    r"\b(und|der|das|mit|für|Ihre?|Sie|Warenkorb|Kasse|Suche|Bestellung|Versand|Anmelden|bitte|wählen"
    r"|hinzufügen|Preis|Größe|Farbe|entfernen|speichern|abbrechen|bearbeiten|löschen|nein|zurück)\b"
)
POTTERY = r"glaz|stoneware|pottery|\bkiln|\bmugs?\b|teapot|saltmarsh|keramik|glasur|brennofen"
PRINTS = r"lindenblatt|art print|passepartout|paperback|e-?book|\bprints?\b|leipzig|bookbind"


@dataclass(frozen=True)
class DemoShop:
    """What distinguishes a demo shop: its name for DEMO, and what its pages must and must not say."""

    demo: str
    language: str
    foreign_words: re.Pattern
    foreign_goods: str
    price: str
    other_currency: str
    tax: str
    tax_codes: set
    searches: tuple


SHOPS = [
    DemoShop(
        "saltmarsh", "en-gb", GERMAN, PRINTS, r"£\d+(\.\d\d)?", "€", "VAT",
        {"GB-20", *(f"{code}-0-export" for code in ("DE", "DK", "FR", "IE", "NL"))}, ("mug", "teepot", "zzz"),
    ),
    DemoShop(
        "lindenblatt", "de", ENGLISH, POTTERY, r"\d+(,\d\d)?\s€", "£", "MwSt.",
        {"DE-19", "DE-7", "CH-0-export"}, ("linde", "gingko", "zzz"),
    ),
]  # fmt: skip
STARTS = (
    "/", "/catalogue/", "/search/", "/offers/", "/compare/", "/basket/", "/cookies/", "/withdraw/",
    "/find-my-order/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/",
)  # fmt: skip
#: Below these paths are pages of staff, files, and pages that forms lead to.
ELSEWHERE = re.compile(r"/(dashboard|admin|media|static|documents|accounts/logout)/")


def crawl(client, *starts, without=()):
    """``{path: page}`` of all pages that links lead to, from some on. Follows no query strings."""
    pages, waiting, seen = {}, deque(starts), {*starts, *without}
    while waiting:
        path = waiting.popleft()
        response = client.get(path, follow=True)
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        assert response.status_code == 200, path
        pages[path] = soup = BeautifulSoup(response.content, "html.parser")
        for link in soup.find_all("a", href=True):
            parts = urlsplit(urljoin(f"http://testserver{path}", link["href"]))
            is_followed = parts.netloc == "testserver" and not ELSEWHERE.match(parts.path)
            if is_followed and not parts.query and parts.path not in seen:
                seen.add(parts.path)
                waiting.append(parts.path)
    return pages


def texts_of(page):
    """All that shoppers read on a page or hear from it."""
    for tag in page(["script", "style", "code"]):
        tag.decompose()
    shown = [str(text) for text in page.find_all(string=True)]
    named = ("aria-label", "placeholder", "title", "alt", "data-busy", "data-counted")
    shown += [tag[name] for name in named for tag in page.find_all(attrs={name: True})]
    shown += [tag["content"] for tag in page.find_all("meta", attrs={"name": "description"})]
    return [" ".join(text.split()) for text in shown if text.strip()]


def log_in(client):
    """Sign in as the demo's customer who has orders or reviews, if there is one."""
    people = get_user_model().objects.filter(is_staff=False, is_active=True)
    client.force_login(people.filter(email__startswith="customer@").first() or people.first())


def more_pages(client, shop):
    """Pages that no link leads to: searches, a variant, a basket with lines, an account, errors."""
    pages = {}
    for words in shop.searches:
        pages[f"search {words}"] = client.get("/search/", {"q": words})
    listing = Listing.objects.filter(card__count__gt=1).order_by("pk").first()
    variant = listing.variants["variants"][-1][0]
    pages["variant"] = client.get(listing.path, {"variant": variant})
    pages["compare"] = client.get("/compare/", {"ids": f"{listing.pk},{listing.pk + 1}"})
    pages["sorted"] = client.get("/catalogue/", {"sort": "price-low", "page": 1}, follow=True)
    for record in get_model("partner", "StockRecord").objects.filter(num_in_stock__gt=20)[:2]:
        product = record.product
        data = {"quantity": 2, "child_id": product.pk if product.parent_id else ""}
        client.post(f"/basket/add/{product.parent_id or product.pk}/", data)
    pages["basket with lines"] = client.get("/basket/")
    pages["checkout"] = client.get("/checkout/", follow=True)
    pages["missing"] = client.get("/no-such-page/")
    assert pages["missing"].status_code == 404
    return {name: BeautifulSoup(answer.content, "html.parser") for name, answer in pages.items()}


@pytest.fixture
def load(site_root, settings, tmp_path):
    """``load(demo)`` loads a demo shop, with photographs as if they were rendered."""

    def load_demo(demo):
        settings.DEMO, settings.VAR_DIR = demo, tmp_path
        call_command("load_demo", "--no-renditions", "-v0", stdout=StringIO())
        pretend_rendered()

    return load_demo


def assert_speaks_as(shop, pages):
    """Check the language, the goods and the currency of pages."""
    texts = {name: texts_of(page) for name, page in pages.items()}
    wrong = [
        (name, text)
        for name, found in texts.items()
        for text in found
        if shop.foreign_words.search(text)
        or re.search(shop.foreign_goods, text, re.I)
        or shop.other_currency in text
    ]
    assert {page.html["lang"] for page in pages.values()} == {shop.language}
    assert wrong == []


def assert_priced_as(shop, pages):
    """Check the price and the tax note of every product's page."""
    listings = list(Listing.objects.order_by("pk"))
    for listing in listings:
        box = pages[listing.path].select_one(".buy-box--page")
        price = " ".join(box.select_one(".price").get_text(" ").split())
        assert re.search(shop.price, price), (listing.path, price)
        assert shop.tax in price, (listing.path, price)
    assert len(listings) >= 24
    lines = get_model("order", "Line").objects
    assert set(lines.values_list("tax_code", flat=True)) == shop.tax_codes


# One test for all: loading a shop takes long.
@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.demo)
def test_every_page_speaks_as_its_shop(client, load, shop):
    load(shop.demo)

    pages = crawl(client, *STARTS)
    assert len(pages) > 60
    assert_priced_as(shop, pages)
    assert_speaks_as(shop, pages)
    assert_speaks_as(shop, more_pages(client, shop))
    log_in(client)
    product = Listing.objects.order_by("pk").first().path
    own = crawl(client, "/accounts/", "/basket/", "/", product, without=pages)
    assert len(own) > 8
    assert_speaks_as(shop, own)
