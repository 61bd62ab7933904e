"""Browsers an account has signed in with, remembered in a signed cookie.

Wrong passwords from such a browser are counted separately, so that guessing strangers can't lock
the owner out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

from commerce.requests import read_cookie, set_cookie

COOKIE = "device"
SALT = "commerce.accounts.devices"
#: Seconds.
AGE = 365 * 24 * 60 * 60
#: Accounts of one browser; the oldest is dropped.
MOST_ACCOUNTS = 5


def device_of(request: HttpRequest, email: str) -> str:
    """The browser's id if this account has signed in with it, else ""."""
    return _known(request).get(_mark(email), "")


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Give the browser a new id for this account."""
    known = _known(request)
    known.pop(_mark(email), None)
    known[_mark(email)] = get_random_string(16)
    newest = dict(list(known.items())[-MOST_ACCOUNTS:])
    set_cookie(response, COOKIE, signing.dumps(newest, salt=SALT), max_age=AGE)


def _known(request: HttpRequest) -> dict[str, str]:
    try:
        return signing.loads(read_cookie(request, COOKIE), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return {}


def _mark(email: str) -> str:
    return salted_hmac(SALT, email.strip().lower(), algorithm="sha256").hexdigest()[:24]
