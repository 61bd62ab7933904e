"""Every page in Chromium: no dead links, no horizontal scrolling, no axe violations."""

from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

pytestmark = pytest.mark.browser

#: One URL of each page type in the demo shop.
PAGES = {
    "home": "/",
    "landing page": "/the-morning-table/",
    "journal": "/journal/",
    "story": "/journal/never-quite-round/",
    "information": "/care/",
    "all pieces": "/catalogue/",
    "category": "a[href^='/catalogue/category/']",
    "product": "a[href*='/catalogue/harbour-mug_']",
    "comparison": "a.card__compare",
    "nothing compared": "/compare/",
    "search": "/search/?q=mug",
    "nothing found": "/search/?q=zeppelin",
    "corrected search": "/search/?q=harbuor",
    "filtered list": "/catalogue/?glaze=ink&price=25",
    "empty basket": "/basket/",
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "new password": "/accounts/password/reset/",
    "offers": "/offers/",
    "find my order": "/find-my-order/",
    "withdrawal": "/withdraw/",
    "not there": "/not-there/",
}
#: Pages that need a filled basket.
WITH_BASKET = {"basket": "/basket/", "details": "/checkout/details/"}


def address_of(page, site, name):
    """The URL of a page. A selector means the first matching link in the catalogue."""
    target = {**PAGES, **WITH_BASKET}[name]
    if target.startswith("/"):
        return site.url + target
    page.goto(site.url + "/catalogue/")
    return site.url + page.locator(target).first.get_attribute("href")


def fill_basket(page, site):
    """Add the first variant of a mug to the basket."""
    page.goto(address_of(page, site, "product"))
    page.get_by_role("button", name="Add to basket").click()
    page.locator(".added").get_by_text("Harbour mug").wait_for()


def open_page(page, site, name):
    """Open a page of a type, with a filled basket if it needs one."""
    if name in WITH_BASKET:
        fill_basket(page, site)
    page.goto(address_of(page, site, name))
    page.wait_for_load_state("networkidle")


def is_page(url):
    """Whether a URL is a page of the shop that a guest may open with a link."""
    path = urlsplit(url).path
    return not path.startswith(("/media/", "/static/", "/admin/", "/dashboard/", "/documents/"))


def links_of(soup, url):
    """URLs of a page's links, without fragments."""
    found = {urldefrag(urljoin(url, link["href"])).url for link in soup.select("a[href]")}
    return {address for address in found if address.startswith("http")}


def loads_of(soup, url):
    """URLs of a page's resources: images, styles, scripts, frames."""
    parts = soup.select("[src], link[rel~=stylesheet], link[rel~=preload], link[rel~=icon]")
    return {urljoin(url, part.get("src") or part["href"]) for part in parts}


def dead_fragments(soup):
    """Links within the page to a missing target."""
    links = {link["href"] for link in soup.select("a[href^='#']")}
    return {href for href in links if len(href) > 1 and not soup.find(id=href[1:])}


def is_narrowed_twice(url):
    """Whether a URL combines several filters. Each filter alone is on the first page, which is enough."""
    return urlsplit(url).query.count("=") > 1


def test_every_link_works(page, site):
    waiting, seen, wrong = [site.url + "/"], {site.url + "/"}, []
    while waiting:
        url = waiting.pop()
        response = page.request.get(url)
        if response.status != 200:
            wrong.append((response.status, url))
            continue
        soup = BeautifulSoup(response.text(), "html.parser")
        wrong += [(fragment, url) for fragment in dead_fragments(soup)]
        wrong += [("loads", load) for load in loads_of(soup, url) if not site.is_ours(load)]
        for link in links_of(soup, url) - seen:
            seen.add(link)
            if not site.is_ours(link):
                wrong.append(("another host", link))
            elif is_page(link) and not is_narrowed_twice(link):
                waiting.append(link)

    assert wrong == []
    assert len(seen) > 40


@pytest.mark.parametrize("name", [*PAGES, *WITH_BASKET])
def test_no_page_scrolls_sideways_on_a_small_phone(page, site, name):
    page.set_viewport_size({"width": 320, "height": 700})
    open_page(page, site, name)

    wide = page.evaluate("document.documentElement.scrollWidth")

    assert wide <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", [*PAGES, *WITH_BASKET])
def test_axe_finds_no_violations(page, site, name, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    open_page(page, site, name)

    violations = Axe().run(page).response["violations"]

    assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []


@pytest.mark.parametrize("name", ["home", "product", "all pieces", "details"])
def test_first_tab_stop_skips_to_the_content(page, site, name):
    open_page(page, site, name)

    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"


@pytest.mark.parametrize("width", [960, 1023, 1024, 1150, 1180, 1280])
def test_search_box_fits_its_placeholder(page, site, width):
    page.set_viewport_size({"width": width, "height": 600})
    open_page(page, site, "information")

    box = page.locator("#search-header")
    words, room = box.evaluate(
        """(box) => {
          const style = getComputedStyle(box);
          const pen = document.createElement("canvas").getContext("2d");
          pen.font = style.font;
          const padding = parseFloat(style.paddingInlineStart) + parseFloat(style.paddingInlineEnd);
          return [pen.measureText(box.placeholder).width, box.clientWidth - padding];
        }"""
    )
    bar = page.locator(".site-header__bar").bounding_box()
    last = page.locator(".site-header__tool").last.bounding_box()

    assert words <= room
    assert last["x"] + last["width"] <= bar["x"] + bar["width"] + 1
