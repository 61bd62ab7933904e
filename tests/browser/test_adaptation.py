"""Wide letters, 400 % zoom, high contrast, targets and the order of Tab, in Chromium (WCAG 2.2 AA)."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import address_of, fill_basket, open_page

pytestmark = pytest.mark.browser

#: The spacing of WCAG 1.4.12.
SPACING = """
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-block-end: 2em !important; }
"""
#: Elements whose text is cut off, except where a page shortens a text on purpose.
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(one => {
    const style = getComputedStyle(one);
    if (!one.checkVisibility({ visibilityProperty: true }) || !one.textContent.trim()) return false;
    if (one.closest('.visually-hidden, [class*=scroll], .shelves, .gallery__thumbs, .gallery__stage, select')) return false;
    if (!['hidden', 'clip'].includes(style.overflowX) || style.clipPath !== 'none') return false;
    return one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
}).map(one => one.outerHTML.slice(0, 120))"""
#: Interactive elements that are smaller than 24 px, except links within a sentence (WCAG 2.5.8).
TOO_SMALL = """root => [...document.querySelectorAll(`${root} :is(a[href], button, input:not([type=hidden]), select)`)].filter(one => {
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    if (one.ariaHidden === 'true' && one.tabIndex < 0) return false;
    const label = one.labels?.[0]?.getBoundingClientRect();
    const box = one.getBoundingClientRect();
    const inSentence = getComputedStyle(one).display === 'inline' && one.closest('p, li, dd, label');
    const width = Math.max(box.width, label?.width ?? 0), height = Math.max(box.height, label?.height ?? 0);
    return !inSentence && box.width && (width < 23.5 || height < 23.5);
}).map(one => `${one.outerHTML.slice(0, 100)} ${one.getBoundingClientRect().width}×${one.getBoundingClientRect().height}`)"""


@pytest.fixture
def page(page):
    """Styles that a person sets are not the page's own: the security policy does not stop them."""
    context = page.context.browser.new_context(bypass_csp=True, reduced_motion="reduce")
    own = context.new_page()
    yield own
    context.close()


def test_wide_letters_are_not_cut_off_on_a_narrow_screen(page, site):
    page.set_viewport_size({"width": 320, "height": 640})
    fill_basket(page, site)
    for name in ("home", "all pieces", "product", "basket", "details", "sign in"):
        page.goto(address_of(page, site, name))
        page.wait_for_load_state("networkidle")
        page.add_style_tag(content=SPACING)

        assert page.evaluate("document.documentElement.scrollWidth") == 320, name
        assert page.evaluate(CUT_OFF) == [], name
        menu = [] if name == "details" else [".site-header__menu", ".site-header__search-link"]
        for selector in (".site-header__logo", *menu):
            box = page.locator(selector).first.bounding_box()
            assert box["width"] >= 24, (name, selector)
            assert box["height"] >= 24, (name, selector)
            assert box["x"] >= 0, (name, selector)
            assert box["x"] + box["width"] <= 320, (name, selector)


@pytest.mark.parametrize(
    ("width", "height"), [(320, 256), (640, 360)], ids=["400 % zoom", "phone lying down"]
)
def test_nothing_sticks_on_a_short_screen(page, site, width, height):
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, site, "product")
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 300")

    covered = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(one =>
            ['fixed', 'sticky'].includes(getComputedStyle(one).position) && one.checkVisibility()
        ).map(one => one.getBoundingClientRect()).filter(box => box.bottom > 0 && box.top < innerHeight)
        .reduce((sum, box) => sum + Math.min(box.bottom, innerHeight) - Math.max(box.top, 0), 0)"""
    )
    assert covered <= height / 4
    page.locator(".buy-box [data-busy]").focus()
    box = page.locator(".buy-box [data-busy]").bounding_box()
    assert 0 <= box["y"] < height


def test_high_contrast_keeps_swatches_and_the_edges_of_buttons(page, site):
    page.emulate_media(forced_colors="active")
    open_page(page, site, "product")

    def style(selector, name):
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
        return page.evaluate(script, [selector, name])

    # A disc is a picture of its colour, or has it as its background.
    assert style(".buy-box .swatch__disc", "forcedColorAdjust") == "none"
    for selector in (".buy-box .button", ".quantity"):
        assert style(selector, "borderTopStyle") == "solid"
        assert style(selector, "borderTopWidth") == "1px"
    chosen = ".swatch[aria-current] .swatch__disc"
    assert (style(chosen, "outlineStyle"), style(chosen, "outlineWidth")) == ("solid", "3px")


def test_targets_are_at_least_24_pixels(page, site):
    fill_basket(page, site)
    page.goto(site.url + "/catalogue/")
    for n in range(2):
        page.locator("compare-choice a").nth(n).click()
    comparison = site.url + page.locator("#compare-bar a").first.get_attribute("href")
    pages = [address_of(page, site, name) for name in ("product", "all pieces", "basket")]
    for url in (comparison, *pages):
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(url)
            page.wait_for_load_state("networkidle")
            assert page.evaluate(TOO_SMALL, "main") == [], (url, width)


def tabbed(page, until):
    """The elements that Tab reaches from the top of the page until one that matches, as a list of classes."""
    reached = []
    for _time in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className"))
        if page.evaluate("until => document.activeElement.matches(until)", until):
            return reached
    raise AssertionError(f"Tab does not reach {until}: {reached}")


def test_photographs_out_of_view_are_not_in_the_tab_order(page, site):
    open_page(page, site, "product")
    assert page.locator(".gallery__frame").count() > 3

    reached = tabbed(page, ".gallery__thumb")

    assert reached.count("gallery__frame") == 1
    page.locator(".gallery__thumb").nth(2).click()
    expect(page.locator(".gallery__thumb[aria-current]")).to_have_count(1)
    page.wait_for_function(
        "document.querySelectorAll('.gallery__frame')[2].getAttribute('tabindex') === null"
    )
    assert page.locator(".gallery__frame:not([tabindex])").count() == 1


def test_buy_box_comes_before_the_photographs(page, site):
    open_page(page, site, "product")

    reached = tabbed(page, ".buy-box [data-busy]")

    assert "gallery__frame" not in reached
    assert "gallery__thumb" not in reached


# --- The drawer after adding ------------------------------------------------------------------------


def test_drawer_takes_the_focus_and_leads_to_the_checkout(page, site):
    page.goto(address_of(page, site, "product"))
    page.get_by_role("button", name="Add to basket").focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="In your basket")
    drawer.get_by_text("1 × Harbour mug").wait_for()

    assert page.evaluate("document.activeElement.id") == "added-title"
    expect(drawer.get_by_text("more for free delivery")).to_be_visible()
    expect(drawer.get_by_role("heading", name="Goes with")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Checkout"
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/details/")


def test_escape_closes_the_drawer_and_gives_the_focus_back(page, site):
    fill_basket(page, site)
    page.get_by_role("dialog", name="In your basket").get_by_role(
        "link", name="View basket"
    ).focus()
    page.keyboard.press("Escape")

    expect(page.locator(".added")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.busy") == "Adding…"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_drawer_has_no_violations(page, site, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 360, "height": 740})
    fill_basket(page, site)

    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.querySelector('.added').scrollWidth") <= 360
