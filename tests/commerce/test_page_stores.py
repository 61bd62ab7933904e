"""How kept pages are found, made once for a crowd, told of changes, and bounded in number."""

import os
import threading
import time

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from commerce.page_cache import changes, kept, stores
from commerce.page_cache.changes import FileSequence, RedisSequence, Unreachable
from commerce.page_cache.dependencies import depends_on
from commerce.page_cache.memory import BoundedMemory, Memory
from commerce.page_cache.middleware import PageCacheMiddleware
from commerce.page_cache.opting_in import open_page
from commerce.page_cache.purging import addresses_of
from commerce.page_cache.stores import FileStore, RedisStore
from commerce.urls import absolute
from tests.caching import PLACES, REDIS, forget, needs_redis

# --- A crowd ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_crowd_on_an_expired_page_renders_it_once(caching, place):
    caching(place)
    rendered = []

    def view(request):
        depends_on("thing")
        rendered.append(threading.get_ident())
        time.sleep(0.1)
        return open_page(HttpResponse("page"))

    pages = PageCacheMiddleware(view)
    pages(RequestFactory().get("/x/"))
    changes.publish({"thing"})
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
def test_page_made_between_the_look_and_the_turn_is_not_made_again(caching, place, monkeypatch):
    caching(place)
    rendered = []

    def view(request):
        rendered.append(1)
        return open_page(HttpResponse("page"))

    pages = PageCacheMiddleware(view)
    take_turn = stores.store().turn

    def be_slow_to_take_a_turn(key):
        monkeypatch.setattr(stores.store(), "turn", take_turn)
        pages(RequestFactory().get("/x/"))
        return take_turn(key)

    monkeypatch.setattr(stores.store(), "turn", be_slow_to_take_a_turn)

    assert pages(RequestFactory().get("/x/")).content == b"page"
    assert len(rendered) == 1


def test_pages_that_are_never_kept_do_not_wait_for_each_other(caching):
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


@pytest.mark.parametrize("place", PLACES)
def test_page_that_is_never_kept_is_looked_for_in_no_store(caching, place, monkeypatch):
    caching(place)
    looked = []
    kept_get = type(stores.store()).get
    monkeypatch.setattr(
        type(stores.store()), "get", lambda store, key: looked.append(key) or kept_get(store, key)
    )
    pages = PageCacheMiddleware(lambda request: HttpResponse("mine"))

    pages(RequestFactory().get("/mine/"))
    assert looked  # control: nobody knows yet that it is not for everybody
    looked.clear()
    pages(RequestFactory().get("/mine/"))

    assert looked == []


def test_failing_page_gives_back_its_turn(caching):
    caching()

    def view(request):
        raise ZeroDivisionError

    pages = PageCacheMiddleware(view)

    for _n in range(2):
        start = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            pages(RequestFactory().get("/x/"))
        assert time.monotonic() - start < stores.WAIT_SECONDS


# --- The numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_no_change_is_lost_when_many_are_told_at_once(caching, place):
    caching(place)
    sequence = changes.sequence()
    _epoch, before = sequence.state()

    def tell(number):
        for step in range(20):
            sequence.advance({f"tag-{number}-{step}"})

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    _epoch, after = sequence.state()
    assert after - before <= 160
    assert all(
        max(sequence.numbers_of([f"tag-{number}-{step}"]).values()) > before
        for number in range(8)
        for step in range(20)
    )


def test_two_processes_see_one_file(tmp_path):
    here, there = FileSequence(tmp_path / "changes"), FileSequence(tmp_path / "changes")

    here.advance({"a"})

    assert there.state() == here.state()
    assert there.numbers_of(["a", "b"]) == {"a": 1, "b": 0}


def test_cleared_folder_begins_a_new_epoch_in_every_process(tmp_path):
    here, there = FileSequence(tmp_path / "changes"), FileSequence(tmp_path / "changes")
    here.advance({"a"})
    before = there.state()

    here.renew()
    there._looked -= 2 * there.LOOK_AGAIN

    assert there.state() == here.state()
    assert there.state() != before


@needs_redis
def test_change_told_to_a_redis_that_is_gone_is_told_when_it_is_back(caching):
    caching("redis")
    sequence = RedisSequence(REDIS)
    before = sequence.state()
    alive, gone = sequence.client, RedisSequence("redis://127.0.0.1:1/0").client

    sequence.client = gone
    sequence.advance({"a"})
    with pytest.raises(Unreachable):
        sequence.state()
    sequence.client, sequence._asleep_until = alive, 0.0

    assert sequence.state() == (before[0], before[1] + 1)
    assert sequence.numbers_of(["a"]) == {"a": before[1] + 1}


def test_without_redis_pages_are_rendered_anew(caching, settings, shop, site_root):
    caching()
    settings.PAGE_CHANGES = settings.PAGE_STORE = "redis"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    forget()

    pages = [Client().get("/") for _n in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0]["Cache-Control"] == "private, no-cache"


def test_fact_is_remembered_until_its_tag_changes(caching):
    caching()
    made = []

    def make():
        made.append(len(made))
        return made[-1]

    first = [kept.kept("fact", make, tags=["thing"]) for _n in range(2)]
    changes.publish({"another"})
    second = kept.kept("fact", make, tags=["thing"])
    changes.publish({"thing"})
    third = kept.kept("fact", make, tags=["thing"])

    assert (first, second, third) == ([0, 0], 0, 1)


@pytest.mark.django_db(transaction=True)
def test_fact_that_was_never_committed_is_not_remembered(caching):
    caching()

    with transaction.atomic():
        kept.kept("fact", lambda: "never committed")

    assert kept.kept("fact", lambda: "true") == "true"


# --- Room ------------------------------------------------------------------------------------------


def answer(size, *, until=None):
    return stores.unpacked(
        stores.packed(stores_answer(body=os.urandom(size), until=until or time.time() + 100))
    )


def stores_answer(**values):
    from commerce.page_cache.answers import Answer

    return Answer(headers={"ETag": "x"}, tags=("a",), epoch="e", number=1, **values)


def test_process_keeps_no_more_than_its_room(tmp_path):
    room = BoundedMemory(limit=100_000)

    for number in range(50):
        room.put(str(number), answer(9_000))

    assert room.bytes <= 100_000
    assert room.get("49") is not None
    assert room.get("0") is None


def test_folder_keeps_no_more_than_its_number(tmp_path, settings):
    store = FileStore(tmp_path)
    folder = tmp_path / "kept" / "aa"
    folder.mkdir(parents=True)
    for number in range(store.PER_FOLDER * 2):
        (folder / str(number)).write_bytes(b"x")
    old = folder / "old"
    old.write_bytes(b"x")
    os.utime(old, (1, 1))

    store._sweep(folder)

    assert len(list(folder.iterdir())) == store.PER_FOLDER
    assert not old.exists()


def test_broken_file_is_no_page(tmp_path):
    store = FileStore(tmp_path)
    store.put("key", answer(10))

    store._path("key").write_bytes(b'{"half')

    assert store.get("key") is None


def test_full_disk_costs_no_answer(tmp_path, caplog):
    (tmp_path / "kept").write_text("a file where folders should be")

    FileStore(tmp_path).put("key", answer(10))

    assert "could not be kept" in caplog.text


@needs_redis
def test_redis_keeps_a_page_as_long_as_it_may_hold(caching):
    caching("redis")
    store = RedisStore(REDIS)

    store.put("key", answer(10, until=time.time() + 50))

    assert store.get("key").body
    assert 40 < store.client.ttl(store.PREFIX + stores.name_of("key")) <= 50


@pytest.mark.parametrize("kind", ["piece", "sale", "card"])
def test_what_is_told_of_a_product_is_purged_where_it_is_shown(vase, kind):
    assert addresses_of({f"{kind}-{vase.pk}", f"order-{vase.pk}"}) == sorted(
        map(absolute, ["/", vase.get_absolute_url()])
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", PLACES)
def test_many_things_that_are_remembered_ask_for_their_numbers_once(caching, monkeypatch, place):
    """With Redis each question is a way there and back."""
    caching(place)
    asked, memory = [], Memory(100_000)
    ask = type(changes.sequence()).numbers_of
    monkeypatch.setattr(
        type(changes.sequence()),
        "numbers_of",
        lambda self, tags: asked.append(tags) or ask(self, tags),
    )

    def look(*changed):
        made = []
        changes.publish(changed)
        memory.many(
            range(30),
            lambda names: made.extend(names) or dict.fromkeys(names, ""),
            tags=lambda name: [f"card-{name}"],
        )
        return made

    assert look("lists") == list(range(30))
    assert (look("lists"), len(asked)) == ([], 1)
    assert look("card-7", "card-8") == [7, 8]
