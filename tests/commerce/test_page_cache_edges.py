"""Kept pages and parts in corners: odd requests, several sites, a store that sleeps, long names."""

import sys
from contextlib import suppress

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from wagtail.models import Site

from commerce.page_cache import front, stores
from commerce.page_cache.address import MAX_KEY, address_of, is_public, words_of
from commerce.page_cache.changes import (
    Unreachable,
    one_state,
    publish,
    sequence,
    state_anew,
    state_of_request,
)
from commerce.page_cache.dependencies import LISTS, collected, depends_on
from commerce.page_cache.kept import kept
from commerce.page_cache.middleware import PageCacheMiddleware
from commerce.page_cache.opting_in import open_page
from commerce.page_cache.parts import kept_part, parts
from home.models import HomePage, SiteSettings, StandardPage
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def magazine(caching, mug, site_root):
    """A page of the magazine that has a word which no piece has."""
    caching()
    page = site_root.add_child(
        instance=StandardPage(title="Raku firing", slug="raku-firing", intro="Raku firing")
    )
    page.save_revision().publish()
    return f"{reverse('search:search')}?q=raku"


def test_page_of_a_search_that_found_only_pages_says_so_after_a_part_was_asked_for(magazine):
    first = Client().get(magazine).text
    assert "our pages tell of it" in first  # control: asked for by nobody before

    publish([LISTS, "site"])
    Client().get(magazine, headers={"x-requested-with": "XMLHttpRequest"})

    assert "our pages tell of it" in Client().get(magazine).text


def test_page_with_a_price_is_not_made_anew_for_each_change_of_any_list(caching, vase, site_root):
    """Looking up the next price while a part is made ties the page, and later parts, to all lists."""
    caching()
    Client().get(vase.get_absolute_url())

    [page] = stores.memory()._things.values()

    assert LISTS not in page.tags


def test_part_inside_a_part_ends_with_what_was_loaded_before_both(caching, shop):
    caching()
    title = "old"

    def page(outer):
        with one_state(), collected():
            state_of_request()
            depends_on("piece-1")
            loaded = title
            return kept_part(outer, lambda: kept_part("inner", lambda: loaded))

    page("outer of one page")
    title = "new"
    publish(["piece-1"])

    assert page("outer of another page") == "new"


def test_parts_of_a_site_are_not_given_to_another(caching, mug, site_root, settings):
    """The promise about returns is each site's own."""
    settings.ALLOWED_HOSTS = ["*"]
    caching()
    main = Site.objects.get(is_default_site=True)
    page = HomePage(title="Outlet", slug="outlet")
    site_root.get_parent().add_child(instance=page)
    outlet = Site.objects.create(hostname="outlet.example", port=80, root_page=page)
    for site, text in ((main, "Thirty days"), (outlet, "No returns")):
        row = SiteSettings.for_site(site)
        row.returns_text = text
        row.save()
    alone = Client().get(mug.get_absolute_url(), headers={"host": "outlet.example"}).text
    assert "No returns" in alone  # control: nobody looked at the other site
    publish(["site"])
    Client().get(mug.get_absolute_url())

    there = Client().get(mug.get_absolute_url(), headers={"host": "outlet.example"}).text

    assert "No returns" in there
    assert "Thirty days" not in there


def test_what_a_request_said_is_bounded(caching, mug):
    """Everybody can send a long header; the words of sixteen thousand requests are remembered."""
    caching()
    path = mug.get_absolute_url()
    for number in range(20):
        Client().get(path, headers={"x-requested-with": f"{number}" + "x" * 8000})

    known = sum(len(word or "") for words in front.known()._found for word in words)

    assert known < 20 * 1500


def test_addresses_of_closed_pages_are_few(caching, shop):
    """A page that nobody may keep is met again under its bare address; queries are anybody's."""
    caching()
    handler = PageCacheMiddleware(lambda request: HttpResponse())
    for number in range(20):
        handler(RequestFactory().get("/accounts/login/", {"next": str(number)}))
        handler(RequestFactory().get("/accounts/login/", {"utm_id": str(number)}))
        handler(RequestFactory().get(f"/{number}" + "x" * 8000))
    handler(RequestFactory().get("/accounts/login/"))

    assert len(handler.closed_addresses) == 1
    assert not [key for key in handler.closed if len(key) > MAX_KEY]


def test_fact_is_made_anew_when_the_sequence_begins_anew(caching, shop):
    """Its number may come again; it is another sequence's."""
    caching()
    made = []

    def fact():
        with one_state():
            return kept("a fact", lambda: made.append(1) or len(made))

    assert (fact(), fact()) == (1, 1)
    before = sequence().state()[1]
    sequence().renew()
    while sequence().state()[1] < before:
        publish(["anything"])

    assert fact() == 2


@pytest.mark.parametrize(
    "other",
    [
        {"HTTP_HOST": "other.example"},
        {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"},
        {"wsgi.url_scheme": "https"},
    ],
)
def test_closed_page_of_another_host_shape_or_scheme_has_an_address_of_its_own(
    caching, shop, settings, other
):
    settings.ALLOWED_HOSTS = ["*"]
    caching()
    handler = PageCacheMiddleware(lambda request: HttpResponse())
    first, second = RequestFactory().get("/list/"), RequestFactory().get("/list/", **other)
    for request in (first, second):
        handler(request)

    found = [handler.closed_addresses.get(words_of(request.META)) for request in (first, second)]

    assert found == [address_of(first), address_of(second)]
    assert found[0].key != found[1].key


@pytest.mark.parametrize(
    "somebody", [{"HTTP_COOKIE": "sessionid=a"}, {"HTTP_AUTHORIZATION": "Basic a"}]
)
def test_closed_page_that_is_known_stays_somebodys_own(caching, shop, somebody):
    """The page opens for everybody meanwhile: what somebody gets is still not kept."""
    caching()
    pages = iter([HttpResponse(), open_page(HttpResponse("mine"))])
    handler = PageCacheMiddleware(lambda request: next(pages))
    handler(RequestFactory().get("/list/"))

    answer = handler(RequestFactory().get("/list/", **somebody))

    assert "private" in answer["Cache-Control"]
    assert not stores.memory()._things


@pytest.mark.parametrize("header", [None, "http", "https", " https", "https,http", "http,https"])
@pytest.mark.parametrize("wire", ["http", "https"])
def test_words_say_the_scheme_that_django_reads(settings, wire, header):
    """Proxies in a row join what they say; words that are alike must mean one scheme."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    said = {} if header is None else {"HTTP_X_FORWARDED_PROTO": header}
    request = RequestFactory().get("/", **{"wsgi.url_scheme": wire, **said})

    *_words, is_secure = words_of(request.META)

    assert (wire == "https" if is_secure is None else is_secure) == (request.scheme == "https")


def test_closed_page_that_opens_is_kept_again(caching, shop):
    """A list that was empty and answered 404 has pieces now."""
    caching()
    is_open = False

    def answer(request):
        return open_page(HttpResponse("a list")) if is_open else HttpResponse(status=404)

    handler = PageCacheMiddleware(answer)
    for _round in range(2):
        assert handler(RequestFactory().get("/list/")).status_code == 404
    is_open = True

    assert "public" in handler(RequestFactory().get("/list/"))["Cache-Control"]
    is_open = False
    assert handler(RequestFactory().get("/list/")).status_code == 200


@pytest.mark.parametrize("space", ["\u00a0", "\u2003"])
def test_session_is_seen_where_django_sees_it(caching, shop, settings, space):
    """Django reads cookies as UTF-8 and strips every kind of space from their names."""
    cookie = f"{space}{settings.SESSION_COOKIE_NAME}=abc".encode().decode("latin-1")
    request = RequestFactory().get("/", HTTP_COOKIE=cookie)
    assert settings.SESSION_COOKIE_NAME in request.COOKIES

    assert not is_public(request)


def test_last_of_two_values_counts_in_the_key_too(caching, mug, vase):
    """Django takes the last value of a name; the key sorts them."""
    caching()
    search = reverse("search:search")
    Client().get(f"{search}?q=vase&q=mug")

    page = Client().get(f"{search}?q=mug&q=vase").text

    assert "Results for “vase”" in page


def test_bytes_of_a_query_are_read_as_django_reads_them(caching, mug):
    """A query that was not percent-encoded is UTF-8 to Django and Latin-1 to the key."""
    caching()
    path = reverse("search:search")
    raw = "q=mug caf\u00e9".encode().decode("latin-1")
    Client().get(path, QUERY_STRING=raw)

    page = Client().get(f"{path}?q=mug+caf%C3%83%C2%A9").text

    assert "Results for “mug caf\u00c3\u00a9”" in page


def test_part_is_not_kept_with_a_number_younger_than_what_it_shows(caching, shop, monkeypatch):
    """Redis does not answer when a request begins, and does while its page is rendered."""
    caching()
    answers = [Unreachable("asleep")]
    state = sequence().state

    def waking():
        if answers:
            raise answers.pop()
        return state()

    def page():
        with one_state(), collected():
            with suppress(Unreachable):  # as PageCacheMiddleware.read does
                state_of_request()
            depends_on("piece-1")
            loaded = titles[-1]
            if len(titles) == 1:
                titles.append("new")
                publish(["piece-1"])  # in another process
            return kept_part("part", lambda: loaded)

    titles = ["old"]
    monkeypatch.setattr(sequence(), "state", waking)
    page()

    assert page() == "new"


def test_part_counts_the_bytes_that_it_takes(caching, shop):
    """A letter takes four bytes where one of the text lies beyond the first plane, two with a dash."""
    caching()
    markup = "\U0001fad6" + "x" * 100_000
    with one_state(), collected():
        state_of_request()
        kept_part("part", lambda: markup)

    assert parts().bytes >= sys.getsizeof(markup)


def test_parameters_that_no_list_knows_do_not_fill_the_memory(caching, mug, shop):
    """Whoever is signed in and comes from a newsletter makes a part of every click."""
    caching()
    client = Client()
    client.force_login(factories.make_user())
    path = reverse("catalogue:index")
    client.get(path)
    before = len(parts()._things)

    for number in range(5):
        client.get(f"{path}?utm_id={number}")

    assert len(parts()._things) == before


def test_page_that_waited_for_its_turn_shows_no_part_of_before(caching, shop):
    """What changed while it waited is new to its parts, too: it is kept under the newer number."""
    caching()

    def shown(text, *, has_waited):
        with one_state(), collected():
            state_of_request()
            if has_waited:
                publish(["piece-1"])  # by whoever had the turn
                state_anew()
            return kept_part("part", lambda: depends_on("piece-1") or text)

    assert shown("old", has_waited=False) == "old"
    assert shown("new", has_waited=True) == "new"
