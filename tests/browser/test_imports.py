"""Exports of other systems, 300 products each with photographs, imported by staff in Chromium."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.commerce.imports.files import archive_of, picture, shopify_export, woo_export

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNT = 300
FOUND = """
import json
from tests.commerce.imports.catalogue import catalogue
print(json.dumps(catalogue({title!r})))
"""


def wait_for(desk, status):
    """Wait until the page, which follows the worker by itself, shows a status."""
    badge = desk.locator(".import-progress .badge")
    expect(badge).to_have_text(status, timeout=90_000)


def tab(desk, label):
    """The number in a tab of the outcome."""
    text = desk.get_by_role("link", name=re.compile(rf"^\s*{label} \(")).inner_text()
    return int(re.search(r"\((\d+)\)", text)[1])


def import_file(desk, site, name, content, archive):
    """Upload, check and import a file through the dashboard."""
    desk.goto(f"{site.url}/dashboard/imports/")
    desk.get_by_label("CSV or XLSX file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    desk.get_by_label("Photographs as a zip archive").set_input_files(
        {"name": "photos.zip", "mimeType": "application/zip", "buffer": archive}
    )
    desk.get_by_role("button", name="Upload").click()
    desk.get_by_role("button", name="Check the file").click()
    wait_for(desk, "checked")
    assert (tab(desk, "New"), tab(desk, "Refused")) == (COUNT, 0)
    desk.get_by_role("button", name="Import", exact=True).click()
    wait_for(desk, "done")


def compare(site, title, wanted):
    found = json.loads(site.manage("shell", "-v0", "-c", FOUND.format(title=title)))
    assert len(found["titles"]) == COUNT
    assert found == wanted.as_dict()


def test_shopify(desk, site):
    content, wanted = shopify_export(COUNT, lambda name: name, every=10)
    names = [name for pictures in wanted.pictures.values() for name in pictures]
    archive = archive_of({name: picture(n) for n, name in enumerate(names)})

    import_file(desk, site, "products_export.csv", content, archive)

    compare(site, "Thing", wanted)
    assert desk.get_by_label("Format").count() == 0
    # An old link leads to the product, with its price, its options and its photograph.
    desk.goto(f"{site.url}/products/thing-0")
    assert re.search(r"/catalogue/thing-0_\d+/", desk.url)
    expect(desk.get_by_role("heading", level=1)).to_have_text("Thing № 0")
    expect(desk.locator(".buy-box--page").first).to_contain_text("£5.50")
    assert desk.locator(".buy-box--page [data-variant]").count() == 5
    assert desk.locator("main img").first.evaluate("image => image.naturalWidth") > 0


def test_woocommerce(desk, site):
    content, wanted = woo_export(COUNT, lambda name: name, photographs=1)
    names = [name for pictures in wanted.pictures.values() for name in pictures]
    archive = archive_of({name: picture(10_000 + n) for n, name in enumerate(names)})

    import_file(desk, site, "wc-product-export.csv", content, archive)

    compare(site, "Ware", wanted)
    desk.goto(f"{site.url}/product/ware-4")
    assert re.search(r"/catalogue/ware-4_\d+/", desk.url)
    expect(desk.locator(".buy-box--page").first).to_contain_text("£15 was £21")
    assert desk.locator(".buy-box--page [data-variant]").count() == 3
    assert desk.locator("main img").first.evaluate("image => image.naturalWidth") > 0
