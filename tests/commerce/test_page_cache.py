"""Pages that are the same for everybody: cached, served again, and never stale."""

import gzip
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.models import Site

from commerce.models import DeliveryMethod, FacetAttribute, SalePrice, SearchSynonym
from commerce.models.cache_tags import product_tag
from commerce.order_statuses import DELIVERED
from commerce.orders.pipeline import move_order
from commerce.orders.reservations import reserve_stock
from commerce.orders.shipments import ship
from commerce.page_cache import stores
from commerce.page_cache.dependencies import allow_caching, depends_on
from commerce.page_cache.middleware import PageCacheMiddleware
from commerce.page_cache.versions import invalidate, publish, versions
from commerce.returns.returns import request_return
from home.models import SiteSettings
from tests import factories
from tests.caching import PLACES
from tests.home.bodies import buy, row


@pytest.fixture
def shelves(mug, vase, site_root, django_capture_on_commit_callbacks):
    """A category with two products, and a home page that shows both."""
    category = factories.put_category(mug, "Tableware")
    factories.put_category(vase, "Tableware")
    site_root.body = [row(mug.pk, vase.pk), buy(mug.pk)]
    site_root.save()
    return category


@pytest.fixture
def paths(shelves, mug, vase):
    """A URL of each kind of cached page."""
    return {
        "home": "/",
        "category": shelves.get_absolute_url(),
        "everything": reverse("catalogue:index"),
        "product": mug.get_absolute_url(),
        "other product": vase.get_absolute_url(),
        "search": f"{reverse('search:search')}?q=mug",
        "suggestions": f"{reverse('search:suggest')}?q=mu",
    }


def fresh(path, settings):
    """The page rendered without a cache."""
    settings.PAGE_CACHE = False
    try:
        return Client().get(path).content
    finally:
        settings.PAGE_CACHE = True


def is_kept(path):
    """Whether a page came from the cache, which needs no query."""
    with CaptureQueriesContext(connection) as queries:
        assert Client().get(path).status_code == 200
    return not len(queries)


# --- What everybody gets ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_second_visit_needs_no_query(caching, paths, place):
    caching(place)

    first = {path: Client().get(path) for path in paths.values()}
    second = {path: Client().get(path) for path in paths.values()}

    assert all(is_kept(path) for path in paths.values())
    for path in paths.values():
        assert second[path].content == first[path].content
        assert not first[path].cookies
        assert b"csrfmiddlewaretoken" not in first[path].content
        assert "Cookie" not in first[path].get("Vary", "")
        assert first[path]["Cache-Control"] == "public, max-age=0, must-revalidate"


@pytest.mark.parametrize("place", PLACES)
def test_another_process_gets_the_same_page(caching, paths, place):
    caching(place)
    Client().get(paths["product"])

    stores.memory.cache_clear()

    assert is_kept(paths["product"])


def test_browser_with_the_page_gets_304(caching, paths):
    caching()
    page = Client().get(paths["product"])

    again = Client().get(paths["product"], headers={"if-none-match": page["ETag"]})

    assert again.status_code == 304
    assert not again.content
    assert again["ETag"] == page["ETag"]


def test_page_is_compressed_for_browsers_that_accept_it(caching, paths):
    caching()
    plain = Client().get(paths["product"])

    packed = Client().get(paths["product"], headers={"accept-encoding": "gzip, br"})

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Content-Encoding" not in plain


def test_head_has_the_length_but_no_body(caching, paths):
    caching()
    page = Client().get(paths["product"])

    head = Client().head(paths["product"])

    assert not head.content
    assert head["ETag"] == page["ETag"]


def test_signed_in_shopper_gets_their_own_page(caching, paths, client):
    caching()
    Client().get(paths["product"])
    client.force_login(factories.make_user())

    page = client.get(paths["product"])

    assert page["Cache-Control"] == "private, no-cache"
    assert ">Sign in</a>" not in page.text
    assert ">Sign in</a>" in Client().get(paths["product"]).text


def test_message_is_shown_only_to_its_shopper(caching, paths, client, vase):
    caching()
    Client().get(paths["other product"])
    url = reverse("basket:add", args=[vase.pk])
    client.post(url, {"quantity": 1, "next": paths["other product"]})

    page = client.get(paths["other product"])

    assert "is in your basket" in page.text
    assert "is in your basket" not in client.get(paths["other product"]).text


def test_shopper_with_a_basket_gets_the_shared_page_and_a_count_cookie(
    caching, paths, client, vase
):
    caching()
    url = reverse("basket:add", args=[vase.pk])
    client.post(url, {"quantity": 1}, headers={"x-requested-with": "XMLHttpRequest"})

    page = client.get(paths["home"])

    assert client.cookies["basket_units"].value == "1"
    assert not client.cookies["basket_units"]["httponly"]
    assert page.content == Client().get(paths["home"]).content


def test_count_cookie_is_deleted_with_the_basket(client, vase):
    client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1})
    client.post(reverse("basket:clear"))

    client.get(reverse("basket:summary"))

    assert client.cookies["basket_units"].value == "0"


def test_signing_out_deletes_the_count_cookie(client, vase):
    client.force_login(factories.make_user())
    client.post(reverse("basket:add", args=[vase.pk]), {"quantity": 1})
    assert client.cookies["basket_units"].value == "1"

    client.post(reverse("account_logout"))

    assert client.cookies["basket_units"].value in ("", "0")


def test_page_with_an_unknown_parameter_is_not_cached(caching, paths):
    caching()
    path = f"{paths['category']}?nonsense=1"

    Client().get(path)

    assert not is_kept(path)


def test_order_of_parameters_does_not_matter(caching, paths):
    caching()

    Client().get(f"{paths['category']}?sort=newest&page=1")

    assert is_kept(f"{paths['category']}?page=1&sort=newest")


def test_advertising_parameters_get_the_cached_page(caching, paths):
    caching()
    Client().get(paths["product"])

    assert is_kept(f"{paths['product']}?utm_source=letter&gclid=x")


def test_redirect_keeps_advertising_parameters(caching, mug):
    caching()
    old = f"/catalogue/an-old-slug_{mug.pk}/?utm_source=letter"

    answer = Client().get(old)

    assert answer.status_code == 301
    assert answer["Location"].endswith(f"{mug.get_absolute_url()}?utm_source=letter")


def test_search_without_results_is_counted_every_time_and_not_cached(caching, shelves):
    caching()
    path = f"{reverse('search:search')}?q=zzzzzzzz"

    Client().get(path)

    assert not is_kept(path)


def test_fragments_for_scripts_are_cached_separately(caching, paths):
    caching()
    script = {"x-requested-with": "XMLHttpRequest"}
    page = Client().get(paths["category"])

    part = Client().get(paths["category"], headers=script)

    assert "<html" in page.text
    assert "<html" not in part.text
    assert Client().get(paths["category"], headers=script).content == part.content


# --- Never an old one ------------------------------------------------------------------------------


def _price(shop):
    record = factories.stockrecord_of(shop["vase"])
    record.price = Decimal("77.00")
    record.save()


def _sale(shop):
    record = factories.stockrecord_of(shop["vase"])
    start = timezone.now() - timedelta(hours=1)
    SalePrice.objects.create(stockrecord=record, price=Decimal("70.00"), start=start)


def _sold_out(shop):
    with transaction.atomic():
        reserve_stock({factories.stockrecord_of(shop["vase"]).pk: 1})


def _one_less(shop):
    child = shop["mug"].children.get(title__iendswith="oat")
    with transaction.atomic():
        reserve_stock({factories.stockrecord_of(child).pk: 1})


def _title(shop):
    shop["vase"].title = "Sun vase"
    shop["vase"].save()


def _description(shop):
    shop["mug"].description = "<p>Thrown on a Monday.</p>"
    shop["mug"].save()


def _hidden(shop):
    shop["vase"].is_public = False
    shop["vase"].save()


def _new_product(shop):
    product = factories.make_product("New jug", price="30.00")
    factories.put_category(product, "Tableware")


def _deleted(shop):
    shop["vase"].delete()


def _left_the_category(shop):
    shop["vase"].productcategory_set.all().delete()


def _category_name(shop):
    shop["category"].name = "On the table"
    shop["category"].save()


def _recommended(shop):
    jug = factories.make_product("Cider jug", price="40.00")
    shop["mug"].primary_recommendations.create(recommendation=jug, ranking=9)


def _review(shop):
    shop["mug"].reviews.create(
        score=4, title="Good", body="It pours.", name="Ada", email="a@example.com", status=1
    )


def _glaze_name(shop):
    option = get_model("catalogue", "AttributeOption").objects.get(option="Slate")
    option.option = "Slate grey"
    option.save()


def _filter(shop):
    attribute = get_model("catalogue", "ProductAttribute").objects.get(code="glaze")
    FacetAttribute.objects.create(attribute=attribute)


def _delivery(shop):
    DeliveryMethod.objects.filter(code="standard").first().delete()


def _synonym(shop):
    SearchSynonym.objects.create(words="mug, vase")


def _announcement(shop):
    facts = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    facts.announcement_text = "The kiln opens on Sunday"
    facts.save()


def _home_published(shop):
    home = shop["home"]
    home.body = [row(shop["vase"].pk)]
    home.save_revision().publish()


def _home_renamed(shop):
    shop["home"].title = "Saltmarsh again"
    shop["home"].save()


CHANGES = [
    _price, _sale, _sold_out, _one_less, _title, _description, _hidden, _new_product, _deleted,
    _left_the_category, _category_name, _recommended, _review, _glaze_name, _filter, _delivery,
    _synonym, _announcement, _home_published, _home_renamed,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_every_page_after_a_change_equals_the_uncached_page(
    caching,
    settings,
    change,
    paths,
    mug,
    vase,
    shelves,
    site_root,
    django_capture_on_commit_callbacks,
):
    caching()
    before = {path: Client().get(path).content for path in paths.values()}
    assert all(is_kept(path) for path in paths.values())

    with django_capture_on_commit_callbacks(execute=True):
        change({"mug": mug, "vase": vase, "category": shelves, "home": site_root})

    cache.clear()  # Oscar's own cache of category URLs
    after = {path: Client().get(path) for path in paths.values()}
    assert any(after[path].content != before[path] for path in paths.values())
    for path in paths.values():
        assert after[path].content == fresh(path, settings), path


def test_change_of_one_product_keeps_other_pages_cached(
    caching, paths, mug, django_capture_on_commit_callbacks
):
    caching()
    plate = factories.make_product("Bread plate", price="20.00")
    factories.put_category(plate, "Plates")
    [Client().get(path) for path in (plate.get_absolute_url(), paths["product"])]

    with django_capture_on_commit_callbacks(execute=True):
        record = factories.stockrecord_of(mug.children.first())
        record.price = Decimal("25.00")
        record.save()

    assert is_kept(plate.get_absolute_url())
    assert not is_kept(paths["product"])


def test_order_keeps_pages_of_other_products_cached(
    caching, paths, vase, django_capture_on_commit_callbacks
):
    caching()
    plate = factories.make_product("Bread plate", price="20.00")
    Client().get(plate.get_absolute_url())

    with django_capture_on_commit_callbacks(execute=True):
        order = factories.make_paid_order((vase, 1))
        ship(order.pk)
        move_order(order.pk, DELIVERED)
        request_return(order.pk, {order.lines.get().pk: 1}, reason="too tall")

    assert is_kept(plate.get_absolute_url())


def test_draft_invalidates_no_page(caching, paths, site_root, django_capture_on_commit_callbacks):
    caching()
    Client().get("/")

    with django_capture_on_commit_callbacks(execute=True):
        site_root.title = "Only a draft"
        site_root.save_revision()

    assert is_kept("/")


def test_rolled_back_change_invalidates_nothing(caching, paths, vase):
    caching()
    Client().get(paths["other product"])
    before = versions().snapshot()

    with transaction.atomic():
        invalidate(product_tag(vase.pk))
        transaction.set_rollback(True)

    assert versions().snapshot() == before
    assert is_kept(paths["other product"])


def test_page_rendered_during_a_change_is_invalidated_by_it(caching, rf):
    caching()
    rendered = []

    def view(request):
        depends_on("thing")
        rendered.append(len(rendered))
        if len(rendered) == 1:  # Commit the change after the view has read the old value.
            publish({"thing"})
        allow_caching()
        return HttpResponse(str(rendered[-1]))

    pages = PageCacheMiddleware(view)

    assert [pages(rf.get("/x/")).content for _n in range(3)] == [b"0", b"1", b"1"]


def test_page_expires_when_a_sale_starts(caching, paths, vase, django_capture_on_commit_callbacks):
    begin = timezone.now() + timedelta(minutes=2)
    SalePrice.objects.create(
        stockrecord=factories.stockrecord_of(vase), price=Decimal("70.00"), start=begin
    )
    caching()

    Client().get(paths["home"])

    answer = next(iter(stores.memory().values()))
    assert answer.until == begin.timestamp()


def test_page_expires_at_the_dispatch_cut_off(caching, paths, settings):
    settings.PAGE_CACHE_SECONDS = 10**6
    caching()

    Client().get(paths["product"])

    end = timezone.localtime(
        timezone.datetime.fromtimestamp(
            next(iter(stores.memory().values())).until, tz=timezone.get_current_timezone()
        )
    )
    cutoffs = set(DeliveryMethod.objects.values_list("cutoff_hour", flat=True))
    assert (end.minute, end.second) == (0, 0)
    assert end.hour in {0, *cutoffs}
