"""Slugs: from names in any script, never empty, unique, in every place that makes one."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import translation
from oscar.core.loading import get_class, get_model
from wagtail.models import Page

from commerce.models import ProductCollection
from commerce.slugs import code_from, cut_slug, slug_from, slug_of_name, unique_slug
from home.models import StandardPage
from home.snippets.collection_form import ProductCollectionForm
from tests.cases import rows_of
from tests.factories import make_offer, make_product, make_user, put_category

NAMES = [row["name"] for row in rows_of("names.csv") if row["slug must not be empty"] == "yes"]
Category, Product = get_model("catalogue", "Category"), get_model("catalogue", "Product")


@pytest.mark.parametrize("allow_unicode", [False, True])
@pytest.mark.parametrize("name", [*NAMES, "", " ", "\x00", "___", "🧡", "\u0301"])
def test_slug_is_never_empty(name, allow_unicode):
    assert slug_from(name, allow_unicode).strip("-_")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Кружки и чашки", "kruzhki-i-chashki"),
        ("Ελληνικά", "ellinika"),
        ("茶器", "chaqi"),
        ("قدح الشاي", "qdh-lshy"),
        ("Nguyễn Thị Ánh", "nguyen-thi-anh"),
        ("Ada 🧡 Marsh", "ada-orange-heart-marsh"),
        ("Harbour mug, 30 cl", "harbour-mug-30-cl"),
        ("%", "percent-sign"),
        ("!!!", "exclamation-mark"),
        ("\x00", "unnamed"),
    ],
)
def test_name_is_transliterated(name, slug):
    assert slug_from(name) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Кружки и чашки", "кружки-и-чашки"),
        ("茶器", "茶器"),
        ("قدح الشاي", "قدح-الشاي"),
        # URL patterns match letters without marks, so these words are transliterated.
        ("राहुल", "rahul"),
        ("%", "percent-sign"),
    ],
)
def test_name_keeps_its_script_if_the_setting_says_so(name, slug):
    assert slug_from(name, allow_unicode=True) == slug


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Цвет глазури", "tsvet_glazuri"),
        ("Dishwasher safe", "dishwasher_safe"),
        ("1st colour", "_1st_colour"),
        ("Class", "_class"),
        ("%", "percent_sign"),
    ],
)
def test_code_of_an_attribute_is_an_identifier(name, code):
    assert code_from(name) == code


def test_long_slug_is_cut_without_a_hyphen_at_its_end():
    assert cut_slug("abc-def", 4) == "abc"


@pytest.mark.django_db
def test_number_of_a_duplicate_fits_into_the_length():
    Product.objects.create(title="x", slug="abcdef")

    assert unique_slug("abcdef", Product.objects.all(), length=6) == "abcd-2"


# --- Categories and products ----------------------------------------------------------------------


@pytest.fixture
def staff(shop, site_root, client):
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


def assert_pages_work(client, category, product):
    """All pages that build the category's URL or the product's respond."""
    pages = [
        reverse("catalogue:index"), "/sitemap.xml", "/sitemap-categories.xml", "/feeds/products.xml",
        category.get_absolute_url(), product.get_absolute_url(),
        reverse("dashboard:catalogue-category-list"), reverse("dashboard:catalogue-product-list"),
        reverse("dashboard:catalogue-category-update", args=[category.pk]),
    ]  # fmt: skip
    answers = {page: client.get(page, follow=True).status_code for page in pages}
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("unicode_slugs", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_pages_work_with_a_category_and_a_product_of_this_name(
    staff, settings, name, unicode_slugs
):
    settings.OSCAR_SLUG_ALLOW_UNICODE = unicode_slugs
    product = make_product(name, price="9.00")
    category = put_category(product, name)

    assert_pages_work(staff, category, product)


def test_category_named_percent_is_made_in_the_dashboard(staff):
    url = reverse("dashboard:catalogue-category-create")
    data = {"name": "%", "_position": "first-child", "_ref_node_id": 0, "treebeard_position": "first-child", "treebeard_ref_node": ""}  # fmt: skip

    response = staff.post(url, data)

    assert response.status_code == 302
    assert Category.objects.get(name="%").slug == "percent-sign"
    assert staff.get(reverse("catalogue:index")).status_code == 200


def test_form_of_a_nameless_category_shows_its_errors(staff):
    response = staff.post(reverse("dashboard:catalogue-category-create"), {"name": ""})

    assert response.status_code == 200
    assert response.context["form"].errors["name"]


def test_categories_of_one_level_have_different_slugs(shop):
    first, second = Category.add_root(name="%"), Category.add_root(name="%")
    below = first.add_child(name="%")

    assert [row.slug for row in (first, second, below)] == [
        "percent-sign", "percent-sign-2", "percent-sign",
    ]  # fmt: skip


def test_products_with_the_same_title_have_different_slugs(shop):
    slugs = [make_product("!!!", price="1.00").slug for _number in range(3)]

    assert slugs == ["exclamation-mark", "exclamation-mark-2", "exclamation-mark-3"]


def test_longest_title_is_cut_at_the_length_of_the_column(staff):
    product = make_product("茶" * 255, price="1.00")
    category = put_category(product, "茶" * 255)

    assert len(product.slug) == len(category.slug) == 255
    assert_pages_work(staff, category, product)


def test_rows_without_a_slug_break_no_page(staff):
    product = make_product("Mug", price="1.00")
    above = put_category(product, "%")
    below = above.add_child(name="!!!")
    product.productcategory_set.create(category=below)
    Category.objects.update(slug="")
    Product.objects.update(slug="")

    for category in Category.objects.all():
        assert_pages_work(staff, category, Product.objects.get())


def test_migration_gives_slugs_to_rows_without_one(shop):
    rows = [Category.add_root(name="%"), Category.add_root(name="%")]
    product = make_product("!!!", price="1.00")
    kept = put_category(product, "Mugs")
    Category.objects.exclude(pk=kept.pk).update(slug="")
    Product.objects.update(slug="")

    import_module("commerce.migrations.0070_missing_slugs").give_slugs(apps, None)

    slugs = dict(Category.objects.values_list("pk", "slug"))
    assert slugs == {kept.pk: "mugs", **{row.pk: f"percent-sign-{row.pk}" for row in rows}}
    assert Product.objects.get().slug == f"exclamation-mark-{product.pk}"


# --- Other places ---------------------------------------------------------------------------------


def test_code_of_an_attribute_is_derived_from_its_name(shop):
    form = get_class("dashboard.catalogue.forms", "ProductAttributesForm")(
        {"name": "Цвет глазури", "code": "", "type": "text"}
    )

    assert form.is_valid(), form.errors
    assert form.cleaned_data["code"] == "tsvet_glazuri"


@pytest.mark.parametrize("name", NAMES)
def test_offers_ranges_and_product_types_have_slugs(shop, name):
    offer = make_offer(name)
    kind = get_model("catalogue", "ProductClass").objects.create(name=name)
    products = get_model("offer", "Range").objects.create(name=name)

    assert offer.slug == kind.slug == products.slug == slug_from(name)
    assert offer.get_absolute_url()


def test_collection_without_a_slug_gets_one_from_its_title(shop):
    fields = ["title", "slug", "values"]
    form_class = type(
        "Form", (ProductCollectionForm,),
        {"Meta": type("Meta", (), {"model": ProductCollection, "fields": fields})},
    )  # fmt: skip
    form = form_class({"title": "Кружки", "slug": ""})

    assert form.is_valid(), form.errors
    assert form.save().slug == "kruzhki"


@pytest.mark.parametrize("name", NAMES)
def test_page_without_a_slug_gets_one_from_its_title(staff, name):
    home = Page.objects.get(slug="home")
    first = home.add_child(instance=StandardPage(title=name, slug=""))
    second = home.add_child(instance=StandardPage(title=name, slug=""))

    assert (first.slug, second.slug) == (slug_from(name), f"{slug_from(name)}-2")
    assert staff.get(first.url).status_code == 200


def test_page_is_published_in_the_admin_without_a_slug(staff):
    home = Page.objects.get(slug="home")
    url = reverse("wagtailadmin_pages:add", args=["home", "standardpage", home.pk])
    data = {
        "title": "茶器", "slug": "", "intro": "", "action-publish": "1",
        "body-count": 0, "comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0,
    }  # fmt: skip

    response = staff.post(url, data)

    assert response.status_code == 302
    assert StandardPage.objects.get(title="茶器").slug == "chaqi"


@pytest.mark.parametrize(
    ("language", "name", "slug"),
    [
        ("de", "Höhenlinien & Straßen", "hoehenlinien-strassen"),
        ("en-gb", "Höhenlinien", "hohenlinien"),
        ("da", "Ærø på Ålen", "aeroe-paa-aalen"),
    ],
)
def test_slug_of_a_name_is_written_as_in_its_language(language, name, slug):
    with translation.override(language):
        assert slug_of_name(name) == slug
        assert slug_of_name("Höhe", allow_unicode=True) == "höhe"
        assert slug_from("Höhe") == "hohe"  # codes are the same in every language
