"""Cut and slow connections: the test proxy, and the shop without its Redis."""

import socket
import threading
import time
from contextlib import closing
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.test import Client

from checkout_app.models import State
from checkout_app.payments import begin, settle
from commerce.orders.invariants import broken_invariants
from tests.caching import REDIS, forget, needs_redis
from tests.factories import make_basket, make_submission, pay, stockrecord_of
from tests.tcp_proxy import Proxy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def echo():
    """The port of an echo server."""

    def talk(link):
        with closing(link):
            while data := link.recv(1024):
                link.sendall(data)

    def serve():
        while True:
            try:
                link, _address = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(link,), daemon=True).start()

    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def proxy(echo):
    """A proxy in front of the echo server."""
    proxy = Proxy(echo)
    yield proxy
    proxy.close()


def say(link, data=b"hello"):
    """The echo of the data; empty from a closed connection."""
    try:
        link.sendall(data)
        return link.recv(1024)
    except OSError:
        return b""


def test_proxy_forwards_cuts_and_restores(proxy):
    with closing(socket.create_connection(("127.0.0.1", proxy.port), 5)) as link:
        assert say(link) == b"hello"
        proxy.cut()
        assert say(link) == b""
    with closing(socket.create_connection(("127.0.0.1", proxy.port), 5)) as refused:
        assert say(refused) == b""
    proxy.restore()
    with closing(socket.create_connection(("127.0.0.1", proxy.port), 5)) as link:
        assert say(link) == b"hello"


def test_proxy_delays_data(proxy):
    proxy.delay = 0.2
    with closing(socket.create_connection(("127.0.0.1", proxy.port), 5)) as link:
        began = time.monotonic()
        assert say(link) == b"hello"
    assert time.monotonic() - began >= 0.4  # in both directions


@needs_redis
def test_shop_sells_during_a_redis_outage_and_shows_the_change_afterwards(
    caching, settings, shop, site_root, vase
):
    caching("redis")
    parts = urlsplit(REDIS)
    proxy = Proxy(parts.port or 6379)
    settings.REDIS_URL = f"redis://127.0.0.1:{proxy.port}{parts.path}"
    forget()
    page = vase.get_absolute_url()
    try:
        assert "£90" in Client().get(page).text
        proxy.cut()

        attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
        pay(attempt)
        settle.settle(attempt.intent_id)
        record = stockrecord_of(vase)
        record.price = Decimal("95.00")
        record.save()
        assert "£95" in Client().get(page).text
        proxy.restore()
        time.sleep(2.1)  # an unresponsive Redis is not retried for this long

        assert "£95" in Client().get(page).text
    finally:
        proxy.close()
    attempt.refresh_from_db()
    assert attempt.state == State.PAID
    assert broken_invariants() == []
