"""The key of a page: everything in a request that may change what everybody sees."""

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import get_language

from commerce.requests import moment_of, wants_fragment
from commerce.urls import with_query

#: What advertisers add to addresses. No page reads it, and each click would be a page of its own.
TRACKING = frozenset(
    {"gclid", "dclid", "fbclid", "msclkid", "mc_cid", "mc_eid", "ttclid", "twclid"}
)
TRACKING_PREFIX = "utm_"
#: A longer query is nobody's list, and no key of ours.
MAX_QUERY = 1000
#: A longer key is never remembered outside of the store: paths and hosts are anybody's to fill.
MAX_KEY = 2000
#: Where a request's environment keeps its words once they were gathered.
GATHERED = "vitrine.words"
#: Files whose change makes every kept page an old one.
SOURCES = ("*.py", "*.html", "*.css", "*.js", "*.toml")


@dataclass(frozen=True)
class Address:
    """``query`` is the query without tracking, ``names`` its parameters, ``key`` the cache's key,
    ``words`` what the request itself said."""

    path: str
    query: str
    names: frozenset[str]
    key: str
    words: tuple
    tracking: str = ""

    def with_tracking(self, response):
        """A redirect leads on with what an advertiser added."""
        if self.tracking and response.status_code in (301, 302, 307, 308):
            response["Location"] = with_query(response["Location"], self.tracking)
        return response


@cache
def words():
    """The names in ``environ`` of what the key of a page is made from (``address_of``)."""
    names = ["wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME"]
    names += ["PATH_INFO", "QUERY_STRING"]
    if settings.USE_X_FORWARDED_HOST:
        names.append("HTTP_X_FORWARDED_HOST")
    return tuple(names)


def words_of(environ):
    """A request's own words, as they came; of headers that anybody may fill only what they mean.

    A middleware that stands before ``PageCacheMiddleware`` and reads another word of a request to
    choose its page adds that word here, as ``address_of`` adds its meaning to the key. Gathered once for
    a request, whatever is changed in its environment later.
    """
    gathered = environ.get(GATHERED)
    if gathered is None:
        is_fragment = environ.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest"
        gathered = (*map(environ.get, words()), is_fragment, _is_secure(environ))
        environ[GATHERED] = gathered
    return gathered


def _is_secure(environ):
    """What the proxy says of the scheme as Django reads it; None where it says nothing."""
    secure = settings.SECURE_PROXY_SSL_HEADER
    said = environ.get(secure[0]) if secure else None
    return None if said is None else said.partition(",")[0].strip() == secure[1]


def has_private_words(environ):
    """Whether a request (its WSGI environment) says who it comes from."""
    if "HTTP_AUTHORIZATION" in environ:
        return True
    cookies = environ.get("HTTP_COOKIE")
    if not cookies:
        return False
    # Wherever it stands: Django finds names that are written in odd ways, too.
    return f"{settings.SESSION_COOKIE_NAME}=" in cookies or "messages=" in cookies


def is_anybodys(request):
    """Whether the request comes without anything that could make its page somebody's own."""
    return not has_private_words(request.META) and moment_of(request) is None


def is_public(request):
    """Whether anybody may ask for the same, at an address of which a page could be kept."""
    return (
        is_anybodys(request)
        and len(request.META.get("QUERY_STRING", "")) <= MAX_QUERY
        and not request.path.startswith((settings.STATIC_URL, settings.MEDIA_URL))
    )


def address_of(request):
    """The ``Address`` of a request. Raises DisallowedHost for a host that is not ours."""
    query = request.META.get("QUERY_STRING", "")
    tracking = ""
    pairs = []
    if query:
        # As views read it. Of one name the order counts: the last value is what most of them take.
        every = [(name, text) for name, texts in request.GET.lists() for text in texts]
        pairs = [pair for pair in every if not _is_tracking(pair[0])]
        if len(pairs) < len(every):
            tracking = urlencode([pair for pair in every if _is_tracking(pair[0])])
            query = urlencode(pairs)
    shape = "part" if wants_fragment(request) else "page"
    parts = (
        request.scheme, request.get_host(), request.path, urlencode(sorted(pairs, key=itemgetter(0))),
        shape, get_language() or "", settings.OSCAR_DEFAULT_CURRENCY, deployment(),
    )  # fmt: skip
    return Address(
        path=request.path,
        query=query,
        names=frozenset(name for name, _text in pairs),
        key="\n".join(parts),
        words=words_of(request.META),
        tracking=tracking,
    )


def _is_tracking(name):
    return name in TRACKING or name.startswith(TRACKING_PREFIX)


@cache
def deployment():
    """What the code of this process is called: pages of other code are not given out.

    The setting DEPLOYMENT, or else a digest of names, sizes and times of the project's sources.
    """
    if settings.DEPLOYMENT:
        return settings.DEPLOYMENT
    digest = blake2b(digest_size=8)
    folders = ("site_project", "home", "commerce", "checkout_app", "templates", "static")
    for folder in folders:
        for pattern in SOURCES:
            for path in sorted(Path(settings.BASE_DIR, folder).rglob(pattern)):
                facts = path.stat()
                digest.update(f"{path}{facts.st_size}{facts.st_mtime_ns}".encode())
    return digest.hexdigest()
