"""A cached page: compressed body, headers, tags and expiry time."""

import gzip
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.middleware.gzip import re_accepts_gzip
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from commerce.models.cache_tags import SITE
from commerce.page_cache.dependencies import Dependencies
from commerce.page_cache.versions import Snapshot, Versioned

#: Headers that are computed for each response.
OWN_HEADERS = frozenset({"content-length", "content-encoding", "set-cookie", "date"})
#: Browsers may store a cacheable page and must revalidate it.
PUBLIC = "public, max-age=0, must-revalidate"
#: The headers that a 304 repeats.
NOT_MODIFIED_HEADERS = ("Cache-Control", "ETag", "Vary", "Cache-Tag")
Parts = tuple[int, dict[str, str], bytes]


@dataclass(kw_only=True)
class CachedResponse(Versioned):
    """``body`` is compressed with gzip. ``product_id`` is set on the page of a product."""

    body: bytes
    headers: dict[str, str]
    product_id: int | None = None


def cached_response(
    response: HttpResponse, snapshot: Snapshot, dependencies: Dependencies
) -> CachedResponse:
    """Add the headers for caches to a rendered response, and return the copy to store."""
    response["Cache-Control"] = PUBLIC
    patch_vary_headers(response, ["Accept-Encoding"])
    headers = {name: text for name, text in response.items() if name.lower() not in OWN_HEADERS}
    digest = hashlib.blake2b(response.content, digest_size=12).hexdigest()
    return CachedResponse(
        # Without the time of compression: the same page gives the same bytes.
        body=gzip.compress(response.content, mtime=0),
        headers={**headers, "ETag": f'W/"{digest}"'},
        tags=sorted({SITE, *dependencies.tags}),
        epoch=snapshot.epoch,
        version=snapshot.version,
        until=expiry_of(dependencies).timestamp(),
        product_id=dependencies.product_id,
    )


def expiry_of(dependencies: Dependencies) -> datetime:
    """The earliest of ``until``, ``PAGE_CACHE_SECONDS`` from now, and midnight (pages mention dates)."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    seconds = now + timedelta(seconds=settings.PAGE_CACHE_SECONDS)
    return min(filter(None, (seconds, midnight, dependencies.until)))


def response_parts(cached: CachedResponse, environ: Mapping[str, Any]) -> Parts:
    """(status, headers, body) for a request: 304 if the browser has this version."""
    headers = dict(cached.headers)
    if settings.CDN_SECONDS:
        seconds = max(0, min(settings.CDN_SECONDS, int(cached.until - time.time())))
        headers["Cache-Control"] += f", s-maxage={seconds}"
        headers["Cache-Tag"] = ",".join(cached.tags)
    # By the weak comparison of RFC 9110, 8.8.3.2: our tags are weak, and strong ones match as well.
    known = parse_etags(environ.get("HTTP_IF_NONE_MATCH", ""))
    if {"*", headers["ETag"], headers["ETag"].removeprefix("W/")}.intersection(known):
        return 304, {name: headers[name] for name in NOT_MODIFIED_HEADERS if name in headers}, b""
    body = cached.body
    if re_accepts_gzip.search(environ.get("HTTP_ACCEPT_ENCODING", "")):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    headers["Content-Length"] = str(len(body))
    return 200, headers, body


def packed(cached: CachedResponse) -> bytes:
    """Serialize: a line of JSON, then the body."""
    head = {name: value for name, value in asdict(cached).items() if name not in ("body", "seen")}
    return json.dumps(head).encode() + b"\n" + cached.body


def unpacked(data: bytes) -> CachedResponse | None:
    """Deserialize the output of ``packed``; None for anything else."""
    head, newline, body = data.partition(b"\n")
    try:
        return CachedResponse(body=body, **json.loads(head)) if newline else None
    except (ValueError, TypeError):
        return None
