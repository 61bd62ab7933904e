"""The sessions of an account: listing and ending them."""

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
    """The open sessions, the last used first. Writes nothing."""
    sessions = list(UserSession.objects.filter(user_id=user.pk).order_by("-last_seen_at"))
    keys = [session.session_key for session in sessions]
    open_ones = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    still_open = set(open_ones.values_list("session_key", flat=True))
    return [session for session in sessions if session.session_key in still_open]


def end_session(session: UserSession) -> None:
    """End one session and remove its data from the database and the session cache."""
    session.end()


def end_sessions(user: AbstractBaseUser, *, except_key: str | None = None) -> int:
    """End the recorded sessions of an account except the one with key ``except_key``. Returns how many."""
    sessions = list(
        UserSession.objects.filter(user_id=user.pk).exclude(session_key=except_key or "")
    )
    for session in sessions:
        end_session(session)
    return len(sessions)


def sign_out_everywhere(user: User, *, request: HttpRequest | None = None) -> int:
    """End every session of an account, recorded or not, except that of ``request``.

    Django signs sessions with the generation, so unrecorded sessions end as well. Returns how many
    recorded ones ended.
    """
    except_key = request.session.session_key if request else None
    ended = end_sessions(user, except_key=except_key)
    get_user_model().objects.filter(pk=user.pk).update(
        session_generation=F("session_generation") + 1
    )
    user.refresh_from_db(fields=["session_generation"])
    if request is not None:
        update_session_auth_hash(request, user)
        record_session(request)
    return ended


def record_session(request: HttpRequest) -> None:
    """Record the session of an unsafe request; its key may have changed."""
    UserSession.objects.create_from_request(request)


def renew_key(request: HttpRequest) -> None:
    """Give the session of a request a new key, with its data and record."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def record_use(session_key: str) -> None:
    """Note that a session was used. A thread writes it later; requests don't."""
    _session_uses.add(session_key)


def flush_uses() -> int:
    """Write the uses noted by this process; returns the number of sessions."""
    return _session_uses.flush()


def _write(counted: dict[str, int]) -> None:
    UserSession.objects.filter(session_key__in=list(counted)).update(last_seen_at=timezone.now())


_session_uses = BufferedCounter(_write, max_keys=2000)
