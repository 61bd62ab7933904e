"""Photographs from URLs: never from private networks, never without limits."""

import http.client
import ipaddress
import socket
import time
from contextlib import suppress
from threading import Thread

import pytest

from commerce.imports import fetching
from commerce.imports.fetching import FetchError, fetch, fetch_all, is_public_address
from tests.commerce.imports.files import picture, served

MOST = 100_000
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def private(settings):
    settings.IMPORT_PRIVATE_ADDRESSES = True


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", str(ipaddress.IPv4Address(0)),
        "100.64.0.1", "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
    ],
)  # fmt: skip
def test_private_addresses(address):
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses(address):
    assert is_public_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.jpg", "http://[::1]/x.jpg", "http://2130706433/x.jpg",
        "http://localhost/x.jpg", "http://0x7f000001/x.jpg", "http://127.1/x.jpg",
    ],
)  # fmt: skip
def test_private_hosts_are_refused(url):
    with pytest.raises(FetchError, match="private network"):
        fetch(url, most=MOST)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/x", "http://user:pw@example.com/x",
            "gopher://x/", "http://", "http://x:99999/", "//x/y.jpg"],
)  # fmt: skip
def test_other_urls_are_refused(url):
    with pytest.raises(FetchError):
        fetch(url, most=MOST)


@pytest.mark.parametrize("host", ["127.0.0.1 x", "127.0.0.1\u0085x", "127.0.0.1\x7f", "a\u3000b"])
def test_impossible_host_is_refused_as_one_photograph(private, monkeypatch, host):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)

    found = fetch_all([f"http://{host}/x.jpg", f"https://{host}/x.jpg"], most=MOST)

    assert all(isinstance(content, FetchError) for content in found.values())


@pytest.mark.parametrize(
    "error", [http.client.InvalidURL("x"), http.client.BadStatusLine("x"), ValueError("x")]
)
def test_error_of_the_client_refuses_one_photograph(private, monkeypatch, error):
    def request(*args, **kwargs):
        raise error

    monkeypatch.setattr(http.client.HTTPConnection, "request", request)
    with served(lambda path: (200, JPEG, picture(1))) as url, pytest.raises(FetchError):
        fetch(f"{url}/x.jpg", most=MOST)


def test_every_redirect_is_checked(private, monkeypatch):
    asked = []
    check = fetching._address_of

    def record(host, port):
        asked.append(host)
        return check(host, port)

    monkeypatch.setattr(fetching, "_address_of", record)

    def respond(path):
        if path == "/a.jpg":
            return 302, {"Location": "http://localhost:9/secret"}, b""
        return 200, JPEG, picture(1)

    with served(respond) as url, pytest.raises(FetchError):
        fetch(f"{url}/a.jpg", most=MOST)
    assert asked == ["127.0.0.1", "localhost"]


def test_name_with_a_private_address_is_refused(monkeypatch):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in
               ("93.184.216.34", "10.0.0.1")]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)

    with pytest.raises(FetchError, match="private network"):
        fetch("http://rebinding.example/x.jpg", most=MOST)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, {"Content-Type": "text/html"}, b"<p>"), "not a picture but text/html"),
        ((404, JPEG, b""), "answered with 404"),
        ((200, JPEG, b"0" * (MOST + 1)), "larger than"),
        ((302, {"Location": "/again"}, b""), "redirects too often"),
        ((302, {"Location": "http://[x"}, b""), "not a URL"),
    ],
)
def test_what_is_no_picture_is_refused(private, answer, reason):
    with served(lambda path: answer) as url, pytest.raises(FetchError, match=reason):
        fetch(f"{url}/x.jpg", most=MOST)


def test_slow_server_is_given_up(private, monkeypatch):
    monkeypatch.setattr(fetching, "STEP", 0.2)

    def respond(path):
        time.sleep(1)
        return 200, JPEG, picture(1)

    with served(respond) as url, pytest.raises(FetchError, match="in time"):
        fetch(f"{url}/x.jpg", most=MOST)


def test_several_pictures(private):
    with served(lambda path: (200, JPEG, path.encode())) as url:
        found = fetch_all([f"{url}/{n}" for n in range(9)] + ["http://"], most=MOST)
    assert [content for content in found.values() if isinstance(content, bytes)] == [
        f"/{n}".encode() for n in range(9)
    ]
    assert isinstance(found["http://"], FetchError)


def test_headers_that_never_end_are_given_up(private, monkeypatch):
    monkeypatch.setattr(fetching, "DEADLINE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=drip, args=[server], daemon=True).start()
        started = time.monotonic()
        with pytest.raises(FetchError):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/x.jpg", most=MOST)

    assert time.monotonic() - started < 4


def drip(server):
    """Send a header a byte at a time, for six seconds."""
    client, _address = server.accept()
    with suppress(OSError), client:
        client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _n in range(60):
            client.sendall(b"x")
            time.sleep(0.1)
