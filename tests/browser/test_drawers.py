"""Keyboard focus: in the drawers of small screens, and after a fragment of a page was replaced."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(params=[360, 768])
def small(request, page):
    """A page at the widths of a phone and a tablet."""
    page.set_viewport_size({"width": request.param, "height": 640})
    return page


def open_filters(page, site):
    """Open the catalogue and its filter drawer by keyboard."""
    page.goto(site.url + "/catalogue/")
    page.get_by_role("button", name="Filters").press("Enter")
    expect(page.locator("#filters:popover-open")).to_be_visible()


def tick(page, name):
    """Tick a filter by keyboard and wait for the list."""
    box = page.get_by_role("checkbox", name=re.compile(f"^{name}"))
    box.press("Space")
    page.wait_for_url(re.compile(name.split()[0].lower()))
    expect(page.locator("live-filters")).not_to_have_attribute("aria-busy", "true")
    return box


def is_in_sight(element):
    """Whether nothing covers the middle of an element: no header, no footer, no edge of the screen."""
    return element.evaluate(
        """(element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return element === document.elementFromPoint(x + width / 2, y + height / 2);
        }"""
    )


def test_ticked_filter_keeps_focus_and_position(small, site):
    open_filters(small, site)

    for name in ("Ink", "Dishwasher"):
        box = tick(small, name)
        expect(box).to_be_checked()
        expect(box).to_be_focused()
        assert is_in_sight(box)


@pytest.mark.parametrize("name", [r"^Show \d+ pieces?$", "^Close$", None])
def test_closing_the_filters_returns_focus_to_their_button(small, site, name):
    open_filters(small, site)
    tick(small, "Ink")

    if name:
        small.locator("#filters").get_by_role("button", name=re.compile(name)).press("Enter")
    else:
        small.keyboard.press("Escape")

    expect(small.locator("#filters")).to_be_hidden()
    expect(small.get_by_role("button", name="Filters")).to_be_focused()


def test_filter_that_disappears_leaves_focus_in_the_drawer(small, site):
    open_filters(small, site)
    box = small.get_by_role("checkbox", name=re.compile("^Ink"))
    box.focus()
    small.route(
        "**/catalogue/?glaze=*",
        lambda route: route.fulfill(
            body=re.sub(r'value="ink"( checked)?', 'value="ink" disabled', route.fetch().text()),
            content_type="text/html",
        ),
    )

    small.keyboard.press("Space")

    expect(box).to_be_disabled()
    expect(small.locator("#filters").get_by_role("button", name="Close")).to_be_focused()


@pytest.mark.parametrize(("button", "drawer"), [("Menu", "#menu"), ("Filters", "#filters")])
def test_focus_never_moves_behind_an_open_drawer(small, site, button, drawer):
    small.goto(site.url + "/catalogue/")
    opener, inner = small.get_by_role("button", name=button), small.locator(drawer)

    for key in ("Tab", "Shift+Tab"):
        opener.press("Enter")
        expect(inner).to_be_visible()
        small.keyboard.press("Tab")
        assert inner.evaluate("(drawer) => drawer.contains(document.activeElement)")
        for _n in range(60):
            small.keyboard.press(key)
            if inner.is_hidden():
                break
            assert inner.evaluate("(drawer) => drawer.contains(document.activeElement)")
        expect(inner).to_be_hidden()
        assert small.evaluate("document.activeElement !== document.body")


def test_closing_the_menu_returns_focus(small, site):
    small.goto(site.url + "/")
    opener, menu = small.get_by_role("button", name="Menu"), small.locator("#menu")

    for close in ("Escape", "button", "beside"):
        opener.press("Enter")
        expect(menu).to_be_visible()
        if close == "Escape":
            small.keyboard.press("Escape")
        elif close == "button":
            menu.get_by_role("button", name="Close").press("Enter")
        elif small.viewport_size["width"] > 420:  # on a phone the menu covers everything
            small.mouse.click(760, 630)
        else:
            continue
        expect(menu).to_be_hidden()
        expect(opener).to_be_focused()


def test_drawers_open_without_javascript(chromium, site):
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 640}
    )
    plain = context.new_page()
    plain.goto(site.url + "/catalogue/")

    plain.get_by_role("button", name="Menu").click()
    plain.locator("#menu").get_by_role("link", name="Vases").wait_for()
    plain.locator("#menu").get_by_role("button", name="Close").click()

    expect(plain.locator("#menu")).to_be_hidden()
    expect(plain.get_by_role("checkbox", name=re.compile("^Ink"))).to_be_visible()
    context.close()


def test_removing_a_line_by_keyboard_moves_focus_to_undo_and_back(page, site):
    page.goto(site.url + "/catalogue/")
    page.get_by_role("link", name="Harbour mug", exact=True).first.click()
    page.get_by_role("button", name="Add to basket").click()
    page.locator(".added").get_by_text("Harbour mug").wait_for()
    page.goto(site.url + "/basket/")

    page.get_by_role("button", name="Remove Harbour mug").press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Remove Harbour mug")).to_be_visible()
    expect(page.get_by_role("heading", name="Your basket")).to_be_focused()
