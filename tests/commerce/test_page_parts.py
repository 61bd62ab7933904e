"""Parts of pages that a process remembers: for those who are signed in too, and never an old one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.catalogue.wishlists import keep_on
from commerce.models import SalePrice
from commerce.page_cache import changes, parts
from commerce.page_cache.changes import one_state, publish
from commerce.page_cache.dependencies import collected, depends_on, shows_prices
from commerce.page_cache.parts import is_for_everybody, kept_part
from tests import factories
from tests.caching import PLACES
from tests.home.bodies import buy, row

#: Inside a transaction nothing is remembered.
pytestmark = pytest.mark.django_db(transaction=True)


class Counted:
    """Something to render that counts how often it was."""

    def __init__(self, *tags):
        self.tags, self.times = tags, 0

    def __call__(self):
        depends_on(*self.tags)
        self.times += 1
        return f"<p>{self.times}</p>"


def render(make, *, before=()):
    """What a request that shows only this part would show."""
    with one_state(), collected() as found:
        changes.state_of_request()
        depends_on(*before)
        return kept_part("part", make), found


@pytest.mark.parametrize("place", PLACES)
def test_part_is_made_once_until_something_in_it_changes(caching, shop, place):
    caching(place)
    make = Counted("piece-1")

    assert render(make)[0] == render(make)[0] == "<p>1</p>"
    publish(["piece-2"])
    assert render(make)[0] == "<p>1</p>"
    publish(["piece-1"])
    assert render(make)[0] == "<p>2</p>"


def test_page_depends_on_what_its_remembered_parts_show(caching, shop):
    caching()
    make = Counted("piece-1")
    render(make)

    _markup, page = render(make)

    assert "piece-1" in page.tags
    assert page.until is not None


def test_part_ends_with_what_was_loaded_before_it(caching, shop):
    caching()
    make = Counted()
    render(make, before=["piece-1"])

    publish(["piece-1"])

    assert render(make, before=["piece-1"])[0] == "<p>2</p>"


def test_change_while_a_part_is_made_makes_it_anew(caching, shop):
    caching()

    def make():
        made.append(1)
        depends_on("piece-1")
        if len(made) == 1:
            publish(["piece-1"])
        return str(len(made))

    made = []
    render(make)

    assert render(make)[0] == "2"


def test_part_with_a_price_ends_when_a_sale_begins(caching, vase):
    caching()
    starts = timezone.now() + timedelta(hours=1)
    record = factories.stockrecord_of(vase)
    SalePrice.objects.create(stockrecord=record, price=Decimal(50), start=starts)

    def make():
        shows_prices()
        return ""

    _markup, page = render(make)

    assert page.until <= starts


def test_nothing_is_remembered_inside_a_transaction(caching, shop):
    caching()
    make = Counted()
    with transaction.atomic():
        render(make)
        render(make)
    assert make.times == 2


def test_nothing_is_remembered_where_no_page_is_read(caching, shop):
    caching()
    make = Counted()
    kept_part("part", make)
    kept_part("part", make)
    assert make.times == 2


def test_nothing_is_remembered_in_development(caching, shop, settings):
    caching()
    settings.DEBUG = True
    make = Counted()
    render(make)
    render(make)
    assert make.times == 2


def test_parts_are_bounded(caching, shop):
    caching()
    parts.parts().limit = 10_000
    with one_state(), collected():
        changes.state_of_request()
        for number in range(50):
            kept_part(("part", number), lambda: "x" * 1000)
    assert parts.parts().bytes <= 10_000


def test_previews_and_other_moments_are_rendered_each_time(rf):
    request = rf.get("/")
    assert is_for_everybody(request)
    request.is_preview = True
    assert not is_for_everybody(request)
    planned = rf.get("/")
    planned.at = timezone.now()
    assert not is_for_everybody(planned)
    assert not is_for_everybody(None)


def test_keep_needs_a_name():
    with pytest.raises(TemplateSyntaxError):
        Template("{% load shop %}{% keep %}{% endkeep %}")


def test_keep_tells_its_words_apart(caching, shop):
    caching()
    template = Template("{% load shop %}{% keep 'part' key %}{{ text }}{% endkeep %}")

    def shown(key, text):
        with one_state(), collected():
            changes.state_of_request()
            request = RequestFactory().get("/")
            return template.render(Context({"request": request, "key": key, "text": text}))

    assert [shown(1, "a"), shown(2, "b"), shown(1, "c")] == ["a", "b", "a"]


# --- Whole pages -----------------------------------------------------------------------------------


@pytest.fixture
def signed_in(shop):
    client = Client()
    client.force_login(factories.make_user())
    return client


@pytest.fixture
def shelves(caching, mug, vase, site_root):
    caching()
    table = factories.put_category(mug, "Tableware")
    factories.put_category(vase, "Tableware")
    site_root.body = [row(mug.pk, vase.pk), buy(mug.pk)]
    site_root.save_revision().publish()
    return {
        "home": "/",
        "list": table.get_absolute_url(),
        "product": mug.get_absolute_url(),
        "search": f"{reverse('search:search')}?q=mug",
        "suggestions": f"{reverse('search:suggest')}?q=mu",
    }


def test_who_is_signed_in_sees_a_new_price_at_the_next_request(shelves, signed_in, mug):
    for path in shelves.values():
        signed_in.get(path)
        assert "£24" in signed_in.get(path).text

    for record in get_model("partner", "StockRecord").objects.filter(product__parent=mug):
        record.price = Decimal("31.00")
        record.save()

    for name, path in shelves.items():
        page = signed_in.get(path).text
        assert "£31" in page, name
        assert "£24" not in page, name


def test_wish_lists_of_one_stand_in_no_part_that_another_gets(shelves, signed_in, mug):
    owner = factories.make_user("owner@example.test")
    kept = mug.children.order_by("pk").first()
    keep_on(owner, kept, [], new_name="Secret garden")
    theirs = Client()
    theirs.force_login(owner)

    for client, is_kept in ((theirs, True), (signed_in, False), (theirs, True), (Client(), False)):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(shelves["product"]).text
        assert ("On “Secret garden”" in page) is is_kept
        assert ("Keep on a list" in page) is not is_kept
        asked = [query["sql"] for query in queries if "wishlists" in query["sql"]]
        assert len(asked) == ("Sign in" not in page)  # nobody asks for a guest


def test_who_is_signed_in_shares_parts_and_nothing_personal(shelves, signed_in):
    """The main part of a page is the same for both, and the second one costs nearly no query."""
    for name in ("home", "list", "search"):
        anonymous = Client().get(shelves[name])
        with CaptureQueriesContext(connection) as queries:
            own = signed_in.get(shelves[name])
        mains = [BeautifulSoup(page.content, "html.parser").main for page in (anonymous, own)]
        assert mains[0] == mains[1], name
        asked = [query["sql"] for query in queries if "pricewindow" in query["sql"]]
        # A buy box asks an unknown visitor for an address, so that of the front page is not shared.
        assert name == "home" or not asked, name


def test_review_link_is_for_buyers_alone(shelves, signed_in, mug):
    path = shelves["product"]
    buyer = factories.make_user("bo@example.com")
    factories.make_order(mug.children.first(), user=buyer)
    client = Client()
    client.force_login(buyer)

    pages = [who.get(path).content.decode() for who in (client, signed_in, Client(), client)]

    assert ["Write a review" in page for page in pages] == [True, False, False, True]


def test_draft_in_a_preview_is_not_given_to_others(shelves, site_root, vase, rf, settings):
    Client().get("/")
    site_root.body = [buy(vase.pk)]
    editors = rf.get("/admin/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}=editor"})
    mode = site_root.default_preview_mode
    preview = site_root.make_preview_request(original_request=editors, preview_mode=mode)

    page = Client().get("/").content

    assert b"Harbour mug" in page
    assert b"Harbour mug" not in preview.content
