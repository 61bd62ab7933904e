"""Messages reach the next page, in a cookie or in the session."""

import pytest
from django.contrib.messages import add_message, get_messages
from django.contrib.messages.constants import INFO
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.utils.crypto import get_random_string

from site_project.messages import MessageStorage

pytestmark = pytest.mark.django_db


def request_with(rf, session, cookies=None):
    request = rf.get("/")
    request.session, request.COOKIES = session, dict(cookies or {})
    request._messages = default_storage(request)
    return request


def test_site_uses_this_storage(rf):
    assert isinstance(request_with(rf, SessionStore())._messages, MessageStorage)


@pytest.mark.parametrize("length", [20, 5000])
def test_message_is_shown_once_by_the_next_request(rf, length):
    """5,000 random letters do not fit into a cookie, so the message is in the session."""
    session, text = SessionStore(), get_random_string(length)
    first, response = request_with(rf, session), HttpResponse()
    add_message(first, INFO, text)
    first._messages.update(response)
    assert bool(session.keys()) == (length == 5000)
    cookies = {name: morsel.value for name, morsel in response.cookies.items()}

    second, shown = request_with(rf, session, cookies), HttpResponse()
    told = [message.message for message in get_messages(second)]
    second._messages.update(shown)

    assert told == [text]
    left = {name: cookie.value for name, cookie in shown.cookies.items() if cookie.value}
    assert not list(get_messages(request_with(rf, session, left)))
