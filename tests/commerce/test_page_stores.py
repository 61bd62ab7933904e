"""Page stores: lookup, rendering once under load, invalidation, limited size."""

import os
import threading
import time
from dataclasses import replace

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from commerce.catalogue import cdn
from commerce.catalogue.cdn import addresses_of
from commerce.models.cache_tags import product_tag
from commerce.page_cache import stores
from commerce.page_cache import versions as versions_module
from commerce.page_cache.cached_response import CachedResponse
from commerce.page_cache.dependencies import allow_caching, depends_on
from commerce.page_cache.memoise import memoise, memoise_many
from commerce.page_cache.middleware import PageCacheMiddleware
from commerce.page_cache.stores import FilePages, RedisPages
from commerce.page_cache.versions import Unreachable, Versions, publish, versions
from commerce.urls import absolute
from tests.caching import PLACES, REDIS, forget, needs_redis
from tests.factories import make_product

# --- A crowd ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_many_requests_for_an_expired_page_render_it_once(caching, place):
    caching(place)
    rendered = []

    def view(request):
        depends_on("thing")
        rendered.append(threading.get_ident())
        time.sleep(0.1)
        allow_caching()
        return HttpResponse("page")

    pages = PageCacheMiddleware(view)
    pages(RequestFactory().get("/x/"))
    publish({"thing"})
    barrier, answers = threading.Barrier(12), []

    def visit():
        barrier.wait()
        answers.append(pages(RequestFactory().get("/x/")).content)

    threads = [threading.Thread(target=visit) for _n in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert answers == [b"page"] * 12
    assert len(rendered) == 2


@pytest.mark.parametrize("place", PLACES)
def test_page_stored_while_waiting_for_the_lock_is_not_rendered_again(caching, place, monkeypatch):
    caching(place)
    rendered = []

    def view(request):
        depends_on("thing")
        rendered.append(1)
        allow_caching()
        return HttpResponse("page")

    pages = PageCacheMiddleware(view)
    pages(RequestFactory().get("/x/"))
    publish({"thing"})
    lock = stores.store().render_lock

    def lock_slowly(key):
        monkeypatch.setattr(stores.store(), "render_lock", lock)
        pages(RequestFactory().get("/x/"))
        return lock(key)

    monkeypatch.setattr(stores.store(), "render_lock", lock_slowly)

    assert pages(RequestFactory().get("/x/")).content == b"page"
    assert len(rendered) == 2


def test_uncacheable_pages_do_not_wait_for_each_other(caching):
    caching()
    inside, most = [], []

    def view(request):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()
        return HttpResponse("mine")

    pages = PageCacheMiddleware(view)
    pages(RequestFactory().get("/mine/"))
    threads = [
        threading.Thread(target=lambda: pages(RequestFactory().get("/mine/"))) for _n in range(4)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert max(most) > 1


def test_failing_page_releases_its_lock(caching):
    caching()

    def view(request):
        raise ZeroDivisionError

    pages = PageCacheMiddleware(view)

    for _n in range(2):
        start = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            pages(RequestFactory().get("/x/"))
        assert time.monotonic() - start < stores.WAIT_SECONDS


# --- Versions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_no_invalidation_is_lost_when_many_happen_at_once(caching, place):
    caching(place)
    before = versions().snapshot().version

    def tell(number):
        for step in range(20):
            versions().advance({f"tag-{number}-{step}"})

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert versions().snapshot().version - before <= 160
    assert all(
        versions().versions_of([f"tag-{number}-{step}"])[f"tag-{number}-{step}"] > before
        for number in range(8)
        for step in range(20)
    )


def file_versions(folder):
    return Versions(versions_module.FileVersions(folder / "versions"))


def test_two_processes_share_one_file(tmp_path):
    here, there = file_versions(tmp_path), file_versions(tmp_path)

    here.advance({"a"})

    assert there.snapshot() == here.snapshot()
    assert there.versions_of(["a", "b"]) == {"a": 1, "b": 0}


def test_cleared_folder_starts_a_new_epoch_in_every_process(tmp_path):
    here, there = file_versions(tmp_path), file_versions(tmp_path)
    here.advance({"a"})
    before = there.snapshot()

    here.store.path.unlink()
    here.store._checked -= 2 * here.store.CHECK_SECONDS
    there.store._checked -= 2 * there.store.CHECK_SECONDS

    assert there.snapshot() == here.snapshot()
    assert there.snapshot() != before


@needs_redis
def test_invalidation_during_a_redis_outage_is_sent_later(caching):
    caching("redis")
    told = Versions(versions_module.RedisVersions(REDIS))
    before = told.snapshot()
    alive, gone = told.store, versions_module.RedisVersions("redis://127.0.0.1:1/0")

    told.store = gone
    told.advance({"a"})
    with pytest.raises(Unreachable):
        told.snapshot()
    told.store, told._paused_until = alive, 0.0

    assert told.snapshot().version == before.version + 1
    assert told.versions_of(["a"]) == {"a": before.version + 1}


def test_pages_are_rendered_without_redis(caching, settings, shop, site_root, caplog):
    caching()
    settings.PAGE_VERSIONS = settings.PAGE_STORE = "redis"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    forget()

    pages = [Client().get("/") for _n in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0]["Cache-Control"] == "private, no-cache"
    assert caplog.text.count("The page cache cannot be reached") == 1


def test_value_is_cached_until_its_tag_changes(caching):
    caching()
    made = []

    def make():
        made.append(len(made))
        return made[-1]

    first = [memoise("fact", make, tags=["thing"]) for _n in range(2)]
    publish({"another"})
    second = memoise("fact", make, tags=["thing"])
    publish({"thing"})
    third = memoise("fact", make, tags=["thing"])

    assert (first, second, third) == ([0, 0], 0, 1)


@pytest.mark.django_db(transaction=True)
def test_uncommitted_value_is_not_cached(caching):
    caching()

    with transaction.atomic():
        memoise("fact", lambda: "never committed")

    assert memoise("fact", lambda: "true") == "true"


# --- Room ------------------------------------------------------------------------------------------


def answer(size, *, until=None):
    cached = CachedResponse(
        headers={"ETag": "x"}, tags=["a"], epoch="e", version=1, body=os.urandom(size),
        until=until or time.time() + 100,
    )  # fmt: skip
    return stores.unpacked(stores.packed(cached))


def test_process_cache_is_limited(caching, monkeypatch):
    caching()
    monkeypatch.setattr(stores, "MEMORY_BYTES", 100_000)
    room = stores.memory()

    for number in range(50):
        stores.put(str(number), answer(9_000))
    stores.put("too large", answer(200_000))

    assert room.currsize <= 100_000
    assert "49" in room
    assert "0" not in room
    assert "too large" not in room


def test_folder_has_limited_slots_and_distinguishes_pages_in_one_slot(tmp_path):
    store = FilePages(tmp_path)
    store.SLOTS = 4

    for number in range(40):
        store.put(f"page {number}", answer(10))

    files = [path for path in (tmp_path / "pages").rglob("*") if path.is_file()]
    assert len(files) == 4
    assert store.get("page 39") is not None
    assert sum(store.get(f"page {number}") is not None for number in range(40)) == 4


def test_corrupt_file_is_ignored(tmp_path):
    store = FilePages(tmp_path)
    store.put("key", answer(10))

    store._path("key").write_bytes(b'{"half')

    assert store.get("key") is None


def test_full_disk_does_not_break_the_response(tmp_path, caplog):
    (tmp_path / "pages").write_text("a file where folders should be")

    FilePages(tmp_path).put("key", answer(10))

    assert "could not be cached" in caplog.text


@needs_redis
def test_redis_stores_a_page_until_a_minute_after_it_expires(caching):
    caching("redis")
    store = RedisPages(REDIS)

    store.put("key", answer(10, until=time.time() + 50))

    assert store.get("key").body
    assert 100 < store.client.ttl(store.PREFIX + stores.hashed_key("key")) <= 110


@pytest.mark.parametrize("place", PLACES)
def test_expired_page_is_still_known_so_that_one_request_renders_it(caching, place):
    """Regression: Redis had deleted it, and every process rendered it at once."""
    caching(place)
    snapshot = versions().snapshot()
    expired = replace(answer(10, until=time.time() - 1), epoch=snapshot.epoch)

    stores.store().put("key", expired)

    assert stores.find_cached("key", snapshot) == (None, True)


@pytest.mark.parametrize("kind", ["product", "price", "card"])
def test_invalidating_a_product_purges_its_urls(vase, kind):
    assert addresses_of({f"{kind}-{vase.pk}", f"order-{vase.pk}"}) == sorted(
        map(absolute, ["/", vase.get_absolute_url()])
    )


def test_all_changed_tags_are_purged_in_several_tasks(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    """Regression: of more than 500 tags the alphabetically last were dropped."""
    settings.WAGTAILFRONTENDCACHE = {"default": {}}
    batches = []
    monkeypatch.setattr(cdn, "purge_urls_from_cache", lambda urls: batches.append(urls))
    products = [make_product(f"Vase {number}", price="5.00") for number in range(3)]
    monkeypatch.setattr(cdn, "MAX_TAGS", 2)

    with django_capture_on_commit_callbacks(execute=True):
        cdn.purge_soon(
            {*(f"card-{product.pk}" for product in products), f"product-{products[-1].pk}"}
        )

    purged = {url for urls in batches for url in urls}
    assert purged >= {absolute(product.get_absolute_url()) for product in products}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", PLACES)
def test_many_values_fetch_their_versions_in_one_request(caching, monkeypatch, place):
    """With Redis each fetch is a round trip."""
    caching(place)
    asked = []
    ask = Versions.versions_of
    monkeypatch.setattr(
        Versions, "versions_of", lambda self, tags: asked.append(tags) or ask(self, tags)
    )

    def look(*changed):
        made = []
        publish(changed)
        memoise_many(range(30), lambda names: made.extend(names) or dict.fromkeys(names, ""))
        return made

    assert look("lists") == list(range(30))
    asked.clear()
    assert look("lists") == []
    assert len(asked) <= 1
    assert look("site") == list(range(30))


def test_value_expires_after_its_age_limit(caching, settings):
    """A process may be killed between a commit and its invalidation, so nothing is cached forever."""
    caching()
    settings.PAGE_CACHE_SECONDS = 0

    assert [memoise("fact", lambda: time.monotonic_ns()) for _time in range(2)][0] != memoise(
        "fact", lambda: time.monotonic_ns()
    )


def test_change_while_a_value_is_read_invalidates_it(caching):
    caching()

    def read_too_soon():
        publish(["thing"])
        return "old"

    assert memoise("a", read_too_soon, tags=["thing"]) == "old"

    assert memoise("a", lambda: "new", tags=["thing"]) == "new"
    assert memoise("a", lambda: "never", tags=["thing"]) == "new"


# --- A damaged file of versions --------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, versions_module.HEADER, versions_module.FILE_BYTES + 8])
def test_damaged_file_of_versions_is_created_again(caching, mug, monkeypatch, size):
    """Regression: a file that was cut off made every cacheable page fail, for ever."""
    caching()
    path = mug.get_absolute_url()
    assert "public" in Client().get(path)["Cache-Control"]  # control
    before = versions().snapshot().epoch
    os.truncate(versions().store.path, size)
    publish({product_tag(mug.pk)})

    assert Client().get(path).status_code == 200

    monkeypatch.setattr(versions().store, "_checked", float("-inf"))
    monkeypatch.setattr(versions(), "_paused_until", 0.0)
    assert versions().snapshot().epoch != before
    assert "public" in Client().get(path)["Cache-Control"]
