"""Loads photographs from the URLs of a file, without reaching into private networks.

The name is resolved once and the connection goes to the resolved address, so that a second answer
of the name server changes nothing. Redirects are followed by the same rules.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

#: Seconds for one photograph, redirects included, and for each step of the connection.
DEADLINE, STEP = 20.0, 8.0
REDIRECTS = 3
THREADS = 6
CHUNK = 64 * 1024
AGENT = "Mozilla/5.0 (compatible; shop import)"


class FetchError(Exception):
    """A photograph that could not be loaded; the text says why."""


def fetch_all(urls: Sequence[str], *, most: int) -> dict[str, bytes | FetchError]:
    """Load several URLs at once, each of at most ``most`` bytes. Uses no database."""

    def load(url: str) -> bytes | FetchError:
        try:
            return fetch(url, most=most)
        except FetchError as error:
            return error

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        return dict(zip(urls, pool.map(load, urls), strict=True))


def fetch(url: str, *, most: int) -> bytes:
    """The picture at an http(s) URL. Raises FetchError.

    Refuses private and reserved addresses unless ``IMPORT_PRIVATE_ADDRESSES`` is on, contents that
    are not an image, and more than ``most`` bytes.
    """
    end = time.monotonic() + DEADLINE
    for _step in range(REDIRECTS + 1):
        status, headers, body = _request(url, most=most, end=end)
        if status in (301, 302, 303, 307, 308):
            try:
                url = urljoin(url, headers.get("Location", ""))
            except ValueError as error:
                raise FetchError(_("This is not a URL.")) from error
            continue
        if status != 200:
            raise FetchError(_("The server answered with %(status)d.") % {"status": status})
        return body
    raise FetchError(_("The URL redirects too often."))


def _request(url: str, *, most: int, end: float) -> tuple[int, Any, bytes]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise FetchError(_("This is not a URL.")) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise FetchError(_("This is not a URL of the web."))
    connection = _connection(parts.hostname, port, is_secure=parts.scheme == "https")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='=&%/:@!$()*+,;?~-._')}" if parts.query else ""
    # Also ends a server that sends a byte now and then, before its headers are complete.
    deadline = threading.Timer(max(0.0, end - time.monotonic()), _interrupt, [connection.sock])
    deadline.start()
    try:
        connection.request("GET", path + query, headers={"Accept": "image/*", "User-Agent": AGENT})
        response = connection.getresponse()
        body = _body(response, most=most, end=end) if response.status == 200 else b""
        return response.status, response.headers, body
    except http.client.InvalidURL as error:
        raise FetchError(_("This is not a URL.")) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(
            _("The server didn’t respond in time, or closed the connection.")
        ) from error
    finally:
        deadline.cancel()
        connection.close()


def _interrupt(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _body(response: http.client.HTTPResponse, *, most: int, end: float) -> bytes:
    kind = response.headers.get_content_type()
    if not kind.startswith("image/") and kind != "application/octet-stream":
        raise FetchError(_("This is not a picture but %(type)s.") % {"type": kind})
    parts, size = [], 0
    while part := response.read1(CHUNK):
        size += len(part)
        if size > most:
            text = _("The picture is larger than %(most)d MB.")
            raise FetchError(text % {"most": most // 1024 // 1024})
        if time.monotonic() > end:
            raise FetchError(_("The picture took too long to load."))
        parts.append(part)
    return b"".join(parts)


def _connection(host: str, port: int, *, is_secure: bool) -> http.client.HTTPConnection:
    """A connection to a permitted address of a host."""
    address = _address_of(host, port)
    try:
        connection = http.client.HTTPConnection(host, port, timeout=STEP)
    except http.client.InvalidURL as error:  # a space or a control character in the host
        raise FetchError(_("This is not a URL.")) from error
    sock = None
    try:
        sock = socket.create_connection((address, port), timeout=STEP)
        if is_secure:
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host)
    except (OSError, ValueError) as error:  # ssl refuses some hosts with a ValueError
        if sock is not None:
            sock.close()
        raise FetchError(_("The server cannot be reached.")) from error
    connection.sock = sock
    return connection


def _address_of(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(_("The server “%(host)s” is unknown.") % {"host": host}) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.IMPORT_PRIVATE_ADDRESSES and not all(map(is_public_address, addresses)):
        raise FetchError(_("The server is in a private network."))
    return addresses[0]


def is_public_address(address: str) -> bool:
    """Whether an IP address is of the public internet, also if it wraps an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public_address(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return is_public_address(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast
