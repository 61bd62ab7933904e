"""How long staff stay signed in: a few hours in all, less if idle.

The session stores its end. The last use is in a signed cookie, because no GET may write to the
session; a browser without the cookie counts as idle.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import get_random_string

from commerce.actor import is_staff
from commerce.requests import delete_cookie, read_cookie, set_cookie

COOKIE = "staff_seen"
SALT = "commerce.accounts.lifetime"
#: Session key of the id that the cookie signs; it survives a change of the session's key.
NAME = "staff_session"
#: The cookie is renewed if it is older than this.
REFRESH_SECONDS = 60


def limit_lifetime(request: HttpRequest) -> None:
    """Set the end of a session just opened by staff."""
    if not is_staff(request.user):
        return
    request.session.setdefault(NAME, get_random_string(16))
    if hours := settings.STAFF_SESSION_HOURS:
        request.session.set_expiry(timezone.now() + timedelta(hours=hours))


def is_idle(request: HttpRequest) -> bool:
    """Whether a staff session was idle for too long, or its cookie is missing."""
    minutes = settings.STAFF_IDLE_MINUTES
    return bool(minutes) and _age_of_cookie(request) > minutes * 60


def refresh_idle_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Record in the browser that the session was used now."""
    if not settings.STAFF_IDLE_MINUTES or NAME not in request.session:
        return
    if _age_of_cookie(request) < REFRESH_SECONDS:
        return
    set_cookie(response, COOKIE, signing.TimestampSigner(salt=SALT).sign(request.session[NAME]))


def forget_session(response: HttpResponse) -> None:
    """Remove the session from the browser. Writes no table: without the cookie it stays idle."""
    response.delete_cookie(
        settings.SESSION_COOKIE_NAME,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        samesite=settings.SESSION_COOKIE_SAMESITE,  # type: ignore[arg-type] # a str setting
    )
    delete_cookie(response, COOKIE)


def _age_of_cookie(request: HttpRequest) -> float:
    """Seconds since the session was used; infinite without a cookie of this session."""
    signer = signing.TimestampSigner(salt=SALT)
    value = read_cookie(request, COOKIE)
    try:
        name = signer.unsign(value)
        signed_at = signing.b62_decode(value.rsplit(":", 2)[1])
    except (signing.BadSignature, IndexError, ValueError):
        return float("inf")
    if name != request.session.get(NAME):
        return float("inf")
    return timezone.now().timestamp() - signed_at
