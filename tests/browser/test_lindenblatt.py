"""The second demo shop in Chromium: two options on a product, engraved texts, German, euros."""

import re
from email import message_from_bytes, policy
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("lindenblatt")]

CARD = "4242 4242 4242 4242"
PRINT, NOTEBOOK = "Mäander", "Kladde, A5"
#: Pages that are checked in both colour schemes.
PAGES = (
    "/",
    "/catalogue/",
    "/ueber-uns/",
    "/magazin/",
    "/basket/",
    "/accounts/login/",
    "/gibt-es-nicht/",
)


@pytest.fixture
def page(chromium, lindenblatt):
    """A page of a visitor to Lindenblatt."""
    with visit(chromium, lindenblatt, locale="de-DE") as visitor:
        yield visitor


def choose(page, *names):
    """Choose values of options on a product's page, in order."""
    for name in names:
        page.locator(".buy-box--page [data-variant]").get_by_text(name, exact=True).click()
        page.locator(".buy-box--page [aria-current]").get_by_text(name, exact=True).wait_for()


def put_into_basket(page, title):
    page.get_by_role("button", name="In den Warenkorb", exact=True).click()
    page.locator(".added").get_by_text(title).wait_for()


def go_to_checkout(page, site):
    page.goto(f"{site.url}/basket/")
    page.get_by_role("link", name="Zur Kasse").first.click()


def give_address(page):
    """Fill in the delivery address and go on to the payment."""
    address = page.get_by_role("group", name="Lieferadresse")
    address.get_by_label("Vorname").fill("Ida")
    address.get_by_label("Nachname").fill("Haase")
    address.get_by_label("Straße und Hausnummer").fill("Könneritzstraße 12")
    address.get_by_label("Postleitzahl").fill("04229")
    address.get_by_label("Ort", exact=True).fill("Leipzig")
    page.get_by_role("button", name="Weiter zum Versand").click()
    page.get_by_role("button", name="Weiter zur Zahlung").click()


def pay(page):
    """Pay by card; returns the order number on the thank-you page."""
    page.get_by_label("Kartennummer").fill(CARD)
    page.get_by_label(re.compile("Gültig")).fill("12/40")
    page.get_by_label("Prüfnummer").fill("123")
    page.get_by_role("button", name="Zahlungspflichtig bestellen").click()
    page.get_by_role("heading", name=re.compile("^Vielen Dank")).wait_for()
    return re.search(r"LB-[A-Z0-9]{8}", page.content()).group()


def sign_in(page, site, role="Customer"):
    """Sign in with one of the accounts of the demo."""
    rows = (site.folder / "var" / "accounts.txt").read_text().splitlines()
    _role, email, password = next(row for row in rows if row.startswith(role)).split()
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("E-Mail").first.fill(email)
    page.get_by_label("Passwort", exact=True).fill(password)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(lambda url: urlsplit(url).path != "/accounts/login/")
    return email


def lines_of(site, number):
    """Title, quantity and gross price of each line of an order, and the order's currency and status."""
    return site.rows(
        "SELECT l.title, l.quantity, l.line_price_incl_tax, o.currency, o.status FROM order_line l"
        " JOIN order_order o ON o.id = l.order_id WHERE o.number = ?",
        number,
    )


def test_guest_buys_a_print_in_a_size_and_a_frame(page, lindenblatt):
    page.goto(lindenblatt.url)
    page.get_by_role("link", name="Drucke ansehen").click()
    page.get_by_role("link", name=PRINT, exact=True).click()
    choose(page, "A3", "Eiche")
    assert "Größe: A3" in page.locator(".buy-box--page").inner_text()
    price = page.locator(".buy-box--page .price > span").first.inner_text()
    put_into_basket(page, PRINT)

    go_to_checkout(page, lindenblatt)
    page.get_by_label("E-Mail").fill("ida@example.com")
    give_address(page)
    number = pay(page)

    [(title, quantity, charged, currency, status)] = lines_of(lindenblatt, number)
    assert (title, quantity, currency, status) == (f"{PRINT}, A3, Eiche", 1, "EUR", "Paid")
    assert f"{charged:g} €" == " ".join(price.split())
    [mail] = lindenblatt.wait_for_mail("To: ida@example.com")
    assert number in mail
    lindenblatt.manage("check_invariants")


def test_account_orders_an_engraved_notebook(page, lindenblatt):
    email = sign_in(page, lindenblatt)
    page.goto(f"{lindenblatt.url}/search/?q=kladde")
    page.get_by_role("link", name=NOTEBOOK, exact=True).click()
    choose(page, "Nachtblau", "liniert")
    page.get_by_label(re.compile("^Prägung")).fill("Clara")
    put_into_basket(page, NOTEBOOK)
    page.goto(f"{lindenblatt.url}/basket/")
    expect(page.locator("main")).to_contain_text(re.compile("Prägung: .?Clara"))

    go_to_checkout(page, lindenblatt)
    give_address(page)
    number = pay(page)

    [(title, quantity, charged, currency, status)] = lines_of(lindenblatt, number)
    assert title.startswith(f"{NOTEBOOK}, Nachtblau, liniert")
    assert (quantity, charged, currency, status) == (1, 28, "EUR", "Paid")
    lindenblatt.wait_for_mail(f"To: {email}")
    page.goto(f"{lindenblatt.url}/accounts/orders/{number}/")
    expect(page.locator("main")).to_contain_text(re.compile("Prägung: .?Clara"))


def test_typed_text_and_quantity_stay_when_the_variant_changes(page, lindenblatt):
    page.goto(f"{lindenblatt.url}/search/?q=kladde")
    page.get_by_role("link", name=NOTEBOOK, exact=True).click()
    choose(page, "Nachtblau", "liniert")
    engraving = page.get_by_label(re.compile("^Prägung"))
    quantity = page.locator(".buy-box--page input[name=quantity]")
    engraving.fill("Clara")
    quantity.fill("3")

    choose(page, "Lindgrün")
    expect(engraving).to_have_value("Clara")
    expect(quantity).to_have_value("3")

    # A variant that is sold in pairs.
    page.route("**/*variant=*", answer_with_limits)
    choose(page, "Nachtblau")
    expect(quantity).to_have_attribute("step", "2")
    expect(quantity).to_have_value("2")
    expect(engraving).to_have_value("Clara")


def answer_with_limits(route):
    """The page of a variant that is sold in pairs and of which four are left."""
    answer = route.fetch()
    text = re.sub(r'min="1"(\s+)max="\d+" step="1"', r'min="2"\1max="4" step="2"', answer.text())
    route.fulfill(response=answer, body=text)


def test_set_takes_its_parts_out_of_the_stock(page, lindenblatt):
    def allocated():
        return dict(lindenblatt.rows(
            "SELECT partner_sku, COALESCE(num_allocated, 0) FROM partner_stockrecord WHERE"
            " partner_sku IN ('SCHREIBSET-BOTANIK', 'KLAPPKARTEN-BOTANIK', 'TASCHENHEFTE-SALBEI-LINIERT')"
        ))  # fmt: skip

    before = allocated()
    page.goto(f"{lindenblatt.url}/search/?q=Schreibset")
    page.get_by_role("link", name="Schreibset Botanik", exact=True).click()
    expect(page.locator(".bundle li")).to_have_count(2)
    put_into_basket(page, "Schreibset Botanik")
    go_to_checkout(page, lindenblatt)
    page.get_by_label("E-Mail").fill("lotte@example.com")
    give_address(page)
    number = pay(page)

    [(title, _quantity, charged, _currency, _status)] = lines_of(lindenblatt, number)
    assert (title, charged) == ("Schreibset Botanik", 23)
    after = allocated()
    assert {sku: after[sku] - units for sku, units in before.items()} == {
        "SCHREIBSET-BOTANIK": 0, "KLAPPKARTEN-BOTANIK": 1, "TASCHENHEFTE-SALBEI-LINIERT": 1,
    }  # fmt: skip
    lindenblatt.manage("check_invariants")


def text_of(mail):
    """The plain text of a mail file."""
    return (
        message_from_bytes(mail.encode(), policy=policy.default).get_body(("plain",)).get_content()
    )


def test_guest_downloads_an_ebook_and_sends_a_gift_card(page, lindenblatt):
    page.goto(f"{lindenblatt.url}/search/?q=gutschein")
    page.get_by_role("link", name="Geschenkgutschein", exact=True).first.click()
    choose(page, "50 €")
    page.get_by_label(re.compile("^E-Mail-Adresse der beschenkten")).fill("tante@example.com")
    page.get_by_label(re.compile("^Name der beschenkten")).fill("Tante Gerda")
    page.get_by_label(re.compile("^Ihre Nachricht")).fill("Alles Gute!")
    day = page.get_by_label(re.compile("^Verschicken am"))
    day.fill("2020-05-01")
    page.get_by_role("button", name="In den Warenkorb", exact=True).click()
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-invalid", "true")
    expect(day).to_have_accessible_description(re.compile("von heute bis in einem Jahr"))
    day.fill("")
    put_into_basket(page, "Geschenkgutschein")
    page.goto(f"{lindenblatt.url}/search/?q=Gedächtnis der Linden")
    page.get_by_role("link", name="Das Gedächtnis der Linden", exact=True).click()
    choose(page, "E-Book (EPUB)")
    expect(page.locator(".buy-box--page .facts")).to_contain_text("EPUB")
    put_into_basket(page, "Das Gedächtnis der Linden")

    go_to_checkout(page, lindenblatt)
    page.get_by_label("E-Mail").fill("jonas@example.com")
    address = page.get_by_role("group", name="Rechnungsadresse")
    address.get_by_label("Vorname").fill("Jonas")
    address.get_by_label("Nachname").fill("Haase")
    address.get_by_label("Straße und Hausnummer").fill("Könneritzstraße 12")
    address.get_by_label("Postleitzahl").fill("04229")
    address.get_by_label("Ort", exact=True).fill("Leipzig")
    page.get_by_role("button", name="Weiter zur Zahlung").click()
    page.get_by_role("checkbox", name=re.compile("^Ich möchte meine Downloads sofort")).check()
    number = pay(page)

    [notice] = lindenblatt.wait_for_mail("Subject: [DEMO] Ihre Downloads")
    page.goto(re.search(r"http\S+/download/\S+", text_of(notice)).group())
    with page.expect_download() as started:
        page.get_by_role("button", name="Herunterladen").click()
    assert started.value.suggested_filename == "gedaechtnis-der-linden.epub"
    with ZipFile(started.value.path()) as book:
        assert book.read("mimetype") == b"application/epub+zip"
        assert "Die Säge" in book.read("text.xhtml").decode()
    [card] = lindenblatt.wait_for_mail("To: tante@example.com")
    text = text_of(card)
    assert "Tante Gerda, das ist für Sie: ein Geschenkgutschein über 50 €" in " ".join(text.split())
    assert "Alles Gute!" in text
    assert re.search(r"Code: (?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}\n", text)
    assert {row[4] for row in lines_of(lindenblatt, number)} == {"Delivered"}
    lindenblatt.manage("check_invariants")


def test_search_finds_a_print_despite_a_typo(page, lindenblatt):
    page.goto(lindenblatt.url)
    box = page.get_by_role("combobox", name="Suche").first
    box.click()
    box.press_sequentially("gingko", delay=20)
    box.press("Enter")

    page.wait_for_url(re.compile(r"/search/\?q=gingko"))

    expect(page.get_by_role("link", name="Ginkgo, Oktober", exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text("ginkgo")


def test_filter_keeps_its_frame_on_the_cards(page, lindenblatt):
    page.goto(f"{lindenblatt.url}/catalogue/")
    page.get_by_role("checkbox", name=re.compile("^Eiche")).check()
    page.wait_for_url(re.compile("eiche"))

    card = page.locator(".card").filter(has=page.get_by_role("link", name=PRINT, exact=True))
    card.locator(".card__link").click()

    page.locator(".buy-box--page").get_by_text("Rahmen: Eiche").wait_for()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_in_both_colour_schemes(page, lindenblatt, path):
    page.goto(lindenblatt.url + path)
    grounds, found = set(), {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found[scheme] = [rule["id"] for rule in Axe().run(page).response["violations"]]

    assert len(grounds) == 2  # it switches without a reload
    assert found == {"light": [], "dark": []}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", "/catalogue/", "/herbst/", "/fragen/"])
def test_page_is_as_wide_as_the_screen(page, lindenblatt, path, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(lindenblatt.url + path)

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_keyboard_alone_leads_from_the_list_into_the_basket(page, lindenblatt):
    page.goto(f"{lindenblatt.url}/catalogue/")
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")
    press_until(page, ".card__link")
    title = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=title, level=1).wait_for()

    press_until(page, ".buy-box--page [data-variant]:not([aria-current])")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("variant="))
    press_until(page, ".buy-box--page [data-busy]")
    page.keyboard.press("Enter")
    page.locator(".added").get_by_text(title).wait_for()

    expect(page.locator("[data-basket-count]").first).to_have_text("1")


def press_until(page, selector):
    """Press Tab until the focus is on such an element."""
    for _time in range(120):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector}")
