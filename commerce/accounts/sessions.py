"""The sessions of an account: where it is signed in, and ending that."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from commerce.buffered_counters import BufferedCounter
from commerce.models import User


def sessions_of(user: AbstractBaseUser) -> list[UserSession]:
    """The sessions that are still open, the one used last first. Writes nothing."""
    sessions = list(UserSession.objects.filter(user_id=user.pk).order_by("-last_seen_at"))
    keys = [session.session_key for session in sessions]
    open_ones = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    still_open = set(open_ones.values_list("session_key", flat=True))
    return [session for session in sessions if session.session_key in still_open]


def end_session(session: UserSession) -> None:
    """End one session: its data leaves the database and, with ``cached_db``, the cache."""
    session.end()


def end_sessions(user: AbstractBaseUser, *, keep: str | None = None) -> int:
    """End the recorded sessions of an account but the one with the key ``keep``. Returns how many."""
    sessions = list(UserSession.objects.filter(user_id=user.pk).exclude(session_key=keep or ""))
    for session in sessions:
        end_session(session)
    return len(sessions)


def sign_out_everywhere(user: User, *, request: HttpRequest | None = None) -> int:
    """End every session of an account, recorded or not, but the one of ``request``.

    The generation is part of what Django signs a session with, so a session that nobody recorded
    ends as well. Returns how many recorded ones ended.
    """
    keep = request.session.session_key if request else None
    ended = end_sessions(user, keep=keep)
    get_user_model().objects.filter(pk=user.pk).update(
        session_generation=F("session_generation") + 1
    )
    user.refresh_from_db(fields=["session_generation"])
    if request is not None:
        update_session_auth_hash(request, user)
        record_session(request)
    return ended


def record_session(request: HttpRequest) -> None:
    """Record the session of a request that is not a GET; its key may have changed."""
    UserSession.objects.create_from_request(request)


def renew_key(request: HttpRequest) -> None:
    """Give the session of a request a new key and keep what is in it, its record included."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def record_use(session_key: str) -> None:
    """Remember that a session was used. A thread writes it down soon, no request does."""
    _session_uses.add(session_key)


def flush_uses() -> int:
    """Write down the uses of this process; returns of how many sessions."""
    return _session_uses.flush()


def _write(counted: dict[str, int]) -> None:
    UserSession.objects.filter(session_key__in=list(counted)).update(last_seen_at=timezone.now())


_session_uses = BufferedCounter(_write, most=2000)
