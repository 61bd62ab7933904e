"""A page as it is cached: compressed, with its headers, and fresh for as long as its tags are."""

import gzip
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpResponse
from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from commerce.page_cache.versions import Snapshot, Versioned

#: Headers that belong to one response and are made for each.
OWN_HEADERS = frozenset({"content-length", "content-encoding", "set-cookie", "date"})
#: The headers that a 304 repeats.
NOT_MODIFIED_HEADERS = ("Cache-Control", "ETag", "Vary", "Cache-Tag")


@dataclass(kw_only=True)
class CachedResponse(Versioned):
    """``body`` is compressed by gzip. ``product_id`` is the product whose page it is, if it is one's."""

    body: bytes
    headers: dict[str, str]
    product_id: int | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, nearly."""
        return len(self.body) + 1024


def cached_response(
    response: HttpResponse,
    snapshot: Snapshot,
    *,
    tags: Collection[str],
    until: float,
    product_id: int | None,
) -> CachedResponse:
    """The copy of a rendered response."""
    patch_vary_headers(response, ["Accept-Encoding"])
    headers = {name: text for name, text in response.items() if name.lower() not in OWN_HEADERS}
    digest = hashlib.blake2b(response.content, digest_size=12).hexdigest()
    return CachedResponse(
        # Without the time of compression, so that the same page is the same bytes.
        body=gzip.compress(response.content, mtime=0),
        headers={**headers, "ETag": f'W/"{digest}"'},
        tags=sorted(tags),
        epoch=snapshot.epoch,
        version=snapshot.number,
        until=until,
        product_id=product_id,
    )


def response_parts(
    cached: CachedResponse, environ: Mapping[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) for a request: 304 where the browser has this very page."""
    known = environ.get("HTTP_IF_NONE_MATCH", "")
    if known and _matches(known, cached.headers["ETag"]):
        repeated = (name for name in NOT_MODIFIED_HEADERS if name in cached.headers)
        return 304, {name: cached.headers[name] for name in repeated}, b""
    headers, body = dict(cached.headers), cached.body
    if re_accepts_gzip.search(environ.get("HTTP_ACCEPT_ENCODING", "")):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    headers["Content-Length"] = str(len(body))
    return 200, headers, body


def _matches(known: str, etag: str) -> bool:
    """Whether an If-None-Match names an ETag; the weak comparison of RFC 9110, 8.8.3.2."""
    etags = parse_etags(known)
    return etags == ["*"] or etag.removeprefix("W/") in {one.removeprefix("W/") for one in etags}


def packed(cached: CachedResponse) -> bytes:
    """The copy as bytes: a line of JSON, then the body."""
    head = asdict(cached)
    del head["body"], head["seen"]
    return json.dumps(head).encode() + b"\n" + cached.body


def unpacked(data: bytes) -> CachedResponse | None:
    """The copy in the bytes of ``packed``; None for anything else."""
    head, newline, body = data.partition(b"\n")
    try:
        return CachedResponse(body=body, **json.loads(head)) if newline else None
    except (ValueError, TypeError):
        return None
