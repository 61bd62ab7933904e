"""Search suggestions by keyboard, and filters in place with shareable URLs."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def type_in(page, words):
    box = page.get_by_role("combobox", name="Search").first
    box.click()
    box.press_sequentially(words, delay=20)
    return box


def test_arrow_and_enter_open_a_suggested_product(page, site):
    page.goto(site.url + "/")
    box = type_in(page, "harb")
    page.get_by_role("option", name=re.compile("Harbour mug")).wait_for()

    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant")
    box.press("Enter")

    page.wait_for_url(re.compile("/catalogue/harbour-mug_"))


def test_escape_closes_and_enter_searches_as_typed(page, site):
    page.goto(site.url + "/")
    box = type_in(page, "vase")
    page.get_by_role("listbox").wait_for()

    box.press("Escape")
    assert page.get_by_role("listbox").count() == 0
    assert box.get_attribute("aria-expanded") == "false"
    box.press("ArrowDown")
    page.get_by_role("listbox").wait_for()
    box.press("Escape")
    box.press("Enter")

    page.wait_for_url(re.compile(r"/search/\?q=vase"))


def test_open_suggestions_are_accessible(page, site):
    page.goto(site.url + "/")
    type_in(page, "va")
    page.get_by_role("listbox").wait_for()

    found = Axe().run(page).response["violations"]

    assert [rule["id"] for rule in found] == []


def test_filter_applies_in_place_and_its_url_shows_the_same(page, site):
    page.goto(site.url + "/catalogue/")
    page.get_by_role("checkbox", name=re.compile("^Ink")).check()
    page.wait_for_url(re.compile("glaze=ink"))
    chips = page.locator(".chip")
    chips.first.wait_for()
    shown = page.locator("[data-list-count]").inner_text()

    page.reload()

    assert page.locator("[data-list-count]").inner_text() == shown
    page.get_by_role("link", name="Clear all").click()
    page.wait_for_url(re.compile(r"/catalogue/$"))


def test_removing_the_last_chip_gives_the_plain_url(page, site):
    page.goto(site.url + "/catalogue/?glaze=ink")
    page.wait_for_load_state("networkidle")

    page.locator(".chip").click()

    page.wait_for_url(re.compile(r"/catalogue/$"))
    expect(page.locator(".chip")).to_have_count(0)


def test_recommended_can_be_selected_in_a_collection_with_another_order(page, site):
    address = site.manage(
        "shell", "-v0", "-c",
        "from commerce.models import ProductCollection as C;"
        "from commerce.catalogue.collections import collection_url;"
        "row = C.objects.create(title='Newest first', slug='newest-first', sort='newest');"
        "print(collection_url(row))",
    ).split()[-1]  # fmt: skip
    page.goto(site.url + address)
    order = page.get_by_label("Sort", exact=True)
    expect(order).to_have_value("newest")

    order.select_option("recommended")

    page.wait_for_url(re.compile("sort=recommended"))
    expect(page.get_by_label("Sort", exact=True)).to_have_value("recommended")
    page.get_by_label("Sort", exact=True).select_option("newest")
    page.wait_for_url(re.compile(r"/$"))


def test_chip_removed_by_keyboard_keeps_focus_at_the_list(page, site):
    page.goto(site.url + "/catalogue/?glaze=slate&oven_safe=yes")
    page.wait_for_load_state("networkidle")

    page.locator(".chip").first.focus()
    page.keyboard.press("Enter")

    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator("[data-list-count]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".chip")).to_be_focused()


def test_filters_on_a_phone_show_the_number_of_results(page, site):
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(site.url + "/catalogue/")
    page.get_by_role("button", name="Filters").click()
    button = page.get_by_role("button", name=re.compile(r"^Show \d+ pieces?$"))
    expect(button).to_be_in_viewport()
    everything = button.inner_text()

    page.get_by_role("checkbox", name=re.compile("^Ink")).check()
    page.wait_for_url(re.compile("glaze=ink"))

    expect(button).not_to_have_text(everything)
    expect(button).to_be_in_viewport()
    shown = button.inner_text()
    button.click()
    assert shown == f"Show {page.locator('[data-list-count]').inner_text()}"
