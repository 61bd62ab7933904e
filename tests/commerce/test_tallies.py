"""Buffered counters: product views and page cache hits, counted without a write in the request."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.buffered_counters import BufferedCounter
from commerce.models import AnswerCount
from commerce.page_counts import flush_counts, hit_ratio
from tests import factories


@pytest.fixture(autouse=True)
def _nothing_counted(db):
    flush_counts()
    flush_counts()
    AnswerCount.objects.all().delete()


def views_of(product):
    flush_counts()
    records = get_model("analytics", "ProductRecord").objects.filter(product=product)
    return records.values_list("num_views", flat=True).first() or 0


def test_views_of_cached_and_rendered_pages_are_counted_alike(caching, mug, vase):
    caching()
    signed_in = Client()
    signed_in.force_login(factories.make_user())
    path = mug.get_absolute_url()

    for client in (Client(), Client(), signed_in, signed_in):
        client.get(path)
    Client().get(f"{path}?variant={mug.children.first().pk}")

    assert views_of(mug) == 5
    assert views_of(vase) == 0


def test_fragments_and_head_requests_are_not_views(caching, mug):
    caching()
    path = mug.get_absolute_url()
    for _time in range(2):
        Client().get(path, headers={"x-requested-with": "XMLHttpRequest"})
        Client().head(path)

    assert views_of(mug) == 0


def test_counted_page_writes_nothing(caching, mug):
    caching()
    with CaptureQueriesContext(connection) as queries:
        Client().get(mug.get_absolute_url())

    written = [q["sql"] for q in queries if not q["sql"].lstrip("( ").upper().startswith("SELECT")]
    assert written == []


def test_views_add_up_and_a_deleted_product_is_ignored(mug, client):
    for _round in range(2):
        client.get(mug.get_absolute_url())
        assert flush_counts() == 1
    client.get(mug.get_absolute_url())
    assert views_of(mug) == 3

    client.get(mug.get_absolute_url())
    mug.delete()
    assert flush_counts() == 1


def test_share_of_cached_pages(caching, mug):
    caching()
    for _time in range(4):
        Client().get(mug.get_absolute_url())
    flush_counts()

    assert hit_ratio(timezone.localdate()) == pytest.approx(0.75)
    assert hit_ratio(timezone.localdate() - timedelta(days=1)) is None


def test_report_shows_days(caching, mug):
    caching()
    signed_in = Client()
    signed_in.force_login(factories.make_user())
    for client in (Client(), Client(), signed_in):
        client.get(mug.get_absolute_url())
    Client().get(reverse("account_login"))  # cached for nobody, so not counted
    flush_counts()
    AnswerCount.objects.create(day=timezone.localdate() - timedelta(days=30), way="own", count=9)

    printed = StringIO()
    call_command("page_cache_report", stdout=printed)

    [line] = printed.getvalue().splitlines()
    assert line.startswith(f"{timezone.localdate():%Y-%m-%d}  from the cache 50.0%")
    assert "from the cache 1, rendered 1, personal 1" in line


def test_report_without_pages_says_so():
    printed = StringIO()
    call_command("page_cache_report", stdout=printed)

    assert "No page was counted" in printed.getvalue()


def test_counter_is_bounded_and_written_once():
    written = []
    tally = BufferedCounter(written.append, max_keys=2)
    for key in ("a", "b", "c", "a"):
        tally.add(key)

    assert tally.flush() == 2
    assert tally.flush() == 0
    assert written == [{"a": 2, "b": 1}]


def test_thread_writes_by_itself(settings):
    settings.COUNTER_SECONDS = 0.01
    done = threading.Event()
    tally = BufferedCounter(lambda counted: done.set())
    tally.add("a")

    assert done.wait(5)
