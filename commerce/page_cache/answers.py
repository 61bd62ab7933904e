"""A page as it is kept: compressed, with the headers it was answered with and until when it holds."""

import gzip
import hashlib
import json
from dataclasses import dataclass, field

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from commerce.page_cache.changes import Remembered

#: Headers that belong to one answer and are made anew for each.
OWN_HEADERS = frozenset({"content-length", "content-encoding", "set-cookie", "date"})
#: The headers that a 304 repeats.
NOT_MODIFIED_HEADERS = ("Cache-Control", "ETag", "Vary", "Cache-Tag")
LEVEL = 6


@dataclass
class Answer(Remembered):
    """``body`` is gzip. ``product_id`` is the product whose page it is, if it is one's."""

    body: bytes
    headers: dict[str, str]
    tags: tuple[str, ...]
    epoch: str
    number: int
    until: float
    seen: int = field(default=-1, compare=False)
    product_id: int | None = None

    @property
    def size(self):
        """Bytes that it takes in memory, nearly."""
        return len(self.body) + 1024


def answer_of(response, *, tags, state, until):
    """Keep a rendered response."""
    epoch, number = state
    patch_vary_headers(response, ["Accept-Encoding"])
    headers = {name: text for name, text in response.items() if name.lower() not in OWN_HEADERS}
    digest = hashlib.blake2b(response.content, digest_size=12).hexdigest()
    headers["ETag"] = f'W/"{digest}"'
    return Answer(
        # Without the time of compression, so that the same page is the same bytes.
        body=gzip.compress(response.content, LEVEL, mtime=0),
        headers=headers,
        tags=tuple(sorted(tags)),
        epoch=epoch,
        number=number,
        until=until,
        product_id=getattr(response, "shown_product", None),
    )


def parts_of(answer, environ):
    """(status, headers, body) for a request: 304 where the browser has this very page."""
    known = environ.get("HTTP_IF_NONE_MATCH", "")
    if known and _knows(known, answer.headers["ETag"]):
        repeated = (name for name in NOT_MODIFIED_HEADERS if name in answer.headers)
        return 304, {name: answer.headers[name] for name in repeated}, b""
    if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        headers = {**answer.headers, "Content-Encoding": "gzip"}
        body = answer.body
    else:
        headers, body = dict(answer.headers), gzip.decompress(answer.body)
    headers["Content-Length"] = str(len(body))
    return 200, headers, body


def _knows(known, etag):
    """Whether an If-None-Match names an ETag; the weak comparison of RFC 9110, 8.8.3.2."""
    etags = parse_etags(known)
    return etags == ["*"] or etag.removeprefix("W/") in {one.removeprefix("W/") for one in etags}


def _takes_gzip(header):
    """Whether an Accept-Encoding lists gzip, and not with a weight of nothing."""
    for coding in header.split(","):
        name, _semicolon, weight = coding.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def response_from(answer, request):
    """``parts_of`` as Django answers."""
    status, headers, body = parts_of(answer, request.META)
    if status == 304:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, headers=headers)


def packed(answer):
    """The answer as bytes: a line of JSON, then the body."""
    head = {name: value for name, value in vars(answer).items() if name not in ("body", "seen")}
    return json.dumps(head).encode() + b"\n" + answer.body


def unpacked(data):
    """The answer in the bytes of ``packed``; None for anything else."""
    head, newline, body = data.partition(b"\n")
    if not newline:
        return None
    try:
        values = json.loads(head)
        return Answer(body=body, **(values | {"tags": tuple(values["tags"])}))
    except (ValueError, TypeError, KeyError):
        return None
