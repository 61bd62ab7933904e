"""Canonical URLs, link previews, structured data and single-hop redirects of pages."""

import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from commerce.catalogue.product_lists import PAGE_SIZE
from commerce.images.photos import SHARE_SPEC
from commerce.index.listings import product_url
from commerce.index.refresh import refresh_listings
from commerce.models import ProductPhoto, Retirement
from home.models import LandingPage, StoryPage
from tests.crawler import Crawled, amounts, offers_of
from tests.factories import make_product, make_user, pretend_rendered, put_category
from tests.home import bodies

pytestmark = pytest.mark.django_db
HOST = "http://testserver"
REPLACES = LandingPage.Role.REPLACES


def crawl(client, url):
    return Crawled(client.get(url))


def address_of(product):
    return product_url(product.pk, product.slug)


def only_hop(client, path):
    """Where a path redirects to; asserts exactly one permanent redirect."""
    response = client.get(path, follow=True)
    assert [status for _url, status in response.redirect_chain] == [301], response.redirect_chain
    assert response.status_code == 200
    return response.redirect_chain[0][0].removeprefix(HOST)


def rename(page, slug):
    """Change the slug and publish, as an editor does. Wagtail adds the redirect on commit."""
    page = Page.objects.get(pk=page.pk).specific
    page.slug = slug
    with TestCase.captureOnCommitCallbacks(execute=True):
        page.save_revision().publish()


def add_photo(product, image):
    picture = product.images.create(original="", display_order=0)
    ProductPhoto.objects.create(product_image=picture, image=image)


# --- Canonical addresses ---


def test_pages_and_products_have_canonical_urls(client, site_root, journal, about, publish, vase):
    story = journal.get_children().get()
    paths = ["/", journal.url, story.url, about.url, publish("Sale").url, address_of(vase)]

    for path in paths:
        page = crawl(client, f"{path}?variant=3&utm_source=x")
        assert page.canonical == page.meta("og:url") == f"{HOST}{path}"


def test_filtered_lists_point_to_the_list_and_numbered_pages_to_themselves(client, site_root, shop):
    for n in range(PAGE_SIZE + 1):
        put_category(make_product(f"Mug {n}", price="24.00", glazes={"oat": 1}), "Mugs")
    mugs = get_model("catalogue", "Category").objects.get(name="Mugs").get_absolute_url()

    for path in ("/catalogue/", mugs):
        found = {
            query: crawl(client, f"{path}?{query}").canonical.removeprefix(HOST)
            for query in ("", "page=1", "page=2", "sort=newest", "sort=newest&page=2",
                          "glaze=oat", "price=under-25&stock=in-stock", "utm=x")
        }  # fmt: skip
        assert {query for query, url in found.items() if url != path} == {"page=2"}
        assert found["page=2"] == f"{path}?page=2"
    assert crawl(client, "/search/?page=2").meta("robots") == "noindex"


def test_review_pages_use_the_current_slug(client, site_root, vase):
    review = vase.reviews.create(score=5, title="Good", body="Yes.", name="Ada", status=1)
    one = reverse("catalogue:reviews-detail", args=["wrong", vase.pk, review.pk])
    listed = reverse("catalogue:reviews-list", args=["wrong", vase.pk])

    assert crawl(client, one).canonical == HOST + one.replace("wrong", vase.slug)
    assert only_hop(client, listed) == f"{address_of(vase)}#reviews"


NOT_TO_BE_FOUND = ["/search/?q=mug", "/search/?sort=newest", "/find-my-order/", "/accounts/login/"]


@pytest.mark.parametrize("path", NOT_TO_BE_FOUND)
def test_excluded_pages_are_noindex_without_a_canonical_url(client, site_root, mug, path):
    page = crawl(client, path)

    assert (page.meta("robots"), page.canonical) == ("noindex", None)


@pytest.mark.parametrize("path", ["/search/", "/search/?utm_source=letter", "/basket/"])
def test_search_page_and_basket_may_be_indexed(client, site_root, mug, path):
    page = crawl(client, path)

    assert (page.meta("robots"), page.canonical) == (None, HOST + path.partition("?")[0])


def test_canonical_url_does_not_follow_the_host_header(client, site_root, vase, settings):
    settings.ALLOWED_HOSTS = ["*"]

    page = Crawled(client.get(address_of(vase), headers={"host": "evil.example"}))

    assert page.canonical.startswith(HOST)
    assert "evil.example" not in str(page.data)


# --- Pictures beside links ---


def test_link_preview_shows_the_pages_photograph(client, site_root, photo, publish, journal, vase):
    add_photo(vase, photo)
    put_category(vase, "Vases")
    index = publish("Notes", LandingPage, body=[bodies.feature(photo, product=vase.pk)])
    story = journal.get_children().get().specific
    story.lead_image = photo
    story.save_revision().publish()
    shown = photo.get_rendition(SHARE_SPEC)
    refresh_listings([vase.pk])  # as the rendering task does
    category = get_model("catalogue", "Category").objects.get().get_absolute_url()

    for path in (index.url, story.url, journal.url, address_of(vase), category):
        page = crawl(client, path)
        assert page.meta("og:image") == f"{HOST}{shown.url}", path
        assert page.meta("og:image:width") == str(shown.width)
        assert page.meta("twitter:card") == "summary_large_image"
    assert crawl(client, story.url).meta("og:type") == "article"
    assert crawl(client, address_of(vase)).meta("og:type") == "product"


def test_page_without_a_photograph_shows_none(client, about):
    page = crawl(client, about.url)

    assert (page.meta("og:image"), page.meta("twitter:card")) == (None, "summary")
    assert page.meta("og:description") == page.meta("description") == "Six people, one kiln"


def test_missing_photograph_breaks_no_page(client, photo, publish):
    page = publish("Sale", body=[bodies.feature(photo, address="/")])
    photo.file.storage.delete(photo.file.name)
    cache.clear()  # Wagtail caches renditions by image key

    assert crawl(client, page.url).meta("og:image") is None


def test_publishing_renders_the_preview_image(
    photo, publish, django_capture_on_commit_callbacks
):  # fmt: skip
    page = publish("Sale", live=False, body=[bodies.feature(photo, address="/")])

    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()

    assert photo.renditions.filter(filter_spec=SHARE_SPEC).count() == 1


# --- Data ---


def test_home_page_describes_the_shop_and_its_search(static_files, client, site_root):
    page = crawl(client, "/")
    organization, website = page.only("Organization"), page.only("WebSite")
    target = website["potentialAction"]["target"]["urlTemplate"]

    assert (organization["name"], organization["url"]) == ("Saltmarsh", f"{HOST}/")
    assert client.get(organization["logo"].removeprefix(HOST)).status_code == 200
    found = client.get(target.removeprefix(HOST).replace("{search_term_string}", "mug"))
    assert found.context["query"].words == "mug"


def test_story_is_described_as_an_article(client, journal):
    story = StoryPage.objects.get()
    page = crawl(client, story.url)
    data = page.only("Article")

    assert (data["headline"], data["author"]["name"]) == (page.text("h1"), "Tom")
    assert data["datePublished"] == page.soup.select_one(".page-head time")["datetime"]
    assert data["description"] == page.text(".lead")
    assert page.of_type("Product") == []
    crumbs = page.only("BreadcrumbList")["itemListElement"]
    assert [entry["name"] for entry in crumbs] == page.texts(".crumbs li")
    assert [entry["name"] for entry in crumbs] == ["Home", "Journal", story.title]


@pytest.mark.parametrize("has_hero", [True, False])
def test_landing_page_shows_breadcrumbs(client, publish, photo, has_hero):
    hero = bodies.block("hero", {"image": photo.pk, "heading": "Slow", "link": bodies.link()})
    landing = publish("The morning table", body=[hero] if has_hero else [])

    page = crawl(client, landing.url)

    crumbs = page.only("BreadcrumbList")["itemListElement"]
    assert [entry["name"] for entry in crumbs] == page.texts(".crumbs li")
    assert [entry["name"] for entry in crumbs] == ["Home", "The morning table"]
    assert page.soup.select_one(".crumbs a")["href"] == "/"
    assert page.texts("h1") == ["Slow" if has_hero else "The morning table"]


@pytest.mark.parametrize("role", list(LandingPage.Role))
def test_landing_page_describes_its_only_product(client, publish, mug, vase, role):
    body = [bodies.buy(vase.pk), bodies.buy(mug.pk), bodies.row(mug.pk)]
    landing = publish("The mug", product=mug, product_role=role, body=body)
    slate = mug.children.order_by("pk").last()

    page = crawl(client, f"{landing.url}?variant={slate.pk}")
    data = page.product()

    box = f"#product-{mug.pk}"
    assert (data["name"], data["url"]) == (page.text(f"{box} h2"), f"{HOST}{landing.url}")
    first = offers_of(data)[0]
    assert Decimal(first["price"]) == amounts(page.text(f"{box} .price"))[0]
    assert first["name"].endswith(page.text(f"{box} .option__label b"))
    assert first["url"] == f"{HOST}{landing.url}?variant={slate.pk}"
    assert "aggregateRating" not in data


def test_landing_page_without_a_price_has_no_offer(client, publish, mug, vase):
    for body in ([], [bodies.buy(vase.pk)], [bodies.row(mug.pk)]):
        landing = publish("The mug", product=mug, body=body)
        assert crawl(client, landing.url).of_type("Product") == []
        landing.delete()


def test_landing_page_of_a_hidden_product_still_opens(client, publish, vase):
    landing = publish("The vase", product=vase, body=[bodies.buy(vase.pk)])
    vase.is_public = False
    vase.save()

    assert crawl(client, landing.url).of_type("Product") == []


# --- Redirects ---


def test_renamed_page_is_found_by_every_old_slug(client, publish):
    page = publish("Sale")
    for slug in ("spring", "summer", "autumn"):
        rename(page, slug)

    for old in ("/sale/", "/spring/", "/summer/", "/sale"):
        assert only_hop(client, f"{old}?utm=x") == "/autumn/?utm=x"


def test_moved_page_redirects_its_descendants(client, publish, about):
    from home.models import StandardPage

    below = publish("Team", StandardPage, about)
    publish("House", StandardPage)
    about.refresh_from_db()
    about.move(StandardPage.objects.get(slug="house"), "last-child")

    assert only_hop(client, "/about-us/team/?a=1&b=2") == "/house/about-us/team/?a=1&b=2"
    assert Page.objects.get(pk=below.pk).url == "/house/about-us/team/"


def test_redirect_does_not_repeat_the_query(client, about):
    Redirect.add_redirect("/item?id=7", about)

    assert only_hop(client, "/item/?id=7") == about.url


def test_editors_redirect_chain_takes_one_hop(client, about, vase):
    Redirect.add_redirect("/one", "/two/")
    Redirect.add_redirect("/two", "/three/")
    Redirect.add_redirect("/three", about)
    Redirect.add_redirect("/vase", product_url(vase.pk, "old-slug"))

    assert only_hop(client, "/one/?utm=x") == f"{about.url}?utm=x"
    assert only_hop(client, "/vase/?utm=x") == f"{address_of(vase)}?utm=x"


def test_chain_ends_at_an_existing_page(client, about):
    Redirect.add_redirect("/one", about.url)
    Redirect.add_redirect(about.url, "/elsewhere/")

    assert only_hop(client, "/one/") == about.url


def test_redirect_loop_ends(client, site_root):
    Redirect.add_redirect("/one", "/two/")
    Redirect.add_redirect("/two", "/one/")

    assert client.get("/one/").status_code == 301


def test_redirect_to_another_host_is_unchanged(client, site_root):
    Redirect.add_redirect("/feed", "https://example.com/catalogue/x_1/")

    assert client.get("/feed/").url == "https://example.com/catalogue/x_1/"


def test_landing_page_is_one_redirect_from_every_url(client, publish, mug, vase):
    page = publish("The mug", product=mug, product_role=REPLACES)
    slate = mug.children.order_by("pk").last()
    retired = make_product("Old mug", price="1.00")
    Retirement.objects.create(product=retired, replacement=mug)

    assert only_hop(client, f"{address_of(mug)}?variant=7") == f"{page.url}?variant=7"
    assert only_hop(client, product_url(mug.pk, "old").rstrip("/")) == page.url
    assert only_hop(client, address_of(slate)) == f"{page.url}?variant={slate.pk}"
    assert only_hop(client, address_of(retired)) == page.url


def test_retired_product_leaves_its_landing_page(client, publish, mug, vase):
    publish("The mug", product=mug, product_role=REPLACES)
    Retirement.objects.create(product=mug, replacement=vase)

    assert only_hop(client, address_of(mug)) == address_of(vase)


def test_merchandiser_retires_a_product(client, site_root, mug, vase):
    from django.contrib.auth.models import Group

    from commerce.accounts.roles import MERCHANDISER
    from home.staff.roles import create_page_roles

    create_page_roles()
    user = make_user("m@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=MERCHANDISER))
    client.force_login(user)
    add = reverse("wagtailsnippets_commerce_retirement:add")

    refused = client.post(add, {"product": mug.pk, "replacement": mug.pk})
    saved = client.post(add, {"product": mug.pk, "replacement": vase.pk})

    assert "A product cannot replace itself." in refused.content.decode()
    assert saved.status_code == 302
    listed = client.get(reverse("wagtailsnippets_commerce_retirement:list"))
    assert "Harbour mug" in listed.content.decode()
    edit = reverse("wagtailsnippets_commerce_retirement:edit", args=[Retirement.objects.get().pk])
    assert client.get(edit).status_code == 200
    assert only_hop(client, address_of(mug)) == address_of(vase)
    dashboard = client.get(reverse("dashboard:catalogue-product", args=[vase.pk]))
    assert f'href="{add}?product={vase.pk}"' in dashboard.content.decode()


@pytest.mark.slow
def test_every_url_in_the_demo_sitemap_responds(client, site_root):
    call_command("load_demo", "--no-renditions", verbosity=0)
    call_command("sync_sites", verbosity=0)
    pretend_rendered()
    locations = [
        url.removeprefix(HOST)
        for section in ("pages", "categories", "products")
        for url in re.findall("<loc>(.*?)</loc>", client.get(f"/sitemap-{section}.xml").text)
    ]

    assert len(locations) > 40
    wrong = [path for path in locations if not is_canonical(client, path)]
    assert wrong == []


def is_canonical(client, path):
    response = client.get(path)
    return response.status_code == 200 and Crawled(response).canonical == HOST + path
