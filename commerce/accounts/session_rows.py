"""The sessions of an account as lists show them."""

from django.contrib.auth.models import AbstractBaseUser

from commerce.accounts.device_names import device_name
from commerce.accounts.sessions import sessions_of


def session_rows(user: AbstractBaseUser, *, current_key: str | None = None) -> list[dict]:
    """The open sessions of an account for a list: device, times, and which is the current one."""
    return [
        {
            "session": session,
            "device": device_name(session.user_agent),
            "is_current": session.session_key == current_key,
        }
        for session in sessions_of(user)
    ]
