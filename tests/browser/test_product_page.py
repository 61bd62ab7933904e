"""The product page in Chromium: recently viewed, comparison and wish lists, stored only on request."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import address_of

pytestmark = pytest.mark.browser


def stored(page):
    """Data that the page stored in the browser, except cookies."""
    return page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]")


def open_piece(page, site, name):
    """Open the page of a product by its title."""
    page.goto(site.url + "/catalogue/")
    href = page.get_by_role("link", name=name, exact=True).first.get_attribute("href")
    page.goto(site.url + href)
    page.wait_for_load_state("networkidle")


def test_nothing_is_stored_without_consent(page, site):
    open_piece(page, site, "Harbour mug")
    open_piece(page, site, "Espresso cup")

    assert stored(page) == [[], []]
    assert page.locator("recently-viewed article").count() == 0


def test_switch_stores_and_deletes(page, site):
    open_piece(page, site, "Harbour mug")
    page.get_by_role("switch", name="Remember what I view").check()
    open_piece(page, site, "Espresso cup")

    seen = page.locator("recently-viewed article")
    seen.get_by_text("Harbour mug").first.wait_for()
    assert seen.count() == 1
    assert page.context.cookies(site.url + "/catalogue/") == [
        cookie for cookie in page.context.cookies() if cookie["name"] == "csrftoken"
    ]

    page.get_by_role("switch", name="Remember what I view").uncheck()
    assert seen.count() == 0
    assert stored(page) == [[], []]
    page.reload()
    assert not page.get_by_role("switch").is_checked()


def test_four_products_are_compared_and_a_fifth_is_refused(page, site):
    page.goto(site.url + "/catalogue/")
    bar = page.locator("#compare-bar")
    assert not bar.is_visible()
    choices = page.locator("compare-choice a")
    for n in range(5):
        choices.nth(n).click()

    assert bar.get_by_text("You can compare up to four products").is_visible()
    assert page.locator("compare-choice [aria-pressed=true]").count() == 4
    bar.get_by_role("link", name="Compare").click()
    page.wait_for_url("**/compare/?ids=*")
    assert page.locator(".compare thead th[scope=col]").count() == 5

    page.get_by_role("link", name=re.compile("Remove")).first.click()
    page.wait_for_load_state("networkidle")
    page.goto(site.url + "/catalogue/")
    assert page.locator("compare-choice [aria-pressed=true]").count() == 3
    page.locator("#compare-bar").get_by_role("button", name="Clear").click()
    assert stored(page) == [[], []]


@pytest.mark.parametrize("path", ["/", "/basket/", None, "/accounts/login/"])
def test_comparison_bar_stays_on_lists_and_product_pages(page, site, path):
    page.goto(site.url + "/catalogue/")
    page.locator("compare-choice a").first.click()
    link = page.locator("#compare-bar").get_by_role("link", name="Compare")
    link.wait_for()

    page.goto(site.url + (path or link.get_attribute("href")))
    page.wait_for_load_state("networkidle")
    assert page.locator("#compare-bar:visible, .card compare-choice:visible").count() == 0
    page.goto(site.url + "/search/?q=mug")
    page.locator("#compare-bar").wait_for()


def test_comparison_bar_does_not_cover_the_buy_button(page, site):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(site.url + "/catalogue/")
    page.locator("compare-choice a").first.click()
    page.get_by_role("link", name="Harbour mug", exact=True).first.click()
    bar = page.locator("#compare-bar")
    bar.wait_for()

    assert page.locator(".buy-box__row").bounding_box()["y"] < 800
    assert bar.bounding_box()["y"] > 800

    bar.scroll_into_view_if_needed()
    bar.get_by_role("link", name="Compare").click()
    page.wait_for_url("**/compare/?ids=*")


def test_comparison_works_by_keyboard_and_by_link(page, site, chromium):
    page.goto(site.url + "/catalogue/")
    page.locator("compare-choice a").first.focus()
    page.keyboard.press("Space")
    assert page.locator("compare-choice [aria-pressed=true]").count() == 1

    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(site.url + "/catalogue/")
    plain.locator("compare-choice a").first.click()
    assert plain.get_by_text("You’ve chosen one product.").is_visible()
    plain.get_by_label("Add another product").select_option(index=1)
    plain.get_by_role("button", name="Compare", exact=True).click()
    assert plain.locator(".compare thead th[scope=col]").count() == 3
    plain.goto(site.url + "/catalogue/")
    plain.locator("compare-choice a").last.click()
    assert plain.locator(".compare thead th[scope=col]").count() == 4
    context.close()


def test_large_photographs_are_browsed_by_buttons_and_arrows(page, site):
    page.goto(address_of(page, site, "product"))
    frames = page.locator("[data-photo]")
    total, second = frames.count(), frames.nth(1).get_attribute("href")
    assert total > 2
    frames.first.click()
    place, large = page.locator(".zoom__place"), page.locator("dialog.zoom img")

    def shown():
        return place.inner_text()

    assert shown() == f"1 of {total}"
    following = page.get_by_role("button", name="Next photograph")
    following.press("Enter")
    assert shown() == f"2 of {total}"
    assert large.get_attribute("src").endswith(second)
    assert following.evaluate("(button) => document.activeElement === button")
    assert page.get_by_role("dialog").get_attribute("aria-label") == large.get_attribute("alt")
    for key, there in (("ArrowLeft", 1), ("ArrowLeft", total), ("ArrowRight", 1)):
        page.keyboard.press(key)
        assert shown() == f"{there} of {total}"
    page.get_by_role("button", name="Previous photograph").click()
    assert shown() == f"{total} of {total}"

    large.click()  # magnified: arrows now move the photograph
    page.keyboard.press("ArrowRight")
    assert shown() == f"{total} of {total}"
    page.keyboard.press("Escape")
    expect(page.locator("dialog.zoom")).to_have_count(0)
    assert frames.last.evaluate("(frame) => document.activeElement === frame")


def test_single_photograph_has_no_arrows(page, site):
    page.goto(address_of(page, site, "product"))
    page.evaluate(
        """() => {
          const gallery = document.querySelector("photo-gallery");
          gallery.querySelectorAll("[data-photo] ~ [data-photo]").forEach((frame) => frame.remove());
          gallery.replaceWith(gallery.cloneNode(true));
        }"""
    )
    page.locator("[data-photo]").click()

    dialog = page.get_by_role("dialog")
    assert [button.inner_text() for button in dialog.get_by_role("button").all()] == ["×"]
    page.keyboard.press("ArrowRight")
    assert dialog.locator("img").count() == 1
    dialog.get_by_role("button", name="Close").click()
    assert dialog.count() == 0


def test_vote_returns_to_the_variant_selected_meanwhile(page, site):
    page.goto(address_of(page, site, "product"))
    glaze = page.locator(".buy-box [data-variant]:not([aria-current])").first
    chosen = glaze.get_attribute("data-variant").split("?")[1]
    glaze.click()
    page.wait_for_url(f"**?{chosen}")

    page.get_by_role("button", name="Helpful").first.click()
    page.wait_for_url("**/accounts/login/**")
    assert chosen in unquote(page.url)


def test_back_from_a_variant_returns_to_the_list(page, site):
    page.goto(site.url + "/catalogue/")
    page.get_by_role("link", name="Harbour mug", exact=True).first.click()
    page.wait_for_url(re.compile("/catalogue/harbour-mug_"))
    page.wait_for_load_state("networkidle")
    for _n in range(2):
        glaze = page.locator(".buy-box [data-variant]:not([aria-current])").last
        chosen = glaze.get_attribute("data-variant")
        glaze.click()
        expect(page.locator(f'[data-variant="{chosen}"][aria-current]')).to_be_visible()
    name = page.locator(".option__label b").inner_text()

    page.go_back()
    page.wait_for_url("**/catalogue/")
    page.go_forward()

    page.wait_for_url(f"**{chosen}")
    expect(page.locator(".option__label b")).to_have_text(name)


def test_variant_and_review_parameters_coexist_in_the_url(page, site):
    page.goto(address_of(page, site, "product"))
    glaze = page.locator(".buy-box [data-variant]:not([aria-current])").first
    chosen = glaze.get_attribute("data-variant").split("?")[1]
    name = glaze.inner_text()

    glaze.click()
    page.wait_for_url(f"**?{chosen}")
    page.locator("a.reviews__bar").last.click()
    page.wait_for_url("**stars=*")
    assert chosen in page.url
    page.locator(".buy-box [data-variant]:not([aria-current])").last.click()
    page.wait_for_url(lambda url: chosen not in url)
    assert "stars=" in page.url
    page.go_back()

    expect(page.locator(".option__label b")).to_have_text(name)


def test_rating_bars_filter_without_a_jump(page, site):
    page.goto(address_of(page, site, "product"))
    bar = page.locator("a.reviews__bar").last
    bar.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")

    bar.click()
    page.wait_for_url("**?stars=*")
    page.get_by_role("link", name="Show all reviews").wait_for()

    assert page.evaluate("scrollY") == pytest.approx(before, abs=2)
    assert page.locator("#reviews-status").text_content().strip()
    assert page.locator("h1").text_content() == "Harbour mug"
    page.go_back()
    page.get_by_role("link", name="Show all reviews").wait_for(state="detached")


def test_guest_who_saves_a_product_is_redirected_to_sign_in(page, site):
    page.goto(address_of(page, site, "product"))

    page.get_by_role("link", name="Save to wish list").click()

    page.wait_for_url("**/accounts/login/**")
    assert "wishlists/add" in page.url


def test_button_of_the_large_photograph_is_on_the_photograph(page, site):
    page.set_viewport_size({"width": 1000, "height": 900})
    page.goto(address_of(page, site, "product"))

    photo = page.locator(".gallery__frame .photo").first.bounding_box()
    hint = page.locator(".gallery__hint").first.bounding_box()

    assert hint["y"] + hint["height"] <= photo["y"] + photo["height"]


GIVE_HEIGHT = """
from oscar.core.loading import get_model
variant = get_model("catalogue", "Product").objects.filter(parent__title="Bottle vase").order_by("pk").last()
variant.attr.height = 41.0
variant.save()
print(variant.pk)
"""


def test_dimensions_follow_the_chosen_variant(page, site):
    key = site.manage("shell", "-v0", "-c", GIVE_HEIGHT).split()[-1]
    open_piece(page, site, "Bottle vase")
    drawing = page.locator("[data-part=measures] svg")
    expect(drawing).not_to_contain_text("41 cm")

    page.locator(f".buy-box [data-variant$='variant={key}']").first.click()
    expect(drawing).to_contain_text("41 cm")
    page.locator(f".buy-box [data-variant]:not([data-variant$='variant={key}'])").first.click()
    expect(drawing).not_to_contain_text("41 cm")


def slow_down(page, needle):
    """Hold back answers whose URL contains this pattern; returns a function that lets them through."""
    waiting = []
    needle = re.compile(needle)
    page.route(needle, lambda route: waiting.append(route))

    def release():
        count = len(waiting)
        for route in waiting:
            route.continue_()
        page.unroute(needle)
        return count

    return release


def test_focus_stays_on_the_button_while_a_variant_arrives(page, site):
    open_piece(page, site, "Harbour mug")
    release = slow_down(page, r"\?variant=")
    other = page.locator(".buy-box [data-variant]:not([aria-current])").first
    other.click()
    page.locator(".buy-box [data-busy]").focus()
    assert release() == 1
    expect(page.locator("variant-switch[aria-busy]")).to_have_count(0)

    assert page.evaluate("document.activeElement.dataset.busy") == "Adding…"


def test_add_pressed_at_once_adds_the_variant_just_chosen(page, site):
    open_piece(page, site, "Harbour mug")
    release = slow_down(page, r"\?variant=")
    other = page.locator(".buy-box [data-variant]:not([aria-current])").first
    chosen = other.get_attribute("data-variant").split("=")[1]
    other.click()
    with page.expect_request(re.compile("/basket/add/")) as request:
        page.locator(".buy-box [data-busy]").click()
        assert release() == 1

    body = request.value.post_data
    assert re.search(rf'name="child_id"\s+{chosen}\b', body)
