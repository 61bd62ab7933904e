"""The dashboard on a phone: no page scrolls sideways, and fields and buttons are visible."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_buying import give_details, order_number, put_into_basket

pytestmark = pytest.mark.browser
ORDER = "SELECT number FROM order_order o JOIN checkout_paymentattempt a ON a.order_id = o.id WHERE o.status = 'Paid'"
RETURN = "SELECT number FROM commerce_returnrequest WHERE state = 'approved'"
VARIANT = "SELECT product_id FROM partner_stockrecord"
OPTIONS = "SELECT product_class_id FROM catalogue_productattribute a JOIN commerce_variantoption o ON o.attribute_id = a.id"
VALUES = "SELECT id FROM commerce_variantoption"
#: URLs by name, with the query that fills them and the tab to open.
PAGES = {
    "home": ("/dashboard/", None, None),
    "orders": ("/dashboard/orders/", None, None),
    "payment of an order": ("/dashboard/orders/{}/", ORDER, "#payment"),
    "refund": ("/dashboard/payments/orders/{}/refund/", ORDER, None),
    "transfers": ("/dashboard/payments/transfers/", None, None),
    "return": ("/dashboard/returns/{}/", RETURN, None),
    "stock": ("/dashboard/catalogue/products/{}/", VARIANT, "#product_stock"),
    "products": ("/dashboard/catalogue/", None, None),
    "options": ("/dashboard/options/{}/", OPTIONS, None),
    "values": ("/dashboard/options/values/{}/", VALUES, None),
    "variants": (
        "/dashboard/variants/{}/",
        "SELECT parent_id FROM catalogue_product WHERE parent_id IS NOT NULL",
        None,
    ),
    "imports": ("/dashboard/imports/", None, None),
    "exports": ("/dashboard/exports/", None, None),
    "faults": ("/dashboard/faults/", None, None),
}
#: Widths of the visible fields in tables.
FIELDS = """[...document.querySelectorAll(".table :is(input:not([type=checkbox], [type=hidden]), select)")]
    .filter((field) => field.checkVisibility() && !field.matches(".select2-hidden-accessible"))
    .map((field) => field.getBoundingClientRect().width)"""


@pytest.fixture
def desk(desk):
    """A signed-in member of staff on a phone."""
    desk.set_viewport_size({"width": 360, "height": 800})
    return desk


def open_staff_page(page, site, name):
    """Open a page of the dashboard, and its tab if it has one."""
    address, query, tab = PAGES[name]
    page.goto(site.url + address.format(site.rows(query)[0][0] if query else ""))
    page.wait_for_load_state("networkidle")
    if tab:
        page.locator(f"a[href='{tab}']").first.click()
        page.locator(f"{tab}.active").wait_for()


@pytest.mark.parametrize("name", PAGES)
def test_staff_page_does_not_scroll_sideways_and_its_fields_are_readable(desk, site, name):
    open_staff_page(desk, site, name)

    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    assert [width for width in desk.evaluate(FIELDS) if width < 60] == []


@pytest.mark.parametrize(
    ("name", "fields"), [("refund", ".table input"), ("return", ".table :is(input, select)")]
)
def test_fields_of_a_row_are_on_the_screen(desk, site, name, fields):
    open_staff_page(desk, site, name)

    boxes = [field.bounding_box() for field in desk.locator(fields).all()]

    assert boxes
    assert [box for box in boxes if box["x"] + box["width"] > 360] == []


def test_transfer_is_recorded_on_a_phone(page, site, request):
    put_into_basket(page, site)
    give_details(page, site, "at-home@example.com")
    page.get_by_label(re.compile("Bank transfer")).check()
    page.get_by_role("button", name="Place order and pay by transfer").click()
    number = order_number(page)
    desk = request.getfixturevalue("desk")

    open_staff_page(desk, site, "transfers")

    button = desk.get_by_role("button", name=re.compile(f"Record payment.*{number}"))
    box = button.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert min(desk.evaluate(FIELDS)) >= 60


def test_separate_buttons_open_the_menu_and_the_account(desk, site):
    open_staff_page(desk, site, "home")
    togglers = desk.locator(".navbar-toggler:visible")

    assert [togglers.nth(n).get_attribute("aria-label") for n in range(togglers.count())] == [
        "Your account", "Menu",
    ]  # fmt: skip
    desk.get_by_role("button", name="Menu").click()
    desk.get_by_role("link", name="Audit log").wait_for()
    assert not desk.get_by_role("button", name="Log out").is_visible()


def test_menu_stays_on_one_line_beside_its_icons(desk, site):
    desk.set_viewport_size({"width": 1280, "height": 800})
    open_staff_page(desk, site, "home")

    tops = desk.locator(".navbar-primary .navbar-nav > li > a").evaluate_all(
        "links => links.map((link) => Math.round(link.getBoundingClientRect().height))"
    )

    assert len(tops) > 8
    assert len(set(tops)) == 1
    bar = desk.locator(".navbar-primary").bounding_box()
    assert bar["height"] < 2 * tops[0]


def test_stock_record_fits_on_a_desktop_screen(desk, site):
    desk.set_viewport_size({"width": 1280, "height": 800})
    open_staff_page(desk, site, "stock")
    table = desk.locator(".table-responsive:has(.stock-records)")

    assert table.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    remove = desk.get_by_role("checkbox", name="Delete").first.bounding_box()
    assert remove["x"] + remove["width"] <= 1280
    assert min(remove["width"], remove["height"]) >= 24


def test_refused_form_opens_at_its_errors(desk, site):
    desk.set_viewport_size({"width": 1280, "height": 800})
    open_staff_page(desk, site, "stock")

    desk.locator(".stock-records input[name$='-price']").first.fill("0")
    desk.get_by_role("button", name="Save and continue editing").click()

    expect(desk.locator("#product_stock")).to_be_visible()
    expect(desk.get_by_text("Yes, sell it for free")).to_be_visible()
