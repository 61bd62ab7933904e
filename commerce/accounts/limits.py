"""Limits of sign-in attempts and of account mails."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from commerce.accounts.devices import device_of
from commerce.accounts.email_addresses import canonical_address
from commerce.throttles import Limit, throttle_key, visitor_key

#: Wrong passwords and wrong codes of second factors.
OF_ACCOUNT = Limit(free=5)
OF_DEVICE = Limit(free=5)
OF_VISITOR = Limit(free=15)
#: One mailed code. allauth counts attempts in the session, which misses parallel ones.
OF_SENT_CODE = Limit(free=5, cap=5)
DAY = timedelta(days=1)
HOUR = 3600


def password_limits(request: HttpRequest, email: str) -> dict[str, Limit]:
    """The counters of one password. A known browser has its own, separate from strangers'."""
    return _limits("password", request, email)


def factor_limits(request: HttpRequest, email: str) -> dict[str, Limit]:
    """The counters of one code of a second factor."""
    return _limits("factor", request, email)


def sent_code_limits(request: HttpRequest, code: str | None) -> dict[str, Limit]:
    """The counters of a code mailed to the person of this session."""
    sent = f"{request.session.session_key}|{code}"
    return {
        throttle_key("sent-code", "code", sent): OF_SENT_CODE,
        visitor_key("sent-code", request): OF_VISITOR,
    }


def _limits(action: str, request: HttpRequest, email: str) -> dict[str, Limit]:
    if device := device_of(request, email):
        return {throttle_key(action, "device", device): OF_DEVICE}
    return {
        throttle_key(action, "account", canonical_address(email)): OF_ACCOUNT,
        visitor_key(action, request): OF_VISITOR,
    }


def mail_limits(request: HttpRequest, email: str) -> dict[str, Limit]:
    """The counters of one requested mail: by recipient and by visitor, for a day.

    The recipient's own browser has its own counter: strangers must not use up its mails.
    """
    to = canonical_address(email)
    sender = device_of(request, email)
    by_recipient = Limit(
        free=3, longest_wait=HOUR, window=DAY, cap=settings.ACCOUNT_MAILS_PER_RECIPIENT
    )
    by_visitor = Limit(free=20, longest_wait=HOUR, window=DAY, cap=settings.ACCOUNT_MAILS_PER_IP)
    return {
        throttle_key("mail", "to", f"{to}|{sender}"): by_recipient,
        visitor_key("mail", request): by_visitor,
    }
