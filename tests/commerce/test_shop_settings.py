"""The shop settings: their form, and every surface that follows them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.product_lists import products_in
from commerce.images.logo import LOGO_SPEC
from commerce.models import ShopSettings
from commerce.orders.pipeline import new_order_number
from commerce.pricing.delivery import add_working_days
from commerce.shop_settings.current import current_shop
from commerce.shop_values.closed_days import closed_days_in
from commerce.shop_values.fonts import TYPEFACES, files_of
from commerce.shop_values.palette import (
    DARK,
    LIGHT,
    TEXT_CONTRAST,
    BaseColours,
    contrast,
    contrast_errors,
    scheme_of,
)
from commerce.shop_values.price_bands import STEPS, bands_in, chosen_bands, step_of
from tests.crawler import Crawled
from tests.factories import (
    add_photo,
    make_paid_order,
    make_product,
    make_site_root,
    make_user,
    set_shop,
)

pytestmark = pytest.mark.django_db


def form_url():
    return reverse(
        "wagtailsettings:edit", args=["commerce", "shopsettings", ShopSettings.objects.get().pk]
    )


def filled_in(page):
    """The fields of the form as a browser would send them."""
    fields = {}
    for field in page.soup.select("form [name]"):
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            fields[field["name"]] = chosen["value"] if chosen else ""
        elif field.name == "textarea":
            fields[field["name"]] = field.text.lstrip("\n")
        elif field.get("type") != "file":
            fields[field["name"]] = field.get("value", "")
    return fields | {"facts-count": "0"}


@pytest.fixture
def admin(client, site_root):
    client.force_login(make_user("admin@example.com", is_staff=True, is_superuser=True))
    return client


# --- The form -------------------------------------------------------------------------------------


def test_staff_edit_the_settings_in_one_place(admin):
    fields = filled_in(Crawled(admin.get(form_url())))

    response = admin.post(form_url(), {**fields, "name": "Lindenhof", "telephone": "030 123456"})

    assert response.status_code == 302
    shop = current_shop()
    assert (shop.name, shop.telephone) == ("Lindenhof", "030 123456")
    home = admin.get("/").content.decode()
    assert "Lindenhof" in home
    assert 'href="tel:030123456"' in home


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("accent", "#9fd0d8", "Its contrast to the background is 1.7"),
        ("ink_dark", "#333333", "Its contrast to the background is"),
        ("accent", "teal", "Enter a colour such as #25525c."),
        ("closed_days", "24 December", "“24 December” is not a date or period"),
        (
            "price_bands",
            "10, twenty",
            "“twenty” is not possible. Enter 1, 2, 3, 4, 5 or 6, or one of 10, 15,",
        ),
        ("price_bands", "10, 33", "“33” is not possible."),
        ("holiday_region", "XX", "“XX” is not the code of a region"),
        ("order_number_prefix", "a b", "Use capital letters"),
        ("product_word", "piece", "Give both words or neither."),
        ("max_items", "0", "Ensure this value is greater than or equal to 1."),
    ],
)
def test_wrong_value_is_explained_and_what_was_typed_stays(admin, shop, field, value, sentence):
    set_shop(country_id="GB")
    fields = filled_in(Crawled(admin.get(form_url())))

    response = admin.post(form_url(), {**fields, field: value})

    page = Crawled(response)
    assert response.status_code == 200
    assert sentence in page.text("body")
    assert value in str(page.soup.find(attrs={"name": field}))
    assert getattr(ShopSettings.objects.get(), field) != value


def test_refused_colour_comes_with_one_that_can_be_read(admin):
    fields = filled_in(Crawled(admin.get(form_url())))
    text = Crawled(admin.post(form_url(), {**fields, "accent": "#9fd0d8"})).text("body")

    nearest = text.partition("The nearest colour that can be read is ")[2][:7]

    assert contrast(nearest, LIGHT.paper) >= TEXT_CONTRAST
    assert admin.post(form_url(), {**fields, "accent": nearest}).status_code == 302


def test_currency_stays_once_products_have_prices(admin, vase):
    fields = filled_in(Crawled(admin.get(form_url())))

    page = Crawled(admin.post(form_url(), {**fields, "currency": "EUR"}))

    assert "Products have prices in another currency already." in page.text("body")
    assert admin.post(form_url(), {**fields, "currency": "GBP"}).status_code == 302


def test_currency_stays_once_there_are_orders(admin, vase):
    make_paid_order((vase, 1))
    get_model("partner", "StockRecord").objects.update(price=None)
    fields = filled_in(Crawled(admin.get(form_url())))

    page = Crawled(admin.post(form_url(), {**fields, "currency": "EUR"}))

    assert "There are orders in another currency already." in page.text("body")


def test_holiday_region_is_one_of_the_deployments_country_without_another(admin, settings):
    settings.DELIVERY_HOME_COUNTRY = "GB"
    fields = filled_in(Crawled(admin.get(form_url())))

    assert admin.post(form_url(), {**fields, "holiday_region": "SCT"}).status_code == 302
    page = Crawled(admin.post(form_url(), {**fields, "holiday_region": "SN"}))
    assert "“SN” is not the code of a region" in page.text("body")


def test_only_administrators_may_change_them(client, site_root):
    from django.contrib.auth.models import Group

    from commerce.accounts.roles import create_roles

    create_roles()
    for role in ("Editor", "Merchandiser", "Support", "Finance"):
        user = make_user(f"{role}@example.com", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        assert client.get(form_url()).status_code in (302, 403), role
        assert client.post(form_url(), {"name": "Mine"}).status_code in (302, 403), role
    assert ShopSettings.objects.get().name == ""


# --- What follows from them -----------------------------------------------------------------------


def test_empty_settings_fall_back_to_the_deployment(settings):
    settings.SITE_NAME, settings.ORDER_NUMBER_PREFIX = "Fallback", "FB-"

    assert current_shop().name == "Fallback"
    assert new_order_number().startswith("FB-")
    set_shop(name="Own", order_number_prefix="OWN-")
    assert current_shop().name == "Own"
    assert new_order_number().startswith("OWN-")


@pytest.mark.django_db(transaction=True)
def test_function_in_a_transaction_reads_the_settings_each_time():
    make_site_root()

    @transaction.atomic
    def name():
        return current_shop().name

    set_shop(name="First")
    assert name() == "First"

    set_shop(name="Second")

    assert name() == "Second"


def test_page_is_in_the_shops_language(client, site_root):
    set_shop(language="de")

    page = Crawled(client.get("/search/", {"q": "zzz"}))

    assert page.soup.html["lang"] == "de"
    assert "Suche" in page.text("body")


def test_page_shows_moments_in_the_shops_time_zone(client, vase):
    buyer = make_user()
    make_paid_order((vase, 1), user=buyer)
    at = datetime(2026, 7, 1, 23, tzinfo=UTC)
    get_model("order", "Order").objects.update(date_placed=at)
    client.force_login(buyer)

    shown = {}
    for zone in ("Europe/London", "America/New_York"):
        set_shop(time_zone=zone)
        shown[zone] = client.get(reverse("customer:order-list")).content.decode()

    assert "2 Jul 2026" in shown["Europe/London"]
    assert "1 Jul 2026" in shown["America/New_York"]


def test_logo_is_rendered_by_a_task_and_never_by_a_page(
    client, vase, django_capture_on_commit_callbacks
):
    logo = add_photo(vase)
    logo.renditions.all().delete()
    set_shop(name="Own", logo=logo)
    assert Crawled(client.get("/catalogue/")).text(".site-header__logo") == "Own"
    assert not logo.renditions.filter(filter_spec=LOGO_SPEC).exists()

    with django_capture_on_commit_callbacks(execute=True):
        set_shop(company="Own Ltd")

    image = Crawled(client.get("/catalogue/")).soup.select_one(".site-header__logo img")
    assert (image["alt"], image["height"]) == ("Own", "32")


def test_style_sheet_has_the_shops_colours_and_fonts(client, site_root, static_files):
    set_shop(accent="#7a1f4b", heading_font="newsreader", body_font="figtree")

    page = Crawled(client.get("/"))
    url = page.soup.find("link", rel="stylesheet")["href"]
    response = client.get(url)
    css = response.content.decode()

    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert "--accent:light-dark(#7a1f4b, " in css
    assert '--heading-font:"Newsreader","Newsreader 1"' in css
    assert '--body-font:"Figtree"' in css
    fonts = [link["href"] for link in page.soup.find_all("link", rel="preload")]
    assert len(fonts) == 2
    assert all(client.get(font).status_code == 200 for font in fonts)
    set_shop(accent="#1f4b7a")
    old = client.get(url)
    assert "#1f4b7a" in old.content.decode()
    assert "must-revalidate" in old["Cache-Control"]


def test_every_shipped_typeface_has_its_files_and_licence(settings):
    for name in TYPEFACES:
        folder = settings.BASE_DIR / "static"
        assert all((folder / path).is_file() for path, _letters in files_of(name))
        licence = (folder / f"fonts/{name}-LICENSE.txt").read_text("utf-8")
        assert "SIL Open Font License" in licence


@pytest.mark.parametrize(
    "base",
    [LIGHT, DARK, BaseColours("#f7f3ed", "#1f2322", "#25525c", "#a03d1b"),
     BaseColours("#102030", "#f0f0f0", "#ffd166", "#ff8a80")],
)  # fmt: skip
def test_every_derived_colour_is_readable(base):
    tokens = scheme_of(base, is_dark=contrast(base.paper, "#000000") < 4.5)

    assert contrast_errors(base) == []
    for text in ("ink", "soft", "accent", "sale", "good", "warn"):
        assert contrast(tokens[text], tokens["paper"]) >= 4.5, text
    assert contrast(tokens["soft"], tokens["tile"]) >= 4.5
    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    assert contrast(tokens["edge"], tokens["paper"]) >= 3


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_closed_days_and_holidays_of_the_country_move_the_delivery(shop):
    christmas, new_year = date(2026, 12, 25), date(2027, 1, 1)
    set_shop(country_id="GB", holiday_region="ENG", closed_days="2026-12-29 – 2026-12-30")

    assert current_shop().is_closed_on(christmas)
    assert current_shop().is_closed_on(date(2026, 12, 29))
    assert add_working_days(date(2026, 12, 24), 1) == date(2026, 12, 31)
    set_shop(country_id="DE", holiday_region="SN", closed_days="")
    assert current_shop().is_closed_on(
        date(2026, 11, 18)
    )  # Day of Repentance and Prayer, in Saxony only
    assert current_shop().is_closed_on(new_year)
    assert not current_shop().is_closed_on(date(2026, 8, 31))  # a bank holiday in England


@pytest.mark.parametrize("text", ["2026-13-01", "2026-12-24 -", "2026-12-31 – 2026-12-24", "soon"])
def test_wrong_closed_day_is_named(text):
    with pytest.raises(ValueError, match=text[:4]):
        closed_days_in(f"2026-01-02\n{text}")


def test_bands_are_those_given_or_chosen_from_the_catalogue(shop):
    for price in ("3.00", "4.00", "6.00", "8.00", "12.00", "15.00", "22.00", "40.00"):
        make_product(f"At {price}", price=price)
    set_shop(price_bands="5, 20")

    def labels():
        return [
            (value.code, value.name, value.count) for value in products_in().facet("price").values
        ]

    assert labels() == [("0", "Under £5", 2), ("5", "£5 – £20", 4), ("20", "£20 and over", 2)]
    set_shop(price_bands="")
    counts = [count for _code, _name, count in labels()]
    assert sum(counts) == 8
    assert len(counts) >= 3
    assert max(counts) <= 4


def test_bands_divide_a_catalogue_evenly():
    counts = dict.fromkeys((1, 2, 5, 10, 20, 50, 100), 100)

    chosen = chosen_bands(counts)

    assert chosen[0] == 0
    assert len(chosen) == 5
    assert chosen_bands({}) == (0,)
    assert chosen_bands({40: 3}) == (0,)
    assert bands_in("") == ()
    assert bands_in("50, 10") == (0, 10, 50)


@pytest.mark.parametrize(
    "price", ["0", "0.99", "1", "24.99", "25", "999", "1000000", "99999999", "-5"]
)
def test_step_contains_the_price(price):
    step = step_of(Decimal(price))

    assert step == 0 or step <= Decimal(price)
    higher = [other for other in STEPS if other > step]
    assert not higher or Decimal(price) < higher[0]


def test_goods_are_called_by_the_shops_word(client, vase, mug):
    assert "2 products" in Crawled(client.get("/catalogue/")).text("main")
    set_shop(product_word="piece", product_word_plural="pieces")

    assert "2 pieces" in Crawled(client.get("/catalogue/")).text("main")
    assert current_shop().count_of_products(1) == "1 piece"


def test_facts_of_a_product_are_those_the_settings_name(client, vase):
    attribute = vase.product_class.attributes.create(code="height", name="Height", type="float")
    vase.attribute_values.create(attribute=attribute, value_float=21)
    assert Crawled(client.get(vase.get_absolute_url())).texts(".facts dt") == [
        "Stock", "Delivery",
    ]  # fmt: skip
    set_shop(facts=[("fact", {"attribute": "height", "text": "{value} cm tall"})])

    page = Crawled(client.get(vase.get_absolute_url()))

    assert "21 cm tall" in page.texts(".facts dd")


def test_empty_pages_have_the_shops_words(client, site_root):
    set_shop(
        empty_basket_text="Nothing yet.", empty_search_text="No such thing.",
        not_found_text="Gone with the wind.",
    )  # fmt: skip

    assert "Nothing yet." in Crawled(client.get("/basket/")).text("main")
    assert "No such thing." in Crawled(client.get("/search/", {"q": "zzzz"})).text("main")
    assert "Gone with the wind." in client.get("/nothing-here/").content.decode()


def test_order_may_hold_as_many_items_as_the_settings_say(client, shop):
    nail = make_product("Nail", price="0.10", stock=5000)
    add = reverse("basket:add", args=[nail.pk])
    assert client.post(add, {"quantity": 900}).status_code == 302
    refused = client.post(add, {"quantity": 101}, follow=True)
    assert "One order can contain at most 1000 of this product." in refused.content.decode()
    set_shop(max_items=2000)

    client.post(add, {"quantity": 101})

    assert client.get("/basket/").context["basket"].num_items == 1001


def test_icon_has_the_first_letter_and_the_shops_colour(client, site_root):
    set_shop(name="Øre & Co", accent="#7a1f4b")

    icon = client.get("/favicon.svg").content.decode()

    assert ">Ø</text>" in icon
    assert "#7a1f4b" in icon


def test_moment_is_shown_in_the_shops_time_zone(client, vase):
    set_shop(time_zone="Pacific/Auckland")
    from commerce.shop_settings.current import in_the_shops_terms

    with in_the_shops_terms():
        at = timezone.localtime(timezone.make_aware(datetime(2026, 7, 1, 12)))

    assert at.tzinfo.key == "Pacific/Auckland"
